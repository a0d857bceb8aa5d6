//! Volumes that nobody reads come back byte for byte; images that lie are refused
//! before the volume is touched.

use crate::common::Dom0;
use crate::restoring::{Target, last, refused, restore, too_small};
use crate::snapshots::{Forge, file, folder, in_group, symlink};
use crate::volume::image::can_mount;
use qib_helper::manifest::{Entry, Part};
use qib_helper::snapshot::SnapshotKind;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::message::restore::Fidelity;
use qib_rpc::reading::{Manner, VolumeKind};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

const MEBIBYTE: usize = 1 << 20;

fn noise(bytes: usize, seed: u8) -> Vec<u8> {
    let mut data = vec![0; bytes];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[seed]).finalize_xof().fill(&mut data);
    data
}

/// 24 MiB: an encrypted volume's head, noise, a large hole, a short one, and an odd end.
fn volume(path: &Path) -> Vec<u8> {
    let mut bytes = noise(24 * MEBIBYTE + 512, 1);
    bytes[..6].copy_from_slice(b"LUKS\xba\xbe");
    bytes[6 * MEBIBYTE..16 * MEBIBYTE + 70_000].fill(0);
    bytes[18 * MEBIBYTE..18 * MEBIBYTE + 5000].fill(0);
    fs::write(path, &bytes).unwrap();
    bytes
}

/// A volume of so many MiB that somebody else had before.
fn used(mebibytes: u64) -> Target {
    let target = Target::new(mebibytes);
    fs::write(
        target.file(),
        vec![0xee; usize::try_from(mebibytes << 20).unwrap()],
    )
    .unwrap();
    target
}

fn assert_image(target: &Target, expected: &[u8]) {
    let found = fs::read(target.file()).unwrap();
    let (image, beyond) = found.split_at(expected.len());
    assert!(image == expected, "other bytes");
    assert!(
        beyond.iter().all(|byte| *byte == 0),
        "what was there before"
    );
}

#[test]
fn an_image_comes_back_byte_for_byte_over_whatever_was_there() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("volume");
    let bytes = volume(&path);
    let mut dom0 = Dom0::new(&path);
    let said = dom0.run();
    assert_eq!(said.manner, Some(Manner::Image(VolumeKind::Luks)));
    let summary = said.summary.unwrap();
    dom0.remember(&summary.stored.unwrap());
    let counts = summary.counts;
    let length = u64::try_from(bytes.len()).unwrap();
    assert_eq!((counts.files, counts.file_bytes), (1, length));
    assert_eq!(counts.bytes_read, length);
    assert!(counts.bytes_stored < 15 << 20, "holes take no space");
    let target = used(25);
    let summary = restore(&last(&dom0), &dom0.storage, &target.file()).unwrap();
    assert_eq!(summary.fidelity, Fidelity::Image);
    assert_eq!(summary.counts.bytes_read, summary.counts.bytes_expected);
    assert_image(&target, &bytes);
    if can_mount("the same on a device") {
        let target = used(25);
        let device = target.device();
        restore(&last(&dom0), &dom0.storage, &device.0).unwrap();
        drop(device);
        assert_image(&target, &bytes);
    }
}

#[test]
fn an_unchanged_image_stores_nothing_and_a_change_what_lies_around_it() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("volume");
    let mut bytes = volume(&path);
    let mut dom0 = Dom0::new(&path);
    dom0.back_up();
    let second = dom0.back_up().counts;
    assert_eq!((second.bytes_new, second.bytes_read), (0, 25_166_336));
    assert!(second.bytes_stored < 8192, "{second:?}");
    let change = noise(MEBIBYTE, 9);
    bytes[20 * MEBIBYTE..21 * MEBIBYTE].copy_from_slice(&change);
    fs::write(&path, &bytes).unwrap();
    let third = dom0.back_up().counts;
    assert!(third.bytes_new < 6 << 20, "{third:?}");
    let target = used(25);
    restore(&last(&dom0), &dom0.storage, &target.file()).unwrap();
    assert_image(&target, &bytes);
}

