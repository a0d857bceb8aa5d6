//! `losetup` for a lab without root: a "loop device" is a name for a plain file.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::control::{Request, ask_in_dom0};

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
    let options = parse(arguments)?;
    match options.rest.as_slice() {
        [file] if options.find => add(file, &options)?,
        devices if options.detach && !devices.is_empty() => {
            for device in devices {
                ask_in_dom0(&Request::LoopRemove(device.clone()))?;
            }
        }
        [] if options.associated.is_some() => list(options.associated.as_deref())?,
        [] if options.list || arguments.is_empty() => list(None)?,
        _ => bail!(USAGE),
    }
    Ok(ExitCode::SUCCESS)
}

fn add(file: &str, options: &Options) -> Result<()> {
    let file = Path::new(file)
        .canonicalize()
        .with_context(|| file.to_owned())?;
    let device = ask_in_dom0(&Request::LoopAdd {
        file,
        read_only: options.read_only,
    })?;
    if options.show {
        println!("{device}");
    }
    Ok(())
}

/// The lines of `losetup -j` when a file is given, those of `losetup -l` otherwise.
fn list(associated: Option<&str>) -> Result<()> {
    let wanted = associated
        .map(|file| Path::new(file).canonicalize())
        .transpose()?;
    if wanted.is_none() {
        println!("NAME SIZELIMIT OFFSET AUTOCLEAR RO BACK-FILE DIO LOG-SEC");
    }
    for line in ask_in_dom0(&Request::LoopList)?.lines() {
        let mut words = line.splitn(3, ' ');
        let (device, ro, file) = (words.next(), words.next(), words.next());
        let (Some(device), Some(ro), Some(file)) = (device, ro, file) else {
            continue;
        };
        match &wanted {
            Some(wanted) if wanted == Path::new(file) => println!("{device}: []: ({file})"),
            Some(_) => {}
            None => println!("{device} 0 0 0 {ro} {file} 0 512"),
        }
    }
    Ok(())
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
