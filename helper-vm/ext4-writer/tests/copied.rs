//! A volume that the kernel filled, copied by the reader and the writer.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::check::{assert_clean, assert_kernel_agrees, comparable};
use common::copy::copy;
use common::reading::device::FileDevice;
use common::reading::image::{Image, can_mount};
use common::reading::ours;
use common::reading::populate::{self, Wishes};
use common::reading::record::assert_same;
use common::volume::Volume;
use qib_ext4::Ext4;

/// Fills a volume with everything there is, copies it, and compares.
fn copied(test: &str, block: &str) {
    if !can_mount(test) {
        return;
    }
    let image = Image::make(256, &["-t", "ext4", "-b", block]);
    let wishes = Wishes {
        pieces: 3000,
        names: 30_000,
        value_max: 700,
        link_max: 1000,
    };
    populate::everything(image.mount("acl").path(), &wishes);
    let source = Ext4::open(FileDevice::open(&image.path())).unwrap();
    let volume = Volume::empty(300 << 20, &["-b", block]);
    let mut writer = volume.writer();
    copy(&source, &mut writer, &&volume).unwrap();
    writer.finish().unwrap();
    assert_clean(&volume);
    let found = ours::tree(&volume.open()).unwrap();
    assert_same(
        &comparable(found),
        &comparable(ours::tree(&source).unwrap()),
    );
    assert_kernel_agrees(test, &volume);
}

#[test]
fn everything_comes_back_in_blocks_of_4_kib() {
    copied("everything_comes_back_in_blocks_of_4_kib", "4096");
}

#[test]
fn everything_comes_back_in_blocks_of_1_kib() {
    copied("everything_comes_back_in_blocks_of_1_kib", "1024");
}
