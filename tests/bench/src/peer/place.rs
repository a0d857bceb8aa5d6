//! A peer's own place: its repository, its secrets, its home folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use super::Peer;
use crate::bytes;
use crate::cgroup::{self, Cgroup};
use crate::corpus::ONE_FILE;

/// Where a script finds what it works on.
#[derive(Debug)]
pub(crate) struct Paths {
    /// The volume, mounted.
    pub(crate) volume: PathBuf,
    /// The volume as a file.
    pub(crate) image: PathBuf,
    /// Where to restore to.
    pub(crate) target: PathBuf,
}

/// The place of one peer.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    peer: &'a Peer,
    folder: PathBuf,
}

impl<'a> Place<'a> {
    pub(crate) fn new(run: &Path, peer: &'a Peer) -> Self {
        let is_plain = |letter: &char| letter.is_ascii_alphanumeric();
        let name: String = peer.name.chars().filter(is_plain).collect();
        Self {
            peer,
            folder: run.join(name),
        }
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.folder.join("repository")
    }

    pub(crate) fn stored(&self) -> Result<u64> {
        bytes::below(&self.repository())
    }

    /// As it is after the peer was set up.
    pub(crate) fn reset(&self, paths: &Paths) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        for folder in ["repository", "secrets", "home/tmp"] {
            fs::create_dir_all(self.folder.join(folder))?;
        }
        let passphrase = self.folder.join("secrets/passphrase");
        fs::write(passphrase, "a passphrase for the benchmark\n")?;
        self.run(self.peer.init, paths, None)
    }

    /// Runs one of the peer's scripts to its end.
    pub(crate) fn run(&self, script: &str, paths: &Paths, group: Option<&Cgroup>) -> Result<()> {
        let log = self.folder.join("log");
        let output = File::create(&log)?;
        let mut command = cgroup::command(group, "bash");
        command
            .args(["-o", "pipefail", "-ec", script])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .env("HOME", self.folder.join("home"))
            .env("TMPDIR", self.folder.join("home/tmp"))
            .env("REPOSITORY", self.repository())
            .env("SECRETS", self.folder.join("secrets"))
            .env("VOLUME", &paths.volume)
            .env("IMAGE", &paths.image)
            .env("TARGET", &paths.target)
            .env("FILE", ONE_FILE)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let status = command.status().context("bash is needed")?;
        let said = || fs::read_to_string(&log).unwrap_or_default();
        let name = self.peer.name;
        ensure!(status.success(), "{name}: {status}: {}", said().trim());
        Ok(())
    }
}
