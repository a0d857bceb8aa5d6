//! A disk about which there is any doubt is kept as an image.

use crate::common::Dom0;
use crate::restoring::{Target, last, restore};
use crate::root_disk::{DISK_MEBIBYTES, MEBIBYTE, ROOT, RootDisk};
use crate::volume::image::{run, tool};
use qib_rpc::message::restore::Fidelity;
use qib_rpc::reading::{Manner, VolumeKind};
use std::path::Path;

fn is_an_image(disk: &RootDisk, why: &str) -> Dom0 {
    let mut dom0 = Dom0::new(&disk.path());
    let said = dom0.run();
    let manner = said.manner.unwrap();
    assert_eq!(manner, Manner::Image(VolumeKind::Disk), "{why}");
    dom0.remember(&said.summary.unwrap().stored.unwrap());
    dom0
}

#[test]
fn a_table_that_is_not_whole() {
    let disk = RootDisk::with(&[]);
    disk.put(1024 + 127 * 128 + 60, b"x");
    let dom0 = is_an_image(&disk, "an entry changed without its checksum");
    let target = Target::new(DISK_MEBIBYTES);
    let summary = restore(&last(&dom0), &dom0.storage, &target.file()).unwrap();
    assert_eq!(summary.fidelity, Fidelity::Image);
    let (disk, restored) = (disk.path(), target.file());
    run("cmp", &[disk.to_str().unwrap(), restored.to_str().unwrap()]);
}

#[test]
fn a_file_system_that_mke2fs_is_not_asked_for() {
    for features in [
        "bigalloc",
        "mmp",
        "encrypt",
        "casefold",
        "quota",
        "sparse_super2,^resize_inode",
    ] {
        is_an_image(&RootDisk::with(&["-O", features]), features);
    }
    is_an_image(&RootDisk::with(&["-b", "65536"]), "long blocks");
}

#[test]
fn a_boot_sector_that_starts_by_block_numbers() {
    let disk = RootDisk::with(&[]);
    disk.put(ROOT * MEBIBYTE + 3, b"LILO");
    is_an_image(&disk, "a boot sector in the partition");
}

#[test]
fn a_file_system_that_is_damaged_or_another() {
    let disk = RootDisk::with(&[]);
    disk.put(ROOT * MEBIBYTE + 1024 + 0x3FC, &[0; 4]);
    is_an_image(&disk, "a superblock with a wrong checksum");
    let disk = RootDisk::with(&[]);
    disk.put(ROOT * MEBIBYTE + (64 << 10) + 64, b"_BHRfS_M");
    is_an_image(&disk, "the marks of two file systems");
    is_an_image(&RootDisk::partitioned(), "no file system");
}

#[test]
fn two_halves_that_are_both_less_than_half() {
    let disk = RootDisk::with(&[]);
    let path = disk.path();
    let delete = |path: &Path| {
        let mut sfdisk = tool("sfdisk");
        sfdisk.args(["--quiet", "--delete"]).arg(path).arg("3");
        assert!(sfdisk.status().unwrap().success());
    };
    delete(&path);
    is_an_image(&disk, "a partition that is no more");
}
