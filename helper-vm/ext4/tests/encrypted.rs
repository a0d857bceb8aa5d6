//! A volume with encrypted files is read, but for what only their key would make readable.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use common::device::FileDevice;
use common::image::{Image, can_mount, tool};
use common::{kernel, ours};
use qib_ext4::{Error, Ext4, Feature, FileType, Inode};

/// Runs one command of `xfs_io` and returns what it said.
fn xfs_io(command: &str, path: &Path, input: &[u8]) -> String {
    let mut child = tool("xfs_io")
        .args(["-c", command])
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command}");
    String::from_utf8(output.stdout).unwrap()
}

/// Makes `secrets` with a file, a folder and a link, and moves one file out of it.
fn fill(root: &Path) {
    let secrets = root.join("secrets");
    fs::create_dir(&secrets).unwrap();
    let said = xfs_io("add_enckey", root, &[b'k'; 64]);
    let key = said.trim().rsplit(' ').next().unwrap();
    xfs_io(&format!("set_encpolicy -v 2 {key}"), &secrets, b"");
    fs::create_dir(secrets.join("inner")).unwrap();
    fs::write(secrets.join("inner/file"), b"secret").unwrap();
    fs::write(secrets.join("file"), [b's'; 10_000]).unwrap();
    symlink("target", secrets.join("link")).unwrap();
    fs::create_dir(root.join("plain")).unwrap();
    fs::write(root.join("plain/file"), b"for all").unwrap();
    fs::rename(secrets.join("file"), root.join("plain/moved")).unwrap();
}

fn assert_encrypted<T>(found: Result<T, Error>) {
    assert!(matches!(
        found.err(),
        Some(Error::Incompatible(Feature::Encrypt))
    ));
}

/// The names in a directory, sorted.
fn names(fs: &Ext4<FileDevice>, directory: &Inode) -> Vec<(Vec<u8>, Inode)> {
    let mut found = Vec::new();
    fs.read_dir(directory, |entry| {
        found.push((entry.name.to_vec(), fs.inode(entry.inode).unwrap()));
    })
    .unwrap();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn assert_hidden(fs: &Ext4<FileDevice>, inode: &Inode) {
    assert_encrypted(inode.inline_data());
    match inode.file_type {
        FileType::Symlink => assert_encrypted(fs.symlink_target(inode)),
        FileType::Regular => assert_encrypted(fs.file(inode, 0).map(|_| ())),
        _ => assert_encrypted(fs.read_dir(inode, |_| panic!("a name"))),
    }
    if inode.file_type != FileType::Symlink {
        assert_encrypted(fs.extents(inode).map(|_| ()));
    }
    assert_eq!(fs.xattrs(inode).unwrap(), []);
}

fn compare(test: &str, features: &str) {
    if !can_mount(test) {
        return;
    }
    let image = Image::make(32, &["-t", "ext4", "-O", features]);
    fill(image.mount("rw").path());
    let expected = kernel::record(&image.mount("ro,noatime").path().join("plain/file"));
    let fs = Ext4::open(FileDevice::open(&image.path())).unwrap();
    let root = names(&fs, &fs.root().unwrap());
    let [(_, lost_found), (_, plain), (_, secrets)] = &root[..] else {
        panic!("{root:?}");
    };
    assert!(secrets.flags.encrypted() && !plain.flags.encrypted());
    assert_eq!(names(&fs, lost_found).len(), 0);
    let [(_, file), (_, moved)] = &names(&fs, plain)[..] else {
        panic!("two files are to be in this folder");
    };
    assert_eq!(ours::record(&fs, file).unwrap(), expected);
    assert_hidden(&fs, moved);
    let inodes = fs.inodes().map(Result::unwrap);
    let hidden: Vec<_> = inodes.filter(|inode| inode.flags.encrypted()).collect();
    assert_eq!(hidden.len(), 5);
    for inode in &hidden {
        assert_hidden(&fs, inode);
    }
}

#[test]
fn names_and_data_are_refused_by_name() {
    compare("names_and_data_are_refused_by_name", "encrypt");
}

#[test]
fn also_where_they_lie_in_inodes() {
    compare("also_where_they_lie_in_inodes", "encrypt,inline_data");
}
