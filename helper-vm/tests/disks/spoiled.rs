//! What is spoiled on a disk while the kernel fills its file system is noticed as well.

use crate::common::Dom0;
use crate::restoring::{Target, last, restore};
use crate::root_disk::{DISK_MEBIBYTES, RootDisk, noise};
use crate::volume::image::can_mount;
use qib_rpc::fault::{Code, Fault};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// What our own writer does not write.
const FEATURES: [&str; 4] = ["-O", "inline_data,ea_inode", "-I", "512"];

fn content() -> Vec<u8> {
    noise(3_000_000, 77)
}

/// The middle of the content on a disk.
fn middle(disk: &Path) -> u64 {
    let (disk, content) = (fs::read(disk).unwrap(), content());
    let begin = disk.windows(64).position(|part| *part == content[..64]);
    u64::try_from(begin.unwrap() + content.len() / 2).unwrap()
}

/// Restores while a place of the disk is spoiled again and again.
fn restored_and_spoiled(dom0: &Dom0, target: &Target, at: Option<u64>) -> Result<(), Fault> {
    let file = fs::OpenOptions::new().write(true).open(target.file());
    let file = file.unwrap();
    let is_done = AtomicBool::new(false);
    let device = target.device();
    thread::scope(|scope| {
        scope.spawn(|| {
            while let (Some(at), false) = (at, is_done.load(Ordering::Relaxed)) {
                file.write_all_at(&[0xEE; 2], at).unwrap();
                thread::sleep(Duration::from_micros(100));
            }
        });
        let said = restore(&last(dom0), &dom0.storage, &device.0).map(drop);
        is_done.store(true, Ordering::Relaxed);
        said
    })
}

#[test]
fn spoiled_data_is_noticed_where_the_kernel_fills() {
    if !can_mount("spoiled_data_is_noticed_where_the_kernel_fills") {
        return;
    }
    let source = RootDisk::with(&FEATURES);
    fs::write(source.mount("acl").path().join("vmlinuz"), content()).unwrap();
    let mut dom0 = Dom0::new(&source.path());
    dom0.back_up();
    let mut at = None;
    for _ in 0..5 {
        let target = Target::new(DISK_MEBIBYTES);
        let said = restored_and_spoiled(&dom0, &target, at);
        let place = Some(middle(&target.file()));
        if at == place {
            assert_eq!(said, Err(Fault::new(Code::VolumeFailed)));
            return;
        }
        assert!(said.is_ok() || at.is_some(), "{said:?}");
        at = place;
    }
    panic!("the kernel puts it elsewhere each time");
}
