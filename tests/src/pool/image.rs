//! Makes the image for a new private volume, with mke2fs or as a sparse copy.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::tool::tool;

const MIB: u64 = 1 << 20;
const SMALLEST: u64 = 64;

/// A sparse copy of an image, sharing blocks where the file systems can.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut command = Command::new("cp");
    run(command
        .args(["--sparse=always", "--reflink=auto", "--"])
        .arg(from)
        .arg(to))
}

/// An ext4 of `size` MiB, or as many as the folder needs, with the folder's content.
pub(crate) fn from_tree(tree: &Path, size: Option<u64>, to: &Path) -> Result<()> {
    ensure!(tree.is_dir(), "{}: not a folder", tree.display());
    let size = match size {
        Some(size) => size,
        None => SMALLEST + mebibytes(tree)? * 5 / 4,
    };
    std::fs::File::create(to)?.set_len(size * MIB)?;
    let mut command = tool("mke2fs");
    command
        .args(["-q", "-F", "-t", "ext4", "-m", "0", "-d"])
        .arg(tree)
        .arg(to);
    run(&mut command)
}

fn mebibytes(tree: &Path) -> Result<u64> {
    let output = Command::new("du")
        .args(["-sm", "--"])
        .arg(tree)
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    text.split_whitespace()
        .next()
        .context("du says nothing")?
        .parse()
        .context("du")
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{} is needed", name.display()))?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{}: {}",
        name.display(),
        message.trim()
    );
    Ok(())
}
