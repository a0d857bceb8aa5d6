//! `zfs` for a pool whose volumes are files: the commands that qib gives, and no others.
//!
//! A volume is a file below /dev/zvol; its snapshots, and what its properties say, lie in a folder
//! of their own, as ZFS shows no devices of snapshots.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use super::tool::{self, Done};
use crate::daemon::loops;
use crate::pool::{Zfs, clone_file};

const FAILED: u8 = 1;
const HIDDEN: &str = "org.qubes-os:part-of-qvm-pool";
const DIRTY: &str = "org.qubes:dirty";

pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let words = tool::words(arguments)?;
    tool::end("zfs", &words, &Done::of(run(&words), FAILED))
}

fn run(words: &[&str]) -> Result<String> {
    match words {
        ["get", "-H", "-o", "value", name, dataset] => get(name, dataset),
        [
            "list",
            "-H",
            "-o",
            "name,defer_destroy",
            "-t",
            "snapshot",
            "-s",
            "createtxg",
            volume,
        ] => snapshots(volume),
        ["list", "-H", "-o", "name", "-t", "all", "-d", "0", name] => {
            existing(name).map(|_| format!("{name}\n"))
        }
        ["snapshot", snapshot] => take(snapshot),
        [
            "clone",
            "-o",
            "volmode=dev",
            "-o",
            "readonly=on",
            snapshot,
            volume,
        ] => clone(snapshot, volume),
        ["destroy", name] => destroy(name),
        _ => bail!("the lab's zfs does not know this command"),
    }
}

/// The files of the pool that a dataset is in.
fn pool(dataset: &str) -> Result<Zfs> {
    let name = dataset.split('/').next().unwrap_or_default();
    let devices = Path::new("/dev/zvol").join(name).canonicalize();
    let devices = devices.ok().with_context(|| missing(dataset))?;
    Ok(Zfs::at(&devices.join("../.."), name))
}

fn missing(name: &str) -> String {
    format!("cannot open '{name}': dataset does not exist")
}

fn place(name: &str) -> Result<PathBuf> {
    let pool = pool(name)?;
    Ok(match name.split_once('@') {
        Some((volume, snapshot)) => pool.snapshot(volume, snapshot),
        None => pool.volume(name),
    })
}

fn existing(name: &str) -> Result<PathBuf> {
    let place = place(name)?;
    ensure!(place.exists(), missing(name));
    Ok(place)
}

fn get(name: &str, dataset: &str) -> Result<String> {
    existing(dataset)?;
    let pool = pool(dataset)?;
    let value = match name {
        HIDDEN if pool.hidden().exists() => "true",
        DIRTY if pool.dirty(dataset).exists() => "on",
        HIDDEN | DIRTY => "-",
        _ => bail!("bad property list: invalid property '{name}'"),
    };
    Ok(format!("{value}\n"))
}

fn snapshots(volume: &str) -> Result<String> {
    existing(volume)?;
    let all = pool(volume)?.snapshots(volume)?;
    let lines = all
        .iter()
        .map(|(name, _)| format!("{volume}@{name}\toff\n"));
    Ok(lines.collect())
}

fn take(snapshot: &str) -> Result<String> {
    let (volume, name) = snapshot.split_once('@').context("no snapshot")?;
    ensure!(
        !name.starts_with("qubes"),
        "{snapshot}: that is a name of Qubes' own"
    );
    let (from, to) = (existing(volume)?, place(snapshot)?);
    ensure!(
        !to.exists(),
        "cannot create snapshot '{snapshot}': dataset already exists"
    );
    pool(volume)?.take(volume, &from, name)?;
    Ok(String::new())
}

/// Two links to one file say which snapshot a clone is of.
fn clone(snapshot: &str, volume: &str) -> Result<String> {
    let (from, to) = (existing(snapshot)?, place(volume)?);
    ensure!(
        !to.exists(),
        "cannot create '{volume}': dataset already exists"
    );
    fs::hard_link(&from, pool(volume)?.origin(volume))?;
    clone_file(&from, &to)?;
    Ok(String::new())
}

fn destroy(name: &str) -> Result<String> {
    let place = existing(name)?;
    if name.contains('@') {
        let clones = fs::metadata(&place)?.nlink() - 1;
        let text = "snapshot has dependent clones";
        ensure!(clones == 0, "cannot destroy '{name}': {text}");
    } else {
        ensure!(
            place.is_file(),
            "cannot destroy '{name}': filesystem has children"
        );
        let is_used = loops::kernel()?.values().any(|device| device.file == place);
        ensure!(!is_used, "cannot destroy '{name}': dataset is busy");
        let origin = pool(name)?.origin(name);
        if origin.exists() {
            fs::remove_file(origin)?;
        }
    }
    fs::remove_file(place)?;
    Ok(String::new())
}
