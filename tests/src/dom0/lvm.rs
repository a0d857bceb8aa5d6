//! `lvm` for a thin pool whose volumes are files: the commands that qib gives, and no others.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use super::tool::{self, Done};
use crate::daemon::loops;
use crate::pool::clone_file;

/// What LVM's commands end with when they fail.
const FAILED: u8 = 5;

pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let words = tool::words(arguments)?;
    tool::end("lvm", &words, &Done::of(run(&words), FAILED))
}

/// `blkdiscard` of a volume that is a file.
pub(crate) fn discard(arguments: &[OsString]) -> Result<ExitCode> {
    let words = tool::words(arguments)?;
    tool::end("blkdiscard", &words, &Done::of(Ok(String::new()), 0))
}

fn run(words: &[&str]) -> Result<String> {
    match words {
        [
            "lvcreate",
            "--setactivationskip=n",
            "--activate=y",
            "--addtag=qib",
            "--snapshot",
            name,
            "--",
            origin,
        ] => create(name.strip_prefix("--name=").context("no name")?, origin),
        ["lvremove", "--force", "--", target] => remove(target),
        ["lvs", "--noheadings", "--options=lv_name", "--", group] => list(group),
        _ => bail!("the lab's lvm does not know this command"),
    }
}

fn group(target: &str) -> &str {
    target.split_once('/').map_or(target, |(group, _)| group)
}

/// Where the volumes of a group are.
fn folder(group: &str) -> Result<PathBuf> {
    let folder = Path::new("/dev").join(group).canonicalize();
    folder
        .ok()
        .with_context(|| format!("  Volume group \"{group}\" not found"))
}

fn volume(target: &str) -> Result<PathBuf> {
    let missing = || format!("  Failed to find logical volume \"{target}\"");
    let (group, name) = target.split_once('/').with_context(missing)?;
    let path = folder(group)?.join(name);
    ensure!(path.is_file(), missing());
    Ok(path)
}

fn create(name: &str, origin: &str) -> Result<String> {
    let origin_file = volume(origin)?;
    let path = folder(group(origin))?.join(name);
    let group = group(origin);
    ensure!(
        !path.exists(),
        "  Logical Volume \"{name}\" already exists in volume group \"{group}\""
    );
    clone_file(&origin_file, &path)?;
    Ok(format!("  Logical volume \"{name}\" created.\n"))
}

fn remove(target: &str) -> Result<String> {
    let path = volume(target)?;
    let is_used = loops::kernel()?.values().any(|device| device.file == path);
    ensure!(!is_used, "  Logical volume {target} in use.");
    fs::remove_file(path)?;
    Ok(format!(
        "  Logical volume \"{target}\" successfully removed.\n"
    ))
}

fn list(group: &str) -> Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder(group)?)? {
        names.push(format!("  {}\n", entry?.file_name().display()));
    }
    names.sort();
    Ok(names.concat())
}
