//! What is seldom on a volume, or what the kernel here can not make: made by tune2fs and debugfs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use common::compare::{compare_image, compare_with};
use common::device::FileDevice;
use common::edit::Edit;
use common::image::{Image, can_mount, debugfs, run};
use common::record::Tree;
use common::{aging, kernel, ours};
use qib_ext4::{Ext4, FileType};

/// An aged volume and what the kernel says of it, before a feature is switched on that it lacks.
fn aged(options: &[&str]) -> (Image, Tree) {
    let image = Image::make(48, &[&["-t", "ext4", "-J", "size=4"], options].concat());
    aging::age(image.mount("acl").path(), 7);
    let tree = kernel::tree(image.mount("ro,noatime").path());
    (image, tree)
}

#[test]
fn names_without_regard_to_case() {
    if !can_mount("names_without_regard_to_case") {
        return;
    }
    for features in ["large_dir", "inline_data,large_dir"] {
        let (image, tree) = aged(&["-b", "1024", "-O", features]);
        let path = image.path();
        run("tune2fs", &["-O", "casefold", path.to_str().unwrap()]);
        let requests = "set_inode_field /large flags 0x40081000\n";
        debugfs(&image, requests);
        compare_with(&image, &tree);
        let fs = Ext4::open(FileDevice::open(&path)).unwrap();
        let folded = fs.inodes().map(Result::unwrap);
        assert_eq!(folded.filter(|inode| inode.flags.casefold()).count(), 1);
    }
}

#[test]
fn quotas_and_projects() {
    if !can_mount("quotas_and_projects") {
        return;
    }
    let (image, tree) = aged(&["-b", "4096", "-I", "512"]);
    let path = image.path().to_str().unwrap().to_owned();
    run("tune2fs", &["-O", "quota,project", &path]);
    run("tune2fs", &["-Q", "usrquota,grpquota,prjquota", &path]);
    compare_with(&image, &tree);
    compare_image(&image);
}

#[test]
fn bits_that_change_nothing() {
    if !can_mount("bits_that_change_nothing") {
        return;
    }
    let (image, tree) = aged(&["-b", "4096", "-O", "fast_commit,orphan_file"]);
    debugfs(
        &image,
        "feature stable_inodes shared_blocks verity encrypt\n",
    );
    compare_with(&image, &tree);
}

/// What fs-verity keeps behind the end of a file is not its content.
#[test]
fn hashes_behind_the_end_of_a_file() {
    if !can_mount("hashes_behind_the_end_of_a_file") {
        return;
    }
    let image = Image::make(16, &["-t", "ext4"]);
    let mount = image.mount("rw");
    let file = File::create(mount.path().join("sealed")).unwrap();
    file.write_all_at(&[b'v'; 10_000], 0).unwrap();
    file.write_all_at(&[b'h'; 5000], 65_536).unwrap();
    drop((file, mount));
    let requests = "feature verity\nset_inode_field /sealed flags 0x180000\n\
                    set_inode_field /sealed size 10000\n";
    debugfs(&image, requests);
    let fs = Ext4::open(FileDevice::open(&image.path())).unwrap();
    let mut sealed = fs.inodes().map(Result::unwrap);
    let sealed = sealed.find(|inode| inode.flags.verity()).unwrap();
    let mut content = vec![0; 100_000];
    let count = fs.file(&sealed, 0).unwrap().read(&mut content).unwrap();
    assert_eq!(content[..count], [b'v'; 10_000]);
    let extents = fs.extents(&sealed).unwrap().map(Result::unwrap);
    assert_eq!(extents.map(|extent| extent.length).sum::<u64>(), 10_000);
}

