//! `losetup`: the machine's own, called as dom0 calls it; in a lab without root a "loop device" is
//! a name for a plain file.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use super::tool::{self, Done};
use crate::control::{Request, ask_in_dom0};
use crate::userns;

const USAGE: &str = "losetup --find --show [--read-only] [--sector-size N] [--direct-io=on] FILE | -d DEVICE… | -j FILE | -l";

#[derive(Default)]
struct Options {
    find: bool,
    show: bool,
    read_only: bool,
    list: bool,
    detach: bool,
    associated: Option<String>,
    rest: Vec<String>,
}

pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let words = tool::words(arguments)?;
    let done = if userns::is_root() {
        of_machine(&words)?
    } else {
        Done::of(run(arguments), 1)
    };
    tool::end("losetup", &words, &done)
}

fn of_machine(words: &[&str]) -> Result<Done> {
    let usr = ask_in_dom0(&Request::HostUsr)?;
    let program = Path::new(&usr).join("sbin/losetup");
    let output = Command::new(program).args(words).output()?;
    Ok(Done {
        output: String::from_utf8(output.stdout)?,
        complaint: String::from_utf8(output.stderr)?,
        code: output
            .status
            .code()
            .and_then(|code| code.try_into().ok())
            .unwrap_or(255),
    })
}

fn run(arguments: &[OsString]) -> Result<String> {
    let options = parse(arguments)?;
    match options.rest.as_slice() {
        [file] if options.find => add(file, &options),
        devices if options.detach && !devices.is_empty() => {
            for device in devices {
                ask_in_dom0(&Request::LoopRemove(device.clone()))?;
            }
            Ok(String::new())
        }
        [] if options.associated.is_some() => list(options.associated.as_deref()),
        [] if options.list || arguments.is_empty() => list(None),
        _ => bail!(USAGE),
    }
}

fn add(file: &str, options: &Options) -> Result<String> {
    let file = Path::new(file)
        .canonicalize()
        .with_context(|| file.to_owned())?;
    let device = ask_in_dom0(&Request::LoopAdd {
        file,
        read_only: options.read_only,
    })?;
    Ok(if options.show {
        format!("{device}\n")
    } else {
        String::new()
    })
}

/// The lines of `losetup -j` when a file is given, those of `losetup -l` otherwise.
fn list(associated: Option<&str>) -> Result<String> {
    let wanted = associated
        .map(|file| Path::new(file).canonicalize())
        .transpose()?;
    let mut text = String::new();
    if wanted.is_none() {
        text.push_str("NAME SIZELIMIT OFFSET AUTOCLEAR RO BACK-FILE DIO LOG-SEC\n");
    }
    for line in ask_in_dom0(&Request::LoopList)?.lines() {
        let mut words = line.splitn(3, ' ');
        let (device, ro, file) = (words.next(), words.next(), words.next());
        let (Some(device), Some(ro), Some(file)) = (device, ro, file) else {
            continue;
        };
        match &wanted {
            Some(wanted) if wanted == Path::new(file) => {
                writeln!(text, "{device}: []: ({file})")?;
            }
            Some(_) => {}
            None => writeln!(text, "{device} 0 0 0 {ro} {file} 0 512")?,
        }
    }
    Ok(text)
}

fn parse(arguments: &[OsString]) -> Result<Options> {
    let mut options = Options::default();
    let mut words = arguments
        .iter()
        .map(|word| word.to_str().context("not UTF-8"));
    while let Some(word) = words.next() {
        match word? {
            "--find" | "-f" => options.find = true,
            "--show" => options.show = true,
            "--read-only" | "-r" => options.read_only = true,
            "--list" | "-l" => options.list = true,
            "--detach" | "-d" => options.detach = true,
            "--associated" | "-j" => {
                options.associated = Some(words.next().context(USAGE)??.to_owned());
            }
            // A plain file has neither sectors nor a second page cache.
            "--sector-size" => drop(words.next().context(USAGE)??),
            "--" | "--nooverlap" | "--direct-io=on" => {}
            other if other.starts_with('-') => bail!(USAGE),
            other => options.rest.push(other.to_owned()),
        }
    }
    Ok(options)
}
