//! Volumes that this reader does not read, each by the name of the reason.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::edit::Edit;
use common::image::Image;
use common::log::{Checksums, Log};
use common::sample::{self, PLAIN};
use qib_ext4::{Error, Feature};

fn assert_refused(edit: &Edit, feature: Feature) {
    match edit.open().err() {
        Some(Error::Incompatible(found)) if found == feature => {}
        other => panic!("{feature:?} expected, found {other:?}"),
    }
}

#[test]
fn a_journal_without_its_file_system() {
    let image = Image::make(16, &["-O", "journal_dev"]);
    assert_refused(&Edit::new(&image), Feature::JournalDevice);
}

#[test]
fn feature_bits() {
    let sound = Edit::new(&sample::image(4, PLAIN));
    let bits: &[(usize, u32, Feature)] = &[
        (0x60, 0x1, Feature::Compression),
        (0x60, 0x8, Feature::JournalDevice),
        (0x60, 0x1000, Feature::DirData),
        (0x60, 0x8000_0000, Feature::UnknownIncompat(0x8000_0000)),
        (0x64, 0x80, Feature::Snapshot),
        (0x64, 0x800, Feature::Replica),
        (0x64, 0x8000_0000, Feature::UnknownRoCompat(0x8000_0000)),
    ];
    for (word, bit, feature) in bits {
        let mut edit = sound.clone();
        let at = edit.super_block(*word);
        let before: u32 = edit.u32(at).try_into().unwrap();
        edit.set_u32(at, before | bit);
        assert_refused(&edit, *feature);
    }
}

#[test]
fn revisions_makers_and_checksum_types() {
    let sound = Edit::new(&sample::image(4, PLAIN));
    assert_refused(sound.clone().set_u32(1024 + 0x4C, 2), Feature::Revision);
    assert_refused(sound.clone().set_u32(1024 + 0x48, 1), Feature::CreatorHurd);
    let mut checked = Edit::new(&sample::image(4, sample::CHECKED));
    checked.bytes[1024 + 0x175] = 2;
    assert_refused(&checked, Feature::ChecksumType);
}

#[test]
fn a_volume_that_another_machine_may_write() {
    let options = ["-t", "ext4", "-O", "mmp,^metadata_csum"];
    let mut edit = Edit::new(&Image::make(16, &options));
    edit.open().unwrap();
    let block = edit.pointed(1024 + 0x168);
    edit.set_u32(block + 4, 0x1234);
    assert_refused(&edit, Feature::MmpInUse);
}

#[test]
fn journals() {
    let edit = Edit::new(&sample::image(8, sample::JOURNALED));
    let log = Log::new(&edit, Checksums::None, false, 0);
    log.edit.open().unwrap();
    let with = |field, value| log.clone().set_field(field, value).edit.clone();
    assert_refused(&with(0x28, 0x40), Feature::UnknownJournal(0x40));
    assert_refused(&with(0x2C, 1), Feature::UnknownJournal(1));
    assert_refused(&with(0x28, 0x10), Feature::ChecksumType);
    let mut external = log.edit;
    external.set_u32(1024 + 0xE0, 0).set_u32(1024 + 0xE4, 0x801);
    assert_refused(&external, Feature::ExternalJournal);
}

#[test]
fn errors_that_the_kernel_met_are_told_and_no_reason_to_refuse() {
    let mut edit = Edit::new(&sample::image(4, PLAIN));
    let state = edit.open().unwrap().state();
    assert!(state.clean && !state.errors);
    edit.set_u16(1024 + 0x3A, 2);
    let state = edit.open().unwrap().state();
    assert!(!state.clean && state.errors);
}

#[test]
fn times_have_five_bytes() {
    let mut edit = Edit::new(&sample::image(4, PLAIN));
    edit.set_u32(1024 + 0x2C, 5)
        .set_u32(1024 + 0x30, 6)
        .set_u32(1024 + 0x108, 7);
    edit.set(1024 + 0x274, [1, 2, 3]);
    let times = edit.open().unwrap().times();
    assert_eq!(times.written, 0x1_0000_0006);
    assert_eq!(times.mounted, 0x2_0000_0005);
    assert_eq!(times.made, 0x3_0000_0007);
}
