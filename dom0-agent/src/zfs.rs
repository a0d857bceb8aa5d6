//! ZFS in the pools of Qubes: the commands that qib gives it.

use crate::error::{Error, Result};
use crate::tool;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// By this property udev knows what Qubes keeps, and neither probes nor offers it.
const HIDDEN: &str = "org.qubes-os:part-of-qvm-pool";

/// Qubes sets it while a qube writes to a volume.
const DIRTY: &str = "org.qubes:dirty";

/// What ZFS says of a name that nothing has; also while its pool is not imported.
const MISSING: &str = "dataset does not exist";

const MOST_BYTES: usize = 255;

/// A dataset, such as the volume `tank/vms/work/private`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dataset(String);

/// A snapshot of a volume, such as `tank/vms/work/private@qib-01ab`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snapshot {
    of: Dataset,
    name: String,
}

impl Dataset {
    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_whole = text.len() <= MOST_BYTES && text.split('/').all(is_name);
        is_whole.then(|| Self(text.to_owned()))
    }

    /// What has this name below it.
    pub fn below(&self, name: &str) -> Option<Self> {
        Self::parse(&format!("{self}/{name}"))
    }

    /// True for what lies below another one.
    pub fn is_below(&self, other: &Self) -> bool {
        let rest = self.0.strip_prefix(&other.0);
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// Its snapshot of this name.
    pub fn snapshot(&self, name: &str) -> Option<Snapshot> {
        let of = self.clone();
        let name = name.to_owned();
        is_name(&name).then_some(Snapshot { of, name })
    }

    /// Its block device.
    pub fn device(&self) -> PathBuf {
        Path::new("/dev/zvol").join(&self.0)
    }

    /// True when dom0's udev leaves alone what lies in it.
    ///
    /// # Errors
    /// When ZFS fails.
    pub fn is_hidden(&self) -> Result<bool> {
        Ok(self.property(HIDDEN)? == "true")
    }

    /// True when a qube writes to it, or crashed.
    ///
    /// # Errors
    /// When ZFS fails.
    pub fn is_dirty(&self) -> Result<bool> {
        Ok(self.property(DIRTY)? == "on")
    }

    fn property(&self, name: &str) -> Result<String> {
        let said = zfs(&["get", "-H", "-o", "value", name, &self.0])?;
        Ok(said.trim_end().to_owned())
    }

    /// Its snapshots that nobody is about to destroy, the oldest first.
    ///
    /// # Errors
    /// When ZFS fails.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>> {
        let said = zfs(&[
            "list",
            "-H",
            "-o",
            "name,defer_destroy",
            "-t",
            "snapshot",
            "-s",
            "createtxg",
            &self.0,
        ])?;
        let kept = said.lines().filter_map(|line| line.strip_suffix("\toff"));
        Ok(kept.filter_map(Snapshot::parse).collect())
    }

    /// Makes it a clone of a snapshot, which nobody can write to and whose partitions nobody
    /// looks for, and waits for its device.
    ///
    /// # Errors
    /// When ZFS fails, or the device does not come.
    pub fn clone_of(&self, snapshot: &Snapshot) -> Result<()> {
        let origin = snapshot.to_string();
        zfs(&[
            "clone",
            "-o",
            "volmode=dev",
            "-o",
            "readonly=on",
            &origin,
            &self.0,
        ])?;
        for _ in 0..100 {
            if self.device().exists() {
                return Ok(());
            }
            sleep(Duration::from_millis(100));
        }
        Err(failed(&format!("no device appeared for {self}")))
    }

    /// Destroys it; none to destroy is no error.
    ///
    /// # Errors
    /// When ZFS fails, such as for a volume in use.
    pub fn destroy(&self) -> Result<()> {
        destroy(&self.0)
    }
}

impl Snapshot {
    /// Reads `DATASET@NAME`.
    pub fn parse(text: &str) -> Option<Self> {
        let (of, name) = text.split_once('@')?;
        Dataset::parse(of)?.snapshot(name)
    }

    /// What follows the `@`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes it, in one instant.
    ///
    /// # Errors
    /// When ZFS fails.
    pub fn take(&self) -> Result<()> {
        zfs(&["snapshot", &self.to_string()]).map(drop)
    }

    /// Destroys it; none to destroy is no error.
    ///
    /// # Errors
    /// When ZFS fails, such as for one that has a clone.
    pub fn destroy(&self) -> Result<()> {
        destroy(&self.to_string())
    }
}

/// One that is not there was destroyed, as long as its pool is.
fn destroy(name: &str) -> Result<()> {
    if exists(name)? {
        return zfs(&["destroy", name]).map(drop);
    }
    let pool = name.split('/').next().unwrap_or_default();
    if exists(pool)? {
        return Ok(());
    }
    Err(failed(&format!("the pool of {name} is not imported")))
}

fn exists(name: &str) -> Result<bool> {
    let words = ["list", "-H", "-o", "name", "-t", "all", "-d", "0", name];
    let said = tool::wait(Command::new("zfs").args(words)).map_err(|error| failed(&error))?;
    match said.output {
        Some(_) => Ok(true),
        None if said.complaint.contains(MISSING) => Ok(false),
        None => Err(failed(&said.complaint)),
    }
}

fn zfs(words: &[&str]) -> Result<String> {
    let said = tool::wait(Command::new("zfs").args(words)).map_err(|error| failed(&error))?;
    said.output.ok_or_else(|| failed(&said.complaint))
}

fn failed(what: &str) -> Error {
    Error::Program("zfs", what.to_owned())
}

/// What ZFS takes as a name, and no program as an option or a way to elsewhere.
fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    !text.starts_with('-') && !matches!(text, "" | "." | "..") && text.bytes().all(is_plain)
}

impl fmt::Display for Dataset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}@{}", self.of, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_datasets() {
        let volume = Dataset::parse("tank/vms/work/private").unwrap();
        let device = PathBuf::from("/dev/zvol/tank/vms/work/private");
        assert_eq!(volume.device(), device);
        assert!(volume.is_below(&Dataset::parse("tank/vms").unwrap()));
        assert!(!volume.is_below(&Dataset::parse("tank/vm").unwrap()));
        assert!(!volume.is_below(&volume));
        let long = "a".repeat(256);
        for text in [
            "", "/tank", "tank/", "tank//a", "tank/..", "-r/a", "a@b", "a b", "a\nb", &long,
        ] {
            assert_eq!(Dataset::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_plain_names_are_snapshots() {
        let text = "tank/work/private@qubes:before-start:1700000000.123456";
        assert_eq!(Snapshot::parse(text).unwrap().to_string(), text);
        for text in [
            "tank/a",
            "tank/a@",
            "@b",
            "tank/a@-r",
            "tank/a@b@c",
            "tank/a@b/c",
            "tank/a@b%c",
        ] {
            assert_eq!(Snapshot::parse(text), None, "{text}");
        }
    }
}
