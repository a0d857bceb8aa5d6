//! `qib-lab create`

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};

use crate::control::Request;
use crate::daemon::launch;
use crate::daemon::machine::{Machine, STORAGE};
use crate::dom0::files;
use crate::layout::Layout;
use crate::pool::mounted;
use crate::{programs, random, shipped, userns};

pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let (dir, given) = match arguments {
        [dir] => (dir, None),
        [dir, option, given] | [option, given, dir] if option == "--programs" => (dir, Some(given)),
        _ => bail!("usage: qib-lab create DIR [--programs DIR2]"),
    };
    create(Path::new(dir), given.map(Path::new))?;
    println!("{}: ready", Path::new(dir).display());
    Ok(ExitCode::SUCCESS)
}

fn create(dir: &Path, given: Option<&Path>) -> Result<()> {
    userns::check()?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)?;
    // Mounts are found by their place in the mount table, which knows no links.
    let layout = Layout::planned(&dir.canonicalize()?)?;
    ensure!(
        fs::read_dir(layout.dir())?.next().is_none(),
        "{} is not empty",
        dir.display()
    );
    fs::write(layout.id_file(), random::id()?)?;
    let made = fill(&layout, given);
    if made.is_err() {
        super::destroy::destroy(&layout)?;
    }
    made
}

fn fill(layout: &Layout, given: Option<&Path>) -> Result<()> {
    for folder in [layout.mount_point(), layout.host_usr()] {
        fs::create_dir_all(folder)?;
    }
    programs::install(layout, given)?;
    files::lay_out(layout)?;
    shipped::install(layout)?;
    let machine = Machine::new(mounted::create(layout)?)?;
    for (name, qube) in &machine.qubes {
        let pool = crate::pool::Pool::new(machine.driver, layout.pool_dir());
        pool.create(name, "private", None, qube.private_size)?;
    }
    machine.save(&layout.state())?;
    launch::ask_daemon(layout, &Request::Start(STORAGE.to_owned()))?;
    Ok(())
}
