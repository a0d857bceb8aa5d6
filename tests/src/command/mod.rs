//! The command line of `qib-lab`.

mod create;
mod destroy;
mod exec;
mod qube;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::control::Request;
use crate::daemon::launch::ask_daemon;
use crate::layout::Layout;

const USAGE: &str = "\
usage: qib-lab demo                             run the main job and compare
       qib-lab create DIR [--programs DIR2] [--release 4.2|4.3]
                      [--driver file-reflink|file|lvm_thin|zfs] [--callback]
                      [--helpers vm]
                                               make a small Qubes machine in DIR
       qib-lab qube add DIR NAME --image FILE [--running]
       qib-lab qube add DIR NAME --tree PATH [--size MIB] [--running]
       qib-lab qube start|stop DIR NAME
       qib-lab qube list DIR
       qib-lab exec DIR -- COMMAND…             run a command as in its dom0
       qib-lab agree DIR                        say yes from now on when policy asks
       qib-lab image DIR NAME                   where the qube's ext4 is now
       qib-lab destroy DIR                      stop, unmount and remove it";

/// Runs one command; the roles at the end are those that the lab starts itself.
pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let Some((name, rest)) = arguments.split_first() else {
        bail!("{USAGE}")
    };
    match (name.to_str().unwrap_or(""), rest) {
        ("demo", []) => crate::demo::main(),
        ("create", rest) => create::main(rest),
        ("qube", rest) => qube::main(rest),
        ("exec", [dir, mark, command, rest @ ..]) if mark == "--" => {
            exec::main(Path::new(dir), command, rest)
        }
        ("agree", [dir]) => agree(Path::new(dir)),
        ("image", [dir, name]) => image(Path::new(dir), text(name)?),
        ("destroy", [dir]) => destroy::main(Path::new(dir)),
        ("daemon", [dir]) => crate::daemon::process::main(Path::new(dir)),
        ("qube-init", []) => crate::qube::init::main(),
        ("vm-host", []) => crate::vm::host::main(),
        ("guest", []) => crate::vm::guest::main(),
        ("qube-agent", []) => crate::qube::agent::main(),
        ("qube-storage", []) => crate::qube::init::keep_storage(),
        ("attach-file", [pid, name, mode, file]) => {
            let file = Path::new(file);
            crate::qube::attach::attach_main(text(pid)?, text(name)?, text(mode)?, file)
        }
        ("detach-file", [pid, name]) => crate::qube::attach::detach_main(text(pid)?, text(name)?),
        _ => bail!("{USAGE}"),
    }
}

fn text(word: &OsString) -> Result<&str> {
    word.to_str().context("not UTF-8")
}

fn agree(dir: &Path) -> Result<ExitCode> {
    std::fs::write(Layout::existing(dir)?.agrees(), "")?;
    Ok(ExitCode::SUCCESS)
}

fn image(dir: &Path, name: &str) -> Result<ExitCode> {
    let layout = Layout::existing(dir)?;
    println!("{}", ask_daemon(&layout, &Request::Image(name.to_owned()))?);
    Ok(ExitCode::SUCCESS)
}
