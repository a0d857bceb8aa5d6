//! A volume of a terabyte is listed with little memory. A program of its own, to measure alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::device::FileDevice;
use common::image::Image;
use common::memory::peak;
use common::sample;
use qib_ext4::Ext4;

#[test]
fn a_terabyte() {
    let source = tempfile::tempdir().unwrap();
    sample::fill(source.path());
    let folder = source.path().to_str().unwrap();
    let options = [
        "-t",
        "ext4",
        "-b",
        "4096",
        "-O",
        "^has_journal",
        "-d",
        folder,
    ];
    let image = Image::make(1 << 20, &options);
    let before = peak();
    let fs = Ext4::open(FileDevice::open(&image.path())).unwrap();
    assert_eq!(fs.inode_count(), 1 << 26);
    let count = fs.inodes().map(Result::unwrap).count();
    let more = peak() - before;
    println!("{count} inodes listed with {more} KiB");
    assert!(count > 10 && more < 32 * 1024);
}
