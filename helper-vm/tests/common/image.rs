//! Real ext4 images, made by mke2fs from a folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// An image of `mebibytes` with the content of `tree`.
pub fn make(image: &Path, tree: &Path, mebibytes: u64) -> PathBuf {
    let _gone = std::fs::remove_file(image);
    let made = Command::new("mke2fs")
        .args([
            "-q",
            "-t",
            "ext4",
            "-b",
            "4096",
            "-E",
            "root_owner=0:0",
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
    let ran = Command::new("debugfs")
        .args(["-w", "-R", request])
        .arg(image)
        .output();
    assert!(ran.unwrap().status.success(), "{request}");
}
