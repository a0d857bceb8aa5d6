//! Clears what an interrupted run left: mounts, labs, files.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::cgroup;
use crate::mount::succeed;

/// Clears `run`; `lab` is the built `qib-lab`.
pub(crate) fn clear(run: &Path, lab: &Path) -> Result<()> {
    if !run.exists() {
        return Ok(());
    }
    // A mounted volume lies in a lab's pool, which could not be unmounted before it.
    for place in mounts_below(run)? {
        if !is_of_a_lab(run, &place) {
            succeed("umount", [OsStr::new(&place)])?;
        }
    }
    for entry in fs::read_dir(run)? {
        let machine = entry?.path().join("machine");
        if machine.join("id").exists() {
            let status = Command::new(lab).arg("destroy").arg(&machine).status()?;
            ensure!(status.success(), "{} can not be cleared", machine.display());
        }
    }
    cgroup::clear_dead();
    Ok(fs::remove_dir_all(run)?)
}

fn mounts_below(folder: &Path) -> Result<Vec<String>> {
    let table = fs::read_to_string("/proc/self/mountinfo")?;
    let places = table.lines().filter_map(|line| line.split(' ').nth(4));
    let below = places.filter(|place| Path::new(place).starts_with(folder));
    Ok(below.map(str::to_owned).collect())
}

fn is_of_a_lab(run: &Path, place: &str) -> bool {
    let below = Path::new(place).strip_prefix(run).ok();
    let first = below.and_then(|path| path.components().next());
    first.is_some_and(|first| first.as_os_str().to_string_lossy().starts_with("qib-lab-"))
}
