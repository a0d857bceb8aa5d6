//! A volume of the writer's grows, shrinks, and is found by the copies of what it begins with.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use common::check::{assert_clean, assert_holds};
use common::model;
use common::reading::churn::Churn;
use common::reading::image::{can_mount, run, tool};
use common::sample::{self, assert_unchanged, volume};
use common::volume::Volume;
use qib_ext4::BlockReader;

const MIB: u64 = 1 << 20;

/// The kernel asks for more than being root.
fn can_grow(test: &str) -> bool {
    const RESOURCE: u32 = 24;
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let capabilities = u64::from_str_radix(line.unwrap().trim(), 16).unwrap();
    let has = capabilities >> RESOURCE & 1 == 1;
    if !has {
        println!("SKIPPED {test}: growing a mounted volume needs CAP_SYS_RESOURCE");
    }
    has
}

/// The last one can not grow while it is mounted.
const GROWING: [(&str, &[&str]); 5] = [
    ("1024", &[]),
    ("4096", &[]),
    ("1024", &["-g", "1024"]),
    ("4096", &["-O", "metadata_csum_seed,orphan_file"]),
    ("4096", &["-O", "sparse_super2"]),
];

fn lengthen(path: &Path, mebibytes: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(mebibytes * MIB).unwrap();
}

#[test]
fn it_grows_and_shrinks_unmounted() {
    for (block, options) in GROWING {
        println!("{block} {options:?}");
        let volume = volume(48, &[&["-b", block], options].concat());
        let path = volume.path();
        for mebibytes in [300, 900, 64] {
            lengthen(&path, 900);
            let size = format!("{mebibytes}M");
            run("e2fsck", &["-fy", path.to_str().unwrap()]);
            run("resize2fs", &[path.to_str().unwrap(), &size]);
            assert_clean(&volume);
            assert_unchanged(&path, block.parse().unwrap());
        }
    }
}

#[test]
fn it_grows_in_use() {
    let test = "it_grows_in_use";
    if !(can_mount(test) && can_grow(test)) {
        return;
    }
    for (block, options) in GROWING.into_iter().take(4) {
        println!("{block} {options:?}");
        let volume = volume(48, &[&["-b", block], options].concat());
        let mount = volume.mount("rw");
        let mut churn = Churn::new(mount.path(), 5);
        for mebibytes in [100, 333] {
            (0..200).for_each(|_| churn.step());
            lengthen(&volume.path(), mebibytes);
            let grow = r#"losetup -c "$1" && resize2fs "$1""#;
            let mut command = Command::new("nsenter");
            command.arg(format!("--mount=/proc/{}/ns/mnt", mount.holder()));
            command
                .args(["sh", "-c", grow, "sh"])
                .arg(volume.loop_device(&mount));
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
            let blocks = rustix::fs::statvfs(mount.path()).unwrap().f_blocks;
            let bytes = blocks * block.parse::<u64>().unwrap();
            assert!(bytes > (mebibytes - 30) * MIB, "{bytes}");
        }
        fs::write(mount.path().join("last"), vec![1; 200 << 20]).unwrap();
        drop((churn, mount));
        assert_clean(&volume);
        assert_unchanged(&volume.path(), block.parse().unwrap());
    }
}

/// The groups with copies of superblock and descriptors.
#[test]
fn all_copies_are_the_same() {
    for (block, per_group, copies) in [(1024, 8192, &[1, 3, 5, 7][..]), (4096, 32_768, &[1, 3])] {
        let volume = volume(
            if block == 1024 { 70 } else { 500 },
            &["-b", &block.to_string()],
        );
        let first = 1024 / block;
        let begin = |group| {
            let mut super_block = vec![0; 1024];
            let at = (group * per_group + first) * block;
            let at = if group == 0 { 1024 } else { at };
            volume.read_at(at, &mut super_block).unwrap();
            let number = u64::from(super_block[0x5A]);
            assert_eq!(number, group);
            // The number of the group, and the checksum.
            super_block[0x5A] = 0;
            super_block[0x3FC..].fill(0);
            let mut descriptors = vec![0; block.try_into().unwrap()];
            let at = (group * per_group + first + 1) * block;
            volume.read_at(at, &mut descriptors).unwrap();
            (super_block, descriptors)
        };
        for copy in copies {
            assert!(begin(*copy) == begin(0), "{block} {copy}");
        }
    }
}

/// Superblock and descriptors lie elsewhere, too, and are as good there.
#[test]
fn it_is_found_by_its_copies() {
    for (block, copy) in [(1024, 8193), (1024, 24_577), (4096, 32_768), (4096, 98_304)] {
        let text = block.to_string();
        let mebibytes = if block == 1024 { 48 } else { 500 };
        // With a copy e2fsck reads what was never written, too.
        let volume = Volume::empty(mebibytes * MIB, &["-b", &text]);
        let steps = model::steps(&sample::tree());
        model::fill(&volume, &steps);
        let file = OpenOptions::new().write(true).open(volume.path()).unwrap();
        file.write_all_at(&[0xEE; 1024], 1024).unwrap();
        file.write_all_at(&vec![0xEE; block], if block == 1024 { 2048 } else { 4096 })
            .unwrap();
        let path = volume.path();
        let mut e2fsck = tool("e2fsck");
        let (copy, path) = (copy.to_string(), path.to_str().unwrap());
        e2fsck.args(["-f", "-y", "-b", &copy, "-B", &text, path]);
        let output = e2fsck.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_clean(&volume);
        assert_holds("it_is_found_by_its_copies", &volume, &steps);
    }
}
