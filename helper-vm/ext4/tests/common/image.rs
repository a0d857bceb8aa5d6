//! Making and mounting images.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Runs a program and fails the test with what it said.
pub fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
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
        let target = self.folder.path().join("mount");
        std::fs::create_dir_all(&target).unwrap();
        let (image, place) = (self.path(), target.to_str().unwrap().to_owned());
        let options = format!("loop,{options}");
        run(
            "mount",
            &[
                "-t",
                "ext4",
                "-o",
                &options,
                image.to_str().unwrap(),
                &place,
            ],
        );
        Mount { target }
    }

    /// Has debugfs change the image.
    pub fn debugfs(&self, command: &str) {
        run(
            "debugfs",
            &["-w", "-R", command, self.path().to_str().unwrap()],
        );
    }
}

/// A mounted image, unmounted when dropped.
pub struct Mount {
    target: PathBuf,
}

impl Mount {
    pub fn path(&self) -> &Path {
        &self.target
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let status = Command::new("umount").arg(&self.target).status();
        if !std::thread::panicking() {
            assert!(status.unwrap().success());
        }
    }
}
