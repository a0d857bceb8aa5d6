//! qib as it ships, in a lab; the volume that everyone reads lies in the lab's pool.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use qib_lab::{Lab, LabBuilder};
use serde_json::Value;

use crate::bytes;
use crate::cgroup::Cgroup;
use crate::meter::{Cost, measure};
use crate::mount::Mount;

const QUBE: &str = "work";
const RESTORED: &str = "restored";
const STORAGE: &str = "sys-backup";
/// The process whose memory is qib's.
pub(crate) const HELPER: &str = "qib-helper";

/// A lab with one qube. The fields go in this order.
#[derive(Debug)]
pub(crate) struct Qib {
    lab: Lab,
    group: Option<Cgroup>,
    /// The passphrase's file.
    passphrase: String,
}

impl Qib {
    /// Makes the lab below `run`, with a copy of `image` as the qube's volume.
    pub(crate) fn new(programs: &Path, run: &Path, image: &Path) -> Result<Self> {
        let group = Cgroup::new("lab");
        let mut builder = LabBuilder::new(programs.join("qib-lab"))
            .programs(programs)
            .inside(run);
        if let Some(group) = &group {
            builder = builder.prefix(group.prefix());
        }
        let lab = builder.create()?;
        let passphrase = lab.scratch().join("passphrase");
        fs::write(&passphrase, "a passphrase for the benchmark\n")?;
        lab.add_image(QUBE, image, false)?;
        Ok(Self {
            passphrase: passphrase.to_str().context("not UTF-8")?.to_owned(),
            lab,
            group,
        })
    }

    /// The volume as a file, as it is now.
    pub(crate) fn volume(&self) -> Result<PathBuf> {
        self.lab.image(QUBE)
    }

    /// The file system that holds the volume.
    pub(crate) fn pool(&self) -> PathBuf {
        self.lab.dir().join("pool")
    }

    /// What the storage qube keeps.
    pub(crate) fn repository(&self) -> PathBuf {
        self.lab.dir().join("disks").join(STORAGE).join("qib")
    }

    pub(crate) fn stored(&self) -> Result<u64> {
        bytes::below(&self.repository())
    }

    /// As it was before the first `qib init`, and then after it.
    pub(crate) fn reset(&self) -> Result<()> {
        self.lab.stop(STORAGE)?;
        for folder in [self.repository(), self.lab.dir().join("dom0/lib/qib")] {
            empty(&folder)?;
        }
        self.lab.start(STORAGE)?;
        self.run(&["init", "-p", &self.passphrase]).map(drop)
    }

    /// A backup; with what it cost come the bytes of the objects that storage took.
    pub(crate) fn back_up(&self) -> Result<(u64, Cost)> {
        let words = ["-q", "backup", "--always", "--json", QUBE];
        let (report, cost) = measure(self.group.as_ref(), || self.run(&words))?;
        let report: Value = serde_json::from_slice(&report)?;
        let sent = report.pointer("/qubes/0/counts/bytes_stored");
        let sent = sent.and_then(Value::as_u64);
        Ok((sent.context("qib says not what it stored")?, cost))
    }

    /// A restore as a new qube, of everything or of one file, until it is on the disk; with
    /// what it cost come the bytes that were read from storage.
    pub(crate) fn restore(&self, file: Option<&str>) -> Result<(u64, Cost)> {
        let mut words = vec!["-q", "restore", "--json", QUBE, "--as", RESTORED];
        words.extend(["-p", &self.passphrase]);
        words.extend(file.into_iter().flat_map(|file| ["--path", file]));
        let pool = fs::File::open(self.pool())?;
        let (report, cost) = measure(self.group.as_ref(), || {
            let report = self.run(&words)?;
            rustix::fs::syncfs(&pool)?;
            Ok(report)
        })?;
        if let Some(file) = file {
            self.check_restored(file)?;
        }
        self.lab.admin("admin.vm.Remove+", RESTORED, "")?;
        let report: Value = serde_json::from_slice(&report)?;
        let fetched = report
            .pointer("/qubes/0/volumes/0/bytes_fetched")
            .and_then(Value::as_u64);
        Ok((fetched.context("qib says not what it fetched")?, cost))
    }

    /// The file came back as it is in the volume.
    fn check_restored(&self, file: &str) -> Result<()> {
        let read = |qube: &str| -> Result<Vec<u8>> {
            let folder = self.lab.scratch().join(qube);
            let mount = Mount::read_only(&self.lab.image(qube)?, &folder)?;
            Ok(fs::read(mount.path().join(file))?)
        };
        ensure!(read(QUBE)? == read(RESTORED)?, "{file} came back otherwise");
        Ok(())
    }

    fn run(&self, words: &[&str]) -> Result<Vec<u8>> {
        let mut command: Command = self.lab.dom0(["qib"].iter().chain(words));
        let output = command.stdin(Stdio::null()).output()?;
        if !output.status.success() {
            std::io::stderr().write_all(&output.stderr)?;
        }
        ensure!(
            output.status.success(),
            "qib {}: {}",
            words.join(" "),
            output.status
        );
        Ok(output.stdout)
    }
}

/// The folder itself stays: the lab has it mounted.
fn empty(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
