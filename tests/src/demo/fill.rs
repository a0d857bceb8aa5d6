//! A qube's private volume as people have them: real files, caches, a large file,
//! links.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, symlink};
use std::path::Path;

use anyhow::Result;

/// Where there are real files to read on most machines.
const REAL: [&str; 5] = [
    "/usr/include",
    "/usr/share/doc",
    "/usr/share/perl",
    "/usr/lib/python3",
    "/etc",
];

/// Fills `tree` with about `megabytes` of files.
pub(super) fn fill(tree: &Path, megabytes: u64) -> Result<()> {
    let home = tree.join("home/user");
    for folder in [
        "Documents",
        ".cache/thumbnails",
        ".local/share/Trash/files",
        "project/target/objects",
    ] {
        fs::create_dir_all(home.join(folder))?;
    }
    let mut left = megabytes << 19;
    for folder in REAL {
        let name = folder.trim_start_matches('/').replace('/', "-");
        copy(
            Path::new(folder),
            &home.join("Documents").join(name),
            &mut left,
        )?;
    }
    large(&home.join("machine.img"), megabytes << 19)?;
    caches(&home)?;
    links(&home)?;
    for folder in ["config", "bind-dirs", "usrlocal/bin"] {
        fs::create_dir_all(tree.join(folder))?;
    }
    fs::write(tree.join("config/rc.local"), "#!/bin/sh\n")?;
    Ok(())
}

/// Copies regular files and links until `left` bytes are used up.
fn copy(from: &Path, to: &Path, left: &mut u64) -> Result<()> {
    let Ok(entries) = fs::read_dir(from) else {
        return Ok(());
    };
    fs::create_dir_all(to)?;
    for entry in entries.flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let Ok(about) = fs::symlink_metadata(&source) else {
            continue;
        };
        if about.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else if about.is_dir() && *left > 0 {
            copy(&source, &target, left)?;
        } else if about.is_file() && about.len() < (8 << 20) && about.len() <= *left {
            // What may not be read is left out.
            *left -= fs::copy(&source, &target).unwrap_or(0);
        }
    }
    Ok(())
}

/// A large file of real data: programs of this machine, one after the other.
fn large(path: &Path, bytes: u64) -> Result<()> {
    let mut file = File::create(path)?;
    let mut left = bytes;
    for entry in fs::read_dir("/usr/bin")?.flatten() {
        let Ok(program) = File::open(entry.path()) else {
            continue;
        };
        if left > 0 {
            left -= std::io::copy(&mut program.take(left), &mut file).unwrap_or(0);
        }
    }
    // A hole at its end, as disk images have.
    file.set_len(bytes + (64 << 20))?;
    Ok(())
}

fn caches(home: &Path) -> Result<()> {
    for number in 0..50 {
        let text = format!("picture {number}\n").repeat(1000);
        fs::write(home.join(format!(".cache/thumbnails/{number}.png")), text)?;
    }
    fs::write(
        home.join(".local/share/Trash/files/old.txt"),
        "thrown away\n",
    )?;
    let mut tag = File::create(home.join("project/target/CACHEDIR.TAG"))?;
    tag.write_all(b"Signature: 8a477f597d28d172789f06886806bc55\n")?;
    fs::write(home.join("project/target/objects/main.o"), vec![7; 1 << 20])?;
    fs::write(home.join("project/main.rs"), "fn main() {}\n")?;
    Ok(())
}

fn links(home: &Path) -> Result<()> {
    fs::write(home.join("Documents/report.txt"), "a report\n".repeat(500))?;
    fs::hard_link(home.join("Documents/report.txt"), home.join("report.txt"))?;
    symlink("Documents/report.txt", home.join("latest"))?;
    symlink("/nowhere", home.join("dangling"))?;
    fs::write(home.join("empty"), "")?;
    File::create(home.join("sparse"))?.write_all_at(b"the end", 1 << 30)?;
    Ok(())
}
