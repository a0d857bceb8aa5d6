//! Logical volumes in the thin pools of Qubes: LVM's commands, nearly in the words that
//! qubesd has for them. One that is killed half-way can leave a pool that no longer starts.

use crate::error::{Error, Result};
use crate::tool;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// Whoever looks with `lvs -o+tags` sees whose it is.
const TAG: &str = "--addtag=qib";

/// What is discarded in one go: a large discard at once holds up every qube.
const DISCARD: &str = "1G";

/// A logical volume, such as `qubes_dom0/vm-work-private`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lv {
    group: String,
    name: String,
}

impl Lv {
    /// Reads `GROUP/NAME`.
    pub fn parse(text: &str) -> Option<Self> {
        let (group, name) = text.split_once('/')?;
        let (group, name) = (group.to_owned(), name.to_owned());
        (is_name(&group) && is_name(&name)).then_some(Self { group, name })
    }

    /// The volume of this name in the same group.
    pub fn beside(&self, name: String) -> Self {
        let group = self.group.clone();
        Self { group, name }
    }

    /// Its name in its group.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its block device.
    pub fn device(&self) -> PathBuf {
        PathBuf::from(format!("/dev/{self}"))
    }

    /// The names of all volumes of its group.
    ///
    /// # Errors
    /// When LVM fails.
    pub fn group_names(&self) -> Result<Vec<String>> {
        let list = lvm(&[
            "lvs",
            "--noheadings",
            "--options=lv_name",
            "--",
            &self.group,
        ])?;
        Ok(list.lines().map(|line| line.trim().to_owned()).collect())
    }

    /// Makes it a snapshot of another one, in one instant. That of a thin volume is thin; some
    /// releases of LVM refuse to be told so beside `--snapshot`, as qubesd does.
    ///
    /// # Errors
    /// When LVM fails.
    pub fn snapshot_of(&self, origin: &Self) -> Result<()> {
        let name = format!("--name={}", self.name);
        let words = [
            "lvcreate",
            "--setactivationskip=n",
            "--activate=y",
            TAG,
            "--snapshot",
            &name,
            "--",
            &origin.to_string(),
        ];
        lvm(&words).map(drop)
    }

    /// Removes it; none to remove is no error.
    ///
    /// # Errors
    /// When LVM fails, such as for a volume in use.
    pub fn remove(&self) -> Result<()> {
        if !self.group_names()?.contains(&self.name) {
            return Ok(());
        }
        let mut discard = Command::new("blkdiscard");
        discard.args(["--step", DISCARD]).arg(self.device());
        // It only spares everyone else a long wait: without it the volume goes as well.
        let _discarded = tool::wait(&mut discard);
        lvm(&["lvremove", "--force", "--", &self.to_string()]).map(drop)
    }
}

impl fmt::Display for Lv {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.group, self.name)
    }
}

/// What LVM takes as a name, and no program as an option or a way to elsewhere.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+_.-".contains(&byte);
    !text.starts_with('-')
        && !matches!(text, "" | "." | "..")
        && text.len() <= 127
        && text.bytes().all(plain)
}

fn lvm(words: &[&str]) -> Result<String> {
    let said = tool::wait(Command::new("lvm").args(words)).map_err(|error| failed(&error))?;
    let verb = words.first().unwrap_or(&"");
    let complaint = said.complaint;
    said.output
        .ok_or_else(|| failed(&format!("{verb}: {complaint}")))
}

fn failed(what: &str) -> Error {
    Error::Program("lvm", what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_volumes() {
        let lv = Lv::parse("qubes_dom0/vm-work-private").unwrap();
        assert_eq!(lv.to_string(), "qubes_dom0/vm-work-private");
        assert_eq!(
            lv.device(),
            PathBuf::from("/dev/qubes_dom0/vm-work-private")
        );
        for text in [
            "vm-work-private",
            "/vm-work-private",
            "qubes_dom0/",
            "qubes_dom0/..",
            "../mapper",
            "qubes_dom0/-f",
            "-y/vm",
            "qubes_dom0/a/b",
            "qubes_dom0/a b",
            "qubes_dom0/a\nb",
        ] {
            assert_eq!(Lv::parse(text), None, "{text}");
        }
    }
}
