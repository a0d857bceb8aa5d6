//! A place for images that can be copied while they are mounted, each copy of one moment.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::image::{Mount, run};

/// An XFS, in which a copy shares its blocks and is made between two writes: as a power cut leaves
/// the original.
pub struct Pool {
    mount: Mount,
    inside: PathBuf,
    _folder: TempDir,
}

impl Pool {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("pool.xfs");
        File::create(&image).unwrap().set_len(2 << 30).unwrap();
        run(
            "mkfs.xfs",
            &["-q", "-m", "reflink=1", image.to_str().unwrap()],
        );
        let inside = folder.path().join("pool");
        std::fs::create_dir(&inside).unwrap();
        let command = Command::new("unshare");
        let mount = Mount::hold(command, "xfs", &image, &inside, "rw");
        Self {
            mount,
            inside,
            _folder: folder,
        }
    }

    /// A file of the pool.
    pub fn path(&self, name: &str) -> PathBuf {
        self.mount.path().join(name)
    }

    /// Makes an ext4 of so many MiB.
    pub fn make(&self, name: &str, mebibytes: u64, options: &[&str]) {
        let path = self.path(name);
        File::create(&path)
            .unwrap()
            .set_len(mebibytes << 20)
            .unwrap();
        let mut arguments = vec!["-q", "-F"];
        arguments.extend(options);
        arguments.push(path.to_str().unwrap());
        run("mke2fs", &arguments);
    }

    /// Copies a file as it is at this moment.
    pub fn copy(&self, from: &str, to: &str) {
        let source = File::open(self.path(from)).unwrap();
        let target = File::create(self.path(to)).unwrap();
        rustix::fs::ioctl_ficlone(&target, &source).unwrap();
    }

    /// Mounts an ext4 that lies in the pool.
    pub fn mount(&self, name: &str, options: &str) -> Mount {
        let target = Path::new("mount").join(name);
        std::fs::create_dir_all(self.mount.path().join(&target)).unwrap();
        let mut command = Command::new("nsenter");
        command.arg(format!("--mount=/proc/{}/ns/mnt", self.mount.holder()));
        command.arg("unshare");
        let (image, target) = (self.inside.join(name), self.inside.join(target));
        Mount::hold(command, "ext4", &image, &target, options)
    }
}
