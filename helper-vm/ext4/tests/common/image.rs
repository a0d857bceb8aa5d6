//! Making and mounting images.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A program of e2fsprogs, which an ordinary user's shell may not find.
pub fn tool(name: &str) -> Command {
    let usual = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command.env("PATH", format!("{usual}:/usr/local/sbin:/usr/sbin:/sbin"));
    command
}

/// Runs a program and fails the test with what it said.
pub fn run(program: &str, arguments: &[&str]) {
    let output = tool(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

/// Lets debugfs change the image, one request a line.
pub fn debugfs(image: &Image, requests: &str) {
    let script = image.folder.path().join("requests");
    std::fs::write(&script, requests).unwrap();
    let path = image.path();
    run(
        "debugfs",
        &["-w", "-f", script.to_str().unwrap(), path.to_str().unwrap()],
    );
}

/// False, with a line that names the test, when only a skip is left.
pub fn can_mount(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("SKIPPED {test}: a kernel mount needs root");
    }
    root
}

/// An image in a folder that goes away with it.
pub struct Image {
    pub folder: TempDir,
}

impl Image {
    /// Makes a file system of so many MiB.
    pub fn make(mebibytes: u64, options: &[&str]) -> Self {
        let image = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        File::create(image.path())
            .unwrap()
            .set_len(mebibytes << 20)
            .unwrap();
        let path = image.path();
        let mut arguments = vec!["-q", "-F"];
        arguments.extend(options);
        arguments.push(path.to_str().unwrap());
        run("mke2fs", &arguments);
        image
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }

    pub fn mount(&self, options: &str) -> Mount {
        self.try_mount(options).unwrap()
    }

    /// None when the kernel refuses.
    pub fn try_mount(&self, options: &str) -> Option<Mount> {
        let target = self.folder.path().join("mount");
        std::fs::create_dir_all(&target).unwrap();
        let unshare = Command::new("unshare");
        Mount::try_hold(unshare, "ext4", &self.path(), &target, options)
    }

    /// An image that a test has made.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let image = Self { folder };
        std::fs::write(image.path(), bytes).unwrap();
        image
    }
}

/// A mounted image, unmounted when dropped.
///
/// Mounted in a namespace of its own: one that is visible would be copied into every namespace
/// that another program makes meanwhile, and the volume would stay in use there.
pub struct Mount {
    holder: Child,
    path: PathBuf,
}

/// Unmounts a few times over: a loop device inside is let go a little later than its file system.
const HOLD: &str = r#"
    mount -t "$1" -o "$2" "$3" "$4" || exit 1
    echo
    read line
    for try in 1 2 3 4 5 6 7 8 9; do
        umount "$4" && exit
        sleep 0.3
    done
    exit 1
"#;

impl Mount {
    /// Mounts by a command that is `unshare`, or ends with it.
    pub fn hold(command: Command, kind: &str, image: &Path, target: &Path, options: &str) -> Self {
        Self::try_hold(command, kind, image, target, options).unwrap()
    }

    /// None when the kernel refuses.
    fn try_hold(
        mut command: Command,
        kind: &str,
        image: &Path,
        target: &Path,
        options: &str,
    ) -> Option<Self> {
        command.args(["--mount", "--propagation", "private", "sh", "-c", HOLD]);
        command
            .args(["sh", kind])
            .arg(format!("loop,{options}"))
            .arg(image)
            .arg(target);
        let mut holder = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0];
        let stdout = holder.stdout.as_mut().unwrap();
        if stdout.read_exact(&mut ready).is_err() {
            holder.wait().unwrap();
            return None;
        }
        let root = PathBuf::from(format!("/proc/{}/root", holder.id()));
        let path = root.join(target.strip_prefix("/").unwrap());
        Some(Self { holder, path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The process in whose namespace it is.
    pub fn holder(&self) -> u32 {
        self.holder.id()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let status = self.holder.wait();
        if !std::thread::panicking() {
            assert!(status.unwrap().success());
        }
    }
}
