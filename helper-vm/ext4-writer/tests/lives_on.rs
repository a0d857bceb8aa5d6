//! What becomes of a volume that the writer made, in a place that was full of something else:
//! the kernel uses it as any other, and e2fsck is content with it each time.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::Path;

use common::check::{assert_clean, assert_path_clean};
use common::reading::churn::Churn;
use common::reading::device::FileDevice;
use common::reading::image::{Mount, can_mount, run, tool};
use common::reading::pool::Pool;
use common::sample::{assert_unchanged, volume};
use common::volume::Volume;
use qib_ext4::Ext4;
use rustix::fs::{FallocateFlags, XattrFlags};

/// Writes until nothing more fits; returns the names of the files.
fn fill_up(root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for number in 0.. {
        let name = format!("filling {number}");
        let Ok(mut file) = File::create(root.join(&name)) else {
            break;
        };
        names.push(name);
        if write_all(&mut file, 700_001).is_err() {
            break;
        }
    }
    // What is smaller than that.
    for number in 0..100_000 {
        let name = format!("rest {number}");
        let made = File::create(root.join(&name));
        match made.and_then(|mut file| write_all(&mut file, 1)) {
            Ok(()) => names.push(name),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::StorageFull);
                break;
            }
        }
    }
    names
}

fn write_all(file: &mut File, length: usize) -> std::io::Result<()> {
    file.write_all(&vec![0x5A; length])?;
    file.sync_data()
}

/// What the kernel holds back for its own structures is there for data, too.
fn reserve_nothing(mount: &Mount, volume: &Volume) {
    let device = volume.loop_device(mount).replace("/dev/", "");
    let path = format!("/sys/fs/ext4/{device}/reserved_clusters");
    fs::write(path, "0").unwrap();
}

#[test]
fn it_is_filled_to_the_last_block_and_emptied() {
    if !can_mount("it_is_filled_to_the_last_block_and_emptied") {
        return;
    }
    for block in ["1024", "4096"] {
        let volume = volume(48, &["-b", block, "-N", "20000"]);
        let mount = volume.mount("rw");
        reserve_nothing(&mount, &volume);
        let names = fill_up(mount.path());
        let free = rustix::fs::statvfs(mount.path()).unwrap().f_bfree;
        println!("{} files, {free} blocks free", names.len());
        assert_eq!(free, 0);
        drop(mount);
        assert_clean(&volume);
        let mount = volume.mount("rw");
        for name in names.iter().step_by(2) {
            fs::remove_file(mount.path().join(name)).unwrap();
        }
        drop(mount);
        assert_clean(&volume);
        assert_unchanged(&volume.path(), block.parse().unwrap());
        let mount = volume.mount("rw");
        for entry in fs::read_dir(mount.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
        fill_up(mount.path());
        drop(mount);
        assert_clean(&volume);
    }
}

/// Every file that the writer made is changed in some way.
#[test]
fn what_the_writer_made_is_changed() {
    if !can_mount("what_the_writer_made_is_changed") {
        return;
    }
    for block in ["1024", "4096"] {
        let volume = volume(48, &["-b", block]);
        let mount = volume.mount("rw,acl,user_xattr");
        change(mount.path());
        drop(mount);
        assert_clean(&volume);
        let mount = volume.mount("ro");
        assert_eq!(fs::read(mount.path().join("whole")).unwrap().len(), 250_000);
        let link = fs::read_link(mount.path().join("deep/level 11/more")).unwrap();
        assert_eq!(link.as_os_str().len(), 500);
    }
}

fn change(root: &Path) {
    let open = |name: &str| {
        OpenOptions::new()
            .write(true)
            .open(root.join(name))
            .unwrap()
    };
    let pieces = open("pieces");
    for at in 0..200 {
        pieces.write_all_at(b"between", at * 5000 + 17).unwrap();
    }
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(&pieces, hole, 20_000, 100_000).unwrap();
    let far = open("far");
    far.write_all_at(b"in the middle", 1 << 35).unwrap();
    far.set_len((1 << 36) + 5).unwrap();
    open("close").set_len(3).unwrap();
    let whole = open("whole");
    whole.write_all_at(&[9; 100_000], 150_000).unwrap();
    whole.sync_all().unwrap();
    let set = |name: &str, key: &str, length| {
        let (path, value) = (root.join(name), vec![b'w'; length]);
        rustix::fs::lsetxattr(path, key, &value, XattrFlags::empty()).unwrap();
    };
    set("attributes", "trusted.1", 90);
    set("attributes", "trusted.2", 3);
    set("short", "trusted.more", 120);
    rustix::fs::lremovexattr(root.join("block"), "trusted.0").unwrap();
    run(
        "setfacl",
        &["-m", "u:5:rw", root.join("whole").to_str().unwrap()],
    );
    fs::set_permissions(root.join("fifo"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::remove_file(root.join("long")).unwrap();
    symlink("m".repeat(500), root.join("deep/level 11/more")).unwrap();
    fs::rename(root.join("deep/level 11"), root.join("many/up")).unwrap();
    fs::rename(root.join("many/up"), root.join("deep/level 11")).unwrap();
    fs::hard_link(root.join("link"), root.join("one link more")).unwrap();
}

/// Copies of the volume while it is in use, as a power cut leaves it.
#[test]
fn it_is_killed_in_use_and_recovers() {
    if !can_mount("it_is_killed_in_use_and_recovers") {
        return;
    }
    for options in [&["-b", "4096"][..], &["-b", "1024", "-O", "orphan_file"]] {
        let made = volume(64, options);
        let pool = Pool::new();
        fs::copy(made.path(), pool.path("volume")).unwrap();
        let mount = pool.mount("volume", "rw");
        let mut churn = Churn::new(mount.path(), 11);
        for copy in 0..3 {
            for _ in 0..1500 {
                churn.step();
            }
            rustix::fs::syncfs(File::open(mount.path()).unwrap()).unwrap();
            for _ in 0..300 {
                churn.step();
            }
            pool.copy("volume", &format!("copy {copy}"));
        }
        drop((churn, mount));
        for copy in 0..3 {
            let name = format!("copy {copy}");
            let path = pool.path(&name);
            let replayed = Ext4::open(FileDevice::open(&path)).unwrap().state();
            assert!(replayed.replayed_blocks.unwrap() > 0);
            pool.copy(&name, "checked");
            drop(pool.mount(&name, "rw"));
            assert_path_clean(&path);
            assert_unchanged(&path, options[1].parse().unwrap());
            // And by e2fsck instead of the kernel.
            let mut e2fsck = tool("e2fsck");
            let ran = e2fsck.arg("-fy").arg(pool.path("checked")).output();
            assert!(ran.unwrap().status.code().is_some_and(|code| code <= 1));
            assert_path_clean(&pool.path("checked"));
            assert_unchanged(&pool.path("checked"), options[1].parse().unwrap());
        }
    }
}
