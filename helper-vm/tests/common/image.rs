//! Real ext4 images, made by mke2fs from a folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of e2fsprogs, which an ordinary user's shell may not find.
pub fn tool(name: &str) -> Command {
    let usual = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command.env("PATH", format!("{usual}:/usr/local/sbin:/usr/sbin:/sbin"));
    command
}

/// An image of `mebibytes` with the content of `tree`.
pub fn make(image: &Path, tree: &Path, mebibytes: u64) -> PathBuf {
    make_with("extent", image, tree, mebibytes)
}

/// The same, with features of ext4.
pub fn make_with(features: &str, image: &Path, tree: &Path, mebibytes: u64) -> PathBuf {
    let _gone = std::fs::remove_file(image);
    let made = tool("mke2fs")
        .args([
            "-q",
            "-t",
            "ext4",
            "-b",
            "4096",
            "-E",
            "root_owner=0:0",
            "-O",
            features,
            "-d",
        ])
        .arg(tree)
        .arg(image)
        .arg(format!("{mebibytes}M"))
        .status();
    assert!(made.unwrap().success());
    image.to_owned()
}

/// Runs one debugfs command that changes the image.
pub fn debugfs(image: &Path, request: &str) {
    let ran = tool("debugfs")
        .args(["-w", "-R", request])
        .arg(image)
        .output();
    assert!(ran.unwrap().status.success(), "{request}");
}

/// An image that the kernel filled with a copy of `tree`, or none where tests
/// may not mount.
pub fn make_by_kernel(image: &Path, tree: &Path, mebibytes: u64) -> Option<PathBuf> {
    let empty = tempfile::tempdir().unwrap();
    make(image, empty.path(), mebibytes);
    let done = |program: &str, arguments: &[&std::ffi::OsStr]| {
        let ran = Command::new(program).args(arguments).status();
        ran.is_ok_and(|status| status.success())
    };
    let (target, source) = (empty.path().as_os_str(), tree.join("."));
    if !done(
        "mount",
        &["-o".as_ref(), "loop".as_ref(), image.as_os_str(), target],
    ) {
        return None;
    }
    let copied = done("cp", &["-a".as_ref(), source.as_os_str(), target]);
    assert!(done("umount", &[target]) && copied);
    Some(image.to_owned())
}
