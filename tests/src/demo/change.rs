//! What a user does between two backups.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::tool::tool;

/// Changes the tree below `root`; `owned` when owners and sockets can be made there.
pub(super) fn change(root: &Path, owned: bool) -> Result<()> {
    let home = root.join("home/user");
    fs::write(
        home.join("project/main.rs"),
        "fn main() { println!(\"changed\") }\n",
    )?;
    fs::write(home.join("Documents/new.txt"), "new\n".repeat(2000))?;
    fs::create_dir_all(home.join("Documents/new folder/inside"))?;
    fs::write(home.join("Documents/new folder/inside/note"), "a note\n")?;
    fs::remove_file(home.join("empty"))?;
    fs::remove_dir_all(home.join("Documents/usr-share-perl"))
        .or_else(|_| fs::remove_file(home.join("dangling")))?;
    fs::rename(
        home.join("Documents/usr-include"),
        home.join("Documents/headers"),
    )?;
    // In the middle of the large file, in place.
    let large = OpenOptions::new()
        .write(true)
        .open(home.join("machine.img"))?;
    let middle = large.metadata()?.len() / 4;
    large.write_all_at(&vec![42; 1 << 20], middle)?;
    if owned {
        std::os::unix::fs::chown(home.join("Documents/new.txt"), Some(1000), Some(1000))?;
        drop(UnixListener::bind(home.join("project/socket"))?);
    }
    Ok(())
}

/// Makes the file system of `image` anew from a folder, at the same size.
pub(super) fn make_again(image: &Path, tree: &Path) -> Result<()> {
    let mut command = tool("mke2fs");
    let command = command
        .args(["-q", "-F", "-t", "ext4", "-m", "0", "-d"])
        .arg(tree)
        .arg(image);
    let status = command.status().context("mke2fs")?;
    ensure!(status.success(), "mke2fs: {status}");
    Ok(())
}
