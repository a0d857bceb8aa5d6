//! `lvm` for a thin pool whose volumes are files: the commands that qib gives, and no others.
//! Each is written down in `lvm.log` beside the pool.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::daemon::loops;
use crate::pool::clone_file;

/// What LVM's commands end with when they fail, and for a command line that is none.
const FAILED: u8 = 5;
const NO_COMMAND: u8 = 3;

pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let words: Option<Vec<&str>> = arguments.iter().map(|word| word.to_str()).collect();
    let words = words.context("not UTF-8")?;
    let Some((target, options)) = divide(&words) else {
        eprintln!("  Run `lvm help' for more information.");
        return Ok(ExitCode::from(NO_COMMAND));
    };
    let done = write_down(target, &words).and_then(|()| run(options, target));
    Ok(done.map_or_else(
        |error| {
            eprintln!("  {error:#}");
            ExitCode::from(FAILED)
        },
        |()| ExitCode::SUCCESS,
    ))
}

/// What follows `--`, and what is before it.
fn divide<'a>(words: &'a [&'a str]) -> Option<(&'a str, &'a [&'a str])> {
    match words {
        [options @ .., "--", target] => Some((target, options)),
        _ => None,
    }
}

fn run(options: &[&str], target: &str) -> Result<()> {
    match options {
        [
            "lvcreate",
            "--setactivationskip=n",
            "--activate=y",
            "--addtag=qib",
            "--snapshot",
            name,
        ] => create(name.strip_prefix("--name=").context("no name")?, target),
        ["lvremove", "--force"] => remove(target),
        ["lvs", "--noheadings", "--options=lv_name"] => list(target),
        _ => bail!("the lab's lvm does not know this command"),
    }
}

fn group(target: &str) -> &str {
    target.split_once('/').map_or(target, |(group, _)| group)
}

/// Where the volumes of a group are.
fn folder(group: &str) -> Result<PathBuf> {
    let folder = Path::new("/dev").join(group).canonicalize();
    folder.with_context(|| format!("Volume group \"{group}\" not found"))
}

fn write_down(target: &str, words: &[&str]) -> Result<()> {
    let folder = folder(group(target))?;
    let path = folder.join("../../lvm.log");
    let mut log = File::options().create(true).append(true).open(path)?;
    Ok(writeln!(log, "lvm {}", words.join(" "))?)
}

fn volume(target: &str) -> Result<PathBuf> {
    let missing = || format!("Failed to find logical volume \"{target}\"");
    let (group, name) = target.split_once('/').with_context(missing)?;
    let path = folder(group)?.join(name);
    ensure!(path.is_file(), missing());
    Ok(path)
}

fn create(name: &str, origin: &str) -> Result<()> {
    let origin_file = volume(origin)?;
    let path = folder(group(origin))?.join(name);
    let group = group(origin);
    ensure!(
        !path.exists(),
        "Logical Volume \"{name}\" already exists in volume group \"{group}\""
    );
    clone_file(&origin_file, &path)?;
    println!("  Logical volume \"{name}\" created.");
    Ok(())
}

fn remove(target: &str) -> Result<()> {
    let path = volume(target)?;
    let is_used = loops::kernel()?.values().any(|device| device.file == path);
    ensure!(!is_used, "Logical volume {target} in use.");
    fs::remove_file(path)?;
    println!("  Logical volume \"{target}\" successfully removed.");
    Ok(())
}

fn list(group: &str) -> Result<()> {
    for entry in fs::read_dir(folder(group)?)? {
        println!("  {}", entry?.file_name().display());
    }
    Ok(())
}