/// A volume that was in use, its journal replayed, what waits to be deleted still there.
#[test]
fn files_that_were_deleted_while_open() {
    let test = "files_that_were_deleted_while_open";
    if !can_mount(test) {
        return;
    }
    for features in [
        "orphan_file",
        "^orphan_file",
        "orphan_file,ea_inode,inline_data",
    ] {
        let image = Image::make(
            32,
            &["-t", "ext4", "-b", "1024", "-J", "size=4", "-O", features],
        );
        let mount = image.mount("rw");
        let root = mount.path();
        fs::write(root.join("stays"), b"here").unwrap();
        let gone = File::create(root.join("gone")).unwrap();
        gone.write_all_at(&[b'g'; 100_000], 0).unwrap();
        let short = File::create(root.join("short")).unwrap();
        short.write_all_at(b"short", 0).unwrap();
        rustix::fs::syncfs(&gone).unwrap();
        fs::remove_file(root.join("gone")).unwrap();
        fs::remove_file(root.join("short")).unwrap();
        rustix::fs::syncfs(&gone).unwrap();
        let copy = Image {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::copy(image.path(), copy.path()).unwrap();
        drop((gone, short, mount));
        let path = copy.path().to_str().unwrap().to_owned();
        run("e2fsck", &["-p", "-E", "journal_only", &path]);
        let fs = Ext4::open(FileDevice::open(&copy.path())).unwrap();
        let found = ours::tree(&fs).unwrap();
        assert_eq!(found.len(), 3, "{features}");
        let listed = fs.inodes().map(Result::unwrap);
        assert_eq!(listed.count(), 3, "{features}");
        drop(fs);
        let present = Edit::new(&copy).u32(1024 + 0x64) & 0x1_0000;
        assert_eq!(present != 0, !features.starts_with('^'));
        compare_image(&copy);
    }
}

#[test]
fn a_hash_tree_of_three_levels() {
    if !can_mount("a_hash_tree_of_three_levels") {
        return;
    }
    let image = Image::make(
        64,
        &["-t", "ext4", "-b", "1024", "-O", "large_dir", "-N", "2048"],
    );
    let mount = image.mount("rw");
    let folder = mount.path().join("large");
    fs::create_dir(&folder).unwrap();
    File::create(folder.join("first")).unwrap();
    for number in 0..30_000 {
        let name = folder.join(format!("{number:0>250}"));
        fs::hard_link(folder.join("first"), name).unwrap();
    }
    drop(mount);
    compare_image(&image);
    let edit = Edit::new(&image);
    assert_eq!(
        edit.bytes[edit.data("large") + 0x1E],
        2,
        "levels below the root"
    );
}

#[test]
fn more_directories_than_can_be_counted() {
    if !can_mount("more_directories_than_can_be_counted") {
        return;
    }
    let sizes = ["-t", "ext4", "-b", "1024", "-N", "70000", "-O"];
    let image = Image::make(64, &[&sizes[..], &["inline_data,^has_journal"]].concat());
    let mount = image.mount("rw");
    for number in 0..65_100 {
        fs::create_dir(mount.path().join(number.to_string())).unwrap();
    }
    let expected = kernel::record(mount.path());
    drop(mount);
    let fs = Ext4::open(FileDevice::open(&image.path())).unwrap();
    let root = fs.root().unwrap();
    assert_eq!((u64::from(root.links), root.links), (expected.links, 1));
    let mut names = 0;
    fs.read_dir(&root, |_| names += 1).unwrap();
    assert_eq!(names, 65_101);
    let inodes = fs.inodes().map(Result::unwrap);
    let mut empty = 0;
    for inode in inodes.filter(|inode| inode.file_type == FileType::Directory) {
        let mut names = 0;
        let parent = fs.read_dir(&inode, |_| names += 1).unwrap();
        empty += usize::from(names == 0 && parent == root.number);
    }
    assert_eq!(empty, 65_101);
}

#[test]
fn the_first_revision() {
    if !can_mount("the_first_revision") {
        return;
    }
    for block in ["1024", "4096"] {
        let image = Image::make(48, &["-r", "0", "-O", "none", "-b", block]);
        aging::real_tree(image.mount("rw").path());
        compare_image(&image);
        assert_eq!(Edit::new(&image).u32(1024 + 0x4C), 0);
    }
}
