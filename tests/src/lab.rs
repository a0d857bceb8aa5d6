//! A lab for one test: made in a temporary folder, destroyed when dropped.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::daemon::launch;
use crate::layout::Layout;
use crate::unix_path;

/// How a lab is to be made.
#[derive(Debug, Default)]
pub struct LabBuilder {
    binary: PathBuf,
    programs: Option<PathBuf>,
    prefix: Vec<String>,
}

/// A small Qubes machine that lives as long as this value.
///
/// `binary` is the built lab, in an integration test `env!("CARGO_BIN_EXE_qib-lab")`.
#[derive(Debug)]
pub struct Lab {
    binary: PathBuf,
    prefix: Vec<String>,
    folder: TempDir,
}

impl LabBuilder {
    /// Starts to describe a lab.
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        Self {
            binary: binary.into(),
            ..Self::default()
        }
    }

    /// Takes `qib`, `qib-helper` and `qib-storage`, or some of them, from this folder.
    pub fn programs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.programs = Some(folder.into());
        self
    }

    /// Runs every command of the lab behind this one, such as `setpriv` with another user.
    pub fn prefix<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.prefix = words.into_iter().map(Into::into).collect();
        self
    }

    /// Makes the lab.
    pub fn create(self) -> Result<Lab> {
        let folder = tempfile::Builder::new().prefix("qib-lab-").tempdir()?;
        if !self.prefix.is_empty() {
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            std::fs::set_permissions(folder.path(), open)?;
        }
        let lab = Lab {
            binary: self.binary,
            prefix: self.prefix,
            folder,
        };
        let mut command = lab.command(["create"]);
        command.arg(lab.dir());
        if let Some(programs) = self.programs {
            command.arg("--programs").arg(programs);
        }
        succeed(&mut command)?;
        Ok(lab)
    }
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

    /// The process number of the lab's daemon, while it lives.
    pub fn daemon(&self) -> Option<u32> {
        launch::running(&Layout::existing(&self.dir()).ok()?)
    }

    /// Calls qubesd; `socket` is `qubesd.sock` or `qubesd.internal.sock`. The answer is as it came.
    pub fn qubesd(&self, socket: &str, call: &[u8]) -> Result<Vec<u8>> {
        let daemon = self.daemon().context("the daemon is dead")?;
        let mut stream =
            unix_path::connect(Path::new(&format!("/proc/{daemon}/root/run/{socket}")))?;
        // A call that is too long is answered before it is read to its end.
        drop(stream.write_all(call));
        drop(stream.shutdown(Shutdown::Write));
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => Err(error.into()),
            _ => Ok(answer),
        }
    }

    /// One method of the Admin API; the answer without its first two bytes, which say that it is
    /// one.
    pub fn admin(&self, method: &str, qube: &str, payload: &str) -> Result<String> {
        let call = format!("{method} dom0 name {qube}\0{payload}");
        let answer = String::from_utf8(self.qubesd("qubesd.sock", call.as_bytes())?)?;
        let content = answer.strip_prefix("0\0");
        Ok(content
            .with_context(|| format!("{method} {qube}: {answer:?}"))?
            .to_owned())
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
