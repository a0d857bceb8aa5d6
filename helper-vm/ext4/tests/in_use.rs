//! A copy of a volume in use: our reader says what the kernel says once it has replayed the journal.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::churn::Churn;
use common::device::FileDevice;
use common::image::can_mount;
use common::pool::Pool;
use common::record::{self, Tree};
use common::{kernel, ours};
use qib_ext4::{Error, Ext4, Feature};

const COPIES: u64 = 4;
const STEPS_BEFORE: usize = 400;

/// Copies the volume while it changes and compares each copy; at least one must need its journal.
fn compare(test: &str, make: &[&str], mount: &str) {
    if !can_mount(test) {
        return;
    }
    let pool = Pool::new();
    pool.make("volume", 64, make);
    copy_in_use(&pool, mount);
    let replayed = (0..COPIES).map(|copy| compare_copy(&pool, &format!("copy{copy}")));
    let replayed: Vec<u64> = replayed.collect();
    println!("{test}: blocks replayed: {replayed:?}");
    assert!(replayed.iter().sum::<u64>() > 20);
}

fn copy_in_use(pool: &Pool, options: &str) {
    let mount = pool.mount("volume", options);
    let mut churn = Churn::new(mount.path(), 7);
    for _ in 0..STEPS_BEFORE {
        churn.step();
    }
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                churn.step();
            }
        });
        for copy in 0..COPIES {
            std::thread::sleep(Duration::from_millis(150 + 130 * copy));
            pool.copy("volume", &format!("copy{copy}"));
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// Returns how many blocks were read from the journal.
fn compare_copy(pool: &Pool, copy: &str) -> u64 {
    let fs = Ext4::open(FileDevice::open(&pool.path(copy))).unwrap();
    let mut found = ours::tree(&fs).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    // Not read-only: the kernel writes what it replays.
    let mounted = pool.mount(copy, "rw,noatime");
    let expected = kernel::tree(mounted.path());
    forgive_truncated(&mut found, &expected, now);
    record::assert_same(&found, &expected);
    compare_inodes(&fs, &found);
    assert!(fs.state().replayed_blocks.is_some());
    fs.state().replayed_blocks.unwrap()
}

/// The kernel ends a truncation that was under way, which frees blocks and changes times.
fn forgive_truncated(found: &mut Tree, expected: &Tree, mounted: Duration) {
    for (path, record) in expected {
        let later = record.ctime.0 >= mounted.as_secs().try_into().unwrap();
        if let Some(ours) = found.get_mut(path).filter(|_| later) {
            (ours.ctime, ours.mtime, ours.blocks) = (record.ctime, record.mtime, record.blocks);
        }
    }
}

/// The inode tables hold exactly the inodes that have names.
fn compare_inodes(fs: &Ext4<FileDevice>, named: &Tree) {
    let mut named: Vec<u64> = named.values().map(|record| record.inode).collect();
    named.sort_unstable();
    named.dedup();
    let listed = fs.inodes().map(|inode| inode.unwrap().number.get().into());
    assert_eq!(listed.collect::<Vec<u64>>(), named);
}

#[test]
fn ordered_4k() {
    compare("ordered_4k", &["-t", "ext4", "-b", "4096"], "rw");
}

#[test]
fn all_data_in_the_journal() {
    let make = ["-t", "ext4", "-b", "4096", "-J", "size=16"];
    compare("all_data_in_the_journal", &make, "rw,data=journal");
}

#[test]
fn all_data_in_a_journal_that_goes_round_and_round() {
    let make = ["-t", "ext4", "-b", "1024", "-J", "size=1"];
    let test = "all_data_in_a_journal_that_goes_round_and_round";
    compare(test, &make, "rw,data=journal");
}

#[test]
fn narrow_without_checksums() {
    let features = "^64bit,^metadata_csum";
    let make = ["-t", "ext4", "-b", "1024", "-O", features];
    compare("narrow_without_checksums", &make, "rw");
}

#[test]
fn checksums_of_transactions() {
    let make = ["-t", "ext4", "-b", "4096", "-O", "^metadata_csum"];
    compare("checksums_of_transactions", &make, "rw,journal_checksum");
}

#[test]
fn checksums_of_transactions_and_data() {
    let make = ["-t", "ext4", "-b", "1024", "-O", "^metadata_csum"];
    let test = "checksums_of_transactions_and_data";
    compare(test, &make, "rw,journal_checksum,data=journal");
}

#[test]
fn commits_that_do_not_wait() {
    let make = ["-t", "ext4", "-b", "4096", "-O", "^metadata_csum,^64bit"];
    compare(
        "commits_that_do_not_wait",
        &make,
        "rw,journal_async_commit,data=writeback",
    );
}

#[test]
fn commits_that_do_not_wait_with_every_checksum() {
    let make = ["-t", "ext4", "-b", "1024"];
    let test = "commits_that_do_not_wait_with_every_checksum";
    compare(test, &make, "rw,journal_async_commit,data=writeback");
}

#[test]
fn data_at_any_time() {
    let make = ["-t", "ext4", "-b", "2048", "-O", "64bit,metadata_csum_seed"];
    compare("data_at_any_time", &make, "rw,data=writeback");
}

#[test]
fn a_file_of_orphans() {
    let make = ["-t", "ext4", "-b", "4096", "-O", "orphan_file"];
    compare("a_file_of_orphans", &make, "rw");
}

#[test]
fn ext3() {
    let make = ["-t", "ext3", "-b", "1024", "-I", "128", "-J", "size=2"];
    compare("ext3", &make, "rw");
}

#[test]
fn fast_commits_are_refused_until_a_full_one_follows() {
    let test = "fast_commits_are_refused_until_a_full_one_follows";
    if !can_mount(test) {
        return;
    }
    let pool = Pool::new();
    pool.make("volume", 64, &["-t", "ext4", "-O", "fast_commit"]);
    let mount = pool.mount("volume", "rw");
    let sync = || rustix::fs::syncfs(File::open(mount.path()).unwrap()).unwrap();
    std::fs::write(mount.path().join("first"), b"first").unwrap();
    sync();
    pool.copy("volume", "full");
    compare_copy(&pool, "full");
    for name in ["second", "third"] {
        let file = File::create(mount.path().join(name)).unwrap();
        file.sync_all().unwrap();
    }
    pool.copy("volume", "fast");
    match Ext4::open(FileDevice::open(&pool.path("fast"))).err() {
        Some(Error::Incompatible(Feature::FastCommit)) => {}
        other => panic!("{other:?}"),
    }
    // Something that no fast commit can hold.
    std::fs::rename(mount.path().join("lost+found"), mount.path().join("found")).unwrap();
    sync();
    pool.copy("volume", "full again");
    compare_copy(&pool, "full again");
}
