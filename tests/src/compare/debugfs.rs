//! A tree as e2fsprogs show it, for those who may not mount: names, contents,
//! modes and links.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::{Node, Tree, walk};

use crate::tool::tool;

/// Reads the tree of `image`, after e2fsck found nothing to complain about.
pub fn read(image: &Path) -> Result<Tree> {
    let check = tool("e2fsck")
        .args(["-fn"])
        .arg(image)
        .output()
        .context("e2fsck")?;
    ensure!(
        check.status.success(),
        "e2fsck: {}",
        String::from_utf8_lossy(&check.stdout)
    );
    let folder = tempfile::tempdir()?;
    let dump = format!("rdump / {}", folder.path().display());
    run(image, &dump)?;
    let mut tree = super::plain(walk::read(folder.path())?);
    let inodes = inodes(image, &tree)?;
    let mut first: HashMap<u64, Vec<u8>> = HashMap::new();
    let mut count: HashMap<u64, u32> = HashMap::new();
    for (path, (inode, _)) in &inodes {
        first
            .entry(*inode)
            .and_modify(|known| *known = known.clone().min(path.clone()))
            .or_insert(path.clone());
        *count.entry(*inode).or_default() += 1;
    }
    for (path, (inode, mode)) in inodes {
        let Some(node) = tree.get_mut(&path) else {
            bail!("{}", path.escape_ascii())
        };
        node.mode = mode & 0o7777;
        let several = node.kind != "folder" && count.get(&inode).is_some_and(|count| *count > 1);
        node.first_link = several.then(|| first.get(&inode).cloned()).flatten();
    }
    Ok(tree)
}

/// The inode and mode of everything, listed folder by folder.
fn inodes(image: &Path, tree: &Tree) -> Result<HashMap<Vec<u8>, (u64, u32)>> {
    let is_folder = |(_, node): &(&Vec<u8>, &Node)| node.kind == "folder";
    let mut all = HashMap::new();
    let mut commands = String::new();
    let folders: Vec<&Vec<u8>> = tree
        .iter()
        .filter(is_folder)
        .map(|(path, _)| path)
        .collect();
    for path in &folders {
        let path = std::str::from_utf8(path).context("debugfs lists plain names only")?;
        commands.push_str(&format!("ls -p \"/{path}\"\n"));
    }
    let listing = batch(image, &commands)?;
    let mut sections = listing.split("debugfs: ls -p ").skip(1);
    for path in folders {
        let section = sections.next().context("debugfs listed too little")?;
        for line in section.lines().skip(1).filter(|line| line.starts_with('/')) {
            let fields: Vec<&str> = line.split('/').collect();
            let [_, inode, mode, _, _, name, ..] = fields.as_slice() else {
                continue;
            };
            if matches!(*name, "" | "." | "..") {
                continue;
            }
            let whole = [
                path.as_slice(),
                if path.is_empty() { b"" } else { b"/" },
                name.as_bytes(),
            ];
            all.insert(
                whole.concat(),
                (inode.parse()?, u32::from_str_radix(mode, 8)?),
            );
        }
    }
    Ok(all)
}

fn batch(image: &Path, commands: &str) -> Result<String> {
    let mut file = tempfile::NamedTempFile::new()?;
    std::io::Write::write_all(&mut file, commands.as_bytes())?;
    let output = tool("debugfs")
        .arg("-f")
        .arg(file.path())
        .arg(image)
        .output()?;
    ensure!(output.status.success(), "debugfs: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn run(image: &Path, command: &str) -> Result<()> {
    let output = tool("debugfs").args(["-R", command]).arg(image).output()?;
    ensure!(output.status.success(), "debugfs: {}", output.status);
    Ok(())
}
