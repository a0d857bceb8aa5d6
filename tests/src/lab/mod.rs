//! A lab for one test: made in a temporary folder, destroyed when dropped.

mod builder;
mod qubesd;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

pub use builder::LabBuilder;

/// A small Qubes machine that lives as long as this value.
///
/// `binary` is the built lab, in an integration test `env!("CARGO_BIN_EXE_qib-lab")`.
#[derive(Debug)]
pub struct Lab {
    binary: PathBuf,
    prefix: Vec<String>,
    folder: TempDir,
}

impl Lab {
    /// A lab with the programs of this folder.
    pub fn with_programs(binary: impl Into<PathBuf>, folder: impl Into<PathBuf>) -> Result<Self> {
        LabBuilder::new(binary).programs(folder).create()
    }

    /// The lab's own folder.
    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("machine")
    }

    /// A folder beside the lab for the test's own files; it goes with the lab.
    pub fn scratch(&self) -> &Path {
        self.folder.path()
    }

    /// `qib-lab` with these first words.
    pub fn command<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut whole = self
            .prefix
            .iter()
            .map(OsStr::new)
            .chain([self.binary.as_os_str()]);
        let mut command = Command::new(whole.next().unwrap_or_default());
        command.args(whole).args(words).stdin(Stdio::null());
        command
    }

    /// Adds a qube with a copy of this image.
    pub fn add_image(&self, name: &str, image: &Path, running: bool) -> Result<()> {
        let mut command = self.command(["qube", "add"]);
        command.arg(self.dir()).arg(name).arg("--image").arg(image);
        if running {
            command.arg("--running");
        }
        succeed(&mut command)
    }

    /// Adds a halted qube made from this folder.
    pub fn add_tree(&self, name: &str, tree: &Path) -> Result<()> {
        let mut command = self.command(["qube", "add"]);
        succeed(command.arg(self.dir()).arg(name).arg("--tree").arg(tree))
    }

    /// Starts a halted qube.
    pub fn start(&self, name: &str) -> Result<()> {
        succeed(self.command(["qube", "start"]).arg(self.dir()).arg(name))
    }

    /// Stops a running qube.
    pub fn stop(&self, name: &str) -> Result<()> {
        succeed(self.command(["qube", "stop"]).arg(self.dir()).arg(name))
    }

    /// A command in dom0, to be given streams and run.
    pub fn dom0<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.command(["exec"]);
        command.arg(self.dir()).arg("--").args(words);
        command
    }

    /// Runs a command in dom0 to its end.
    pub fn exec<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Result<Output> {
        Ok(self.dom0(words).output()?)
    }

    /// The same with something on its input.
    pub fn exec_with<S: AsRef<OsStr>>(
        &self,
        words: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Result<Output> {
        let mut command = self.dom0(words);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child: Child = command.spawn()?;
        let mut stdin = child.stdin.take().context("no input")?;
        let input = input.to_vec();
        let feeder = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output()?;
        // A command that reads only a part is no fault of the test.
        drop(feeder.join());
        Ok(output)
    }

    /// Where the raw ext4 of a qube's private volume is now.
    pub fn image(&self, name: &str) -> Result<PathBuf> {
        let output = self.command(["image"]).arg(self.dir()).arg(name).output()?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim_end()))
    }

    /// Ends the lab now, so that a test can look at what stays.
    pub fn destroy(self) -> Result<()> {
        self.end()
    }

    fn end(&self) -> Result<()> {
        if self.dir().exists() {
            succeed(self.command(["destroy"]).arg(self.dir()))?;
        }
        Ok(())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("destroying the lab: {error:#}");
        }
    }
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", message.trim());
    Ok(())
}