#[test]
fn a_volume_smaller_than_the_image_stays_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("volume");
    volume(&path);
    let mut dom0 = Dom0::new(&path);
    dom0.back_up();
    let target = used(24);
    let said = restore(&last(&dom0), &dom0.storage, &target.file());
    let needed = fs::metadata(&path).unwrap().len();
    assert_eq!(
        said,
        Err(Fault::needing(Code::TargetTooSmall, Some(needed)))
    );
    let found = fs::read(target.file()).unwrap();
    assert!(found.iter().all(|byte| *byte == 0xee), "touched");
}

#[test]
fn a_file_system_that_lost_its_first_bytes_is_still_kept() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("volume");
    let tree = place.path().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("file"), noise(100_000, 3)).unwrap();
    crate::common::image::make(&path, &tree, 32);
    let broken = fs::OpenOptions::new().write(true).open(&path).unwrap();
    broken.write_all_at(&[0; 2048], 0).unwrap();
    let mut dom0 = Dom0::new(&path);
    dom0.back_up();
    let target = used(32);
    restore(&last(&dom0), &dom0.storage, &target.file()).unwrap();
    assert_image(&target, &fs::read(&path).unwrap());
}

/// An image whose manifest is this.
fn forged(mut forge: Forge, entries: &[Entry], counts: [u64; 4]) -> Forge {
    let piece = forge.piece(entries);
    forge.root(vec![piece], counts);
    forge.snapshot.kind = SnapshotKind::Image;
    forge
}

fn damaged(forge: Forge) {
    refused(&forge.finish(), Code::Damaged);
}

const IMAGE: &str = "volume.img";

#[test]
fn manifests_that_are_no_image() {
    let hole = [Part::Hole(4096)];
    let one = |entry: Entry, counts| damaged(forged(Forge::new(), &[entry], counts));
    one(file("other.img", &hole), [1, 0, 0, 4096]);
    one(symlink(IMAGE, "/dev/sda"), [0, 0, 1, 0]);
    one(in_group(7, file(IMAGE, &hole)), [1, 0, 0, 4096]);
    one(folder(IMAGE, &[]), [0, 1, 0, 0]);
    let two = [file(IMAGE, &hole), file("w", &[])];
    damaged(forged(Forge::new(), &two, [2, 0, 0, 4096]));
    let mut empty = Forge::new();
    empty.snapshot.kind = SnapshotKind::Image;
    damaged(empty);
}

#[test]
fn images_of_another_length_than_the_snapshot_says() {
    for (said, there) in [(8192, 4096), (4096, 8192), (0, 4096)] {
        let entry = file(IMAGE, &[Part::Hole(there)]);
        damaged(forged(Forge::new(), &[entry], [1, 0, 0, said]));
    }
}

#[test]
fn images_larger_than_any_volume() {
    let entry = file(IMAGE, &[Part::Hole(1 << 60)]);
    too_small(&forged(Forge::new(), &[entry], [1, 0, 0, 1 << 60]).finish());
    let entry = file(IMAGE, &[Part::Hole((64 << 20) + 1)]);
    too_small(&forged(Forge::new(), &[entry], [1, 0, 0, (64 << 20) + 1]).finish());
}

#[test]
fn a_small_list_that_names_the_same_data_without_end() {
    let mut forge = Forge::new();
    let data = forge.data(&[7; 1024]);
    let list = forge.list(&vec![data; 16]);
    let entry = file(IMAGE, &vec![list; 1000]);
    damaged(forged(forge, &[entry], [1, 0, 0, 16_000 << 10]));
}

#[test]
fn data_that_no_pack_holds_is_missed() {
    let mut forge = Forge::new();
    let data = forge.raw_piece(&[7; 100_000]);
    let mut other = Forge::new();
    let entry = file(IMAGE, &[data, other.data(&[8; 100_000])]);
    let forged = forged(forge, &[entry], [1, 0, 0, 200_000]).finish();
    let target = Target::new(64);
    let said = restore(&forged.job, &forged.storage, &target.file());
    let about = forged.job.snapshot;
    assert_eq!(said, Err(Fault::about(Code::Damaged, about)));
}
