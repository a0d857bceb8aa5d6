//! The size of the new volume, and what its file system is told apart by.

use crate::common::tree::Tree;
use crate::common::{Dom0, image};
use crate::restoring::{Target, last, restore};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::message::restore::{RestoreJob, ToldApart};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A backup of 400 files, 9 MiB in sum, from a volume of 64 MiB.
fn backed_up(folder: &Path) -> Dom0 {
    let source = folder.join("source");
    std::fs::create_dir(&source).unwrap();
    for number in 0..400_u32 {
        let length = 5000 + 97 * usize::try_from(number).unwrap();
        let mut noise = vec![0; length];
        blake3::Hasher::new()
            .update(&number.to_le_bytes())
            .finalize_xof()
            .fill(&mut noise);
        std::fs::write(source.join(format!("file {number}")), noise).unwrap();
    }
    let image = image::make(&folder.join("image"), &source, 64);
    let mut dom0 = Dom0::new(&image);
    dom0.back_up();
    dom0
}

fn said(dom0: &Dom0, bytes: u64) -> Result<(), Fault> {
    let target = Target::of(bytes);
    let said = restore(&last(dom0), &dom0.storage, &target.file()).map(drop);
    match said {
        Ok(()) => target.is_clean(),
        Err(_) => {
            let written = std::fs::metadata(target.file()).unwrap().blocks();
            assert_eq!(written, 0, "the volume was touched");
        }
    }
    said
}

/// Every name with what it holds.
fn contents(dom0: &Dom0) -> Vec<(Vec<u8>, Vec<u8>)> {
    let tree = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 1);
    let leaves = tree.leaves().into_iter();
    leaves.map(|(path, leaf)| (path, leaf.content)).collect()
}

#[test]
fn a_volume_that_is_too_small_is_told_which_size_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let dom0 = backed_up(folder.path());
    let fault = said(&dom0, 11 << 20).unwrap_err();
    assert_eq!(fault.code, Code::TargetTooSmall);
    let enough = fault.needed.unwrap();
    assert_eq!(said(&dom0, enough), Ok(()));
    let fault = said(&dom0, enough - (1 << 20)).unwrap_err();
    assert_eq!(
        fault.needed,
        Some(enough),
        "and it is not far from the least"
    );
    let fault = said(&dom0, 5 << 20).unwrap_err();
    assert_eq!(
        fault,
        Fault::new(Code::TargetTooSmall),
        "seen before all was counted"
    );
}

#[test]
fn what_it_is_told_apart_by_comes_from_the_snapshot_or_is_random() {
    let folder = tempfile::tempdir().unwrap();
    let dom0 = backed_up(folder.path());
    let restored = |told_apart| {
        let target = Target::new(64);
        let job = RestoreJob {
            told_apart,
            ..last(&dom0)
        };
        restore(&job, &dom0.storage, &target.file()).unwrap();
        target.is_clean();
        std::fs::read(target.file()).unwrap()
    };
    let uuid = |volume: &[u8]| volume[1024 + 0x68..1024 + 0x78].to_vec();
    let same = [ToldApart::BySnapshot; 2].map(restored);
    assert!(same[0] == same[1], "the same bytes");
    let [one, other] = [ToldApart::AtRandom; 2].map(restored);
    assert_ne!(uuid(&one), uuid(&other));
    assert_ne!(uuid(&one), uuid(&same[0]));
}

#[test]
fn a_volume_that_was_half_filled_before_is_filled_anew() {
    let folder = tempfile::tempdir().unwrap();
    let dom0 = backed_up(folder.path());
    let target = Target::new(64);
    let restored = || {
        restore(&last(&dom0), &dom0.storage, &target.file()).unwrap();
        target.is_clean();
        std::fs::read(target.file()).unwrap()
    };
    let whole = restored();
    // As an end in the middle would leave it: no superblock, and of the rest each second MiB.
    let mut half = whole.clone();
    half[1024..2048].fill(0);
    for piece in half.chunks_mut(1 << 20).skip(1).step_by(2) {
        piece.fill(0xAA);
    }
    std::fs::write(target.file(), half).unwrap();
    let again = restored();
    let mut dom0_again = Dom0::new(&target.file());
    dom0_again.back_up();
    assert!(again[..2048] == whole[..2048], "the same superblock");
    assert!(contents(&dom0_again) == contents(&dom0));
}
