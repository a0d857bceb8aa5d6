//! Snapshots of disks that lie are refused before the volume is touched.

use crate::restoring::{refused, too_small};
use crate::snapshots::{Forge, file, folder, symlink};
use qib_helper::manifest::{Entry, Part};
use qib_helper::snapshot::{BlockSize, Disk, DiskFacts, Features, Label, SnapshotKind};
use qib_rpc::fault::Code;

const MEBIBYTE: u64 = 1 << 20;
const DISK: u64 = 64 * MEBIBYTE;

fn disk(bytes: u64) -> Disk {
    let facts = DiskFacts {
        bytes,
        fs_offset: MEBIBYTE,
        fs_bytes: 60 * MEBIBYTE,
        inodes: 1000,
        inode_bytes: 256,
        uuid: [1; 16],
        label: Label::default(),
        features: Features::parse("extent filetype").unwrap(),
    };
    Disk::new(facts, BlockSize::default()).unwrap()
}

fn forged(mut forge: Forge, entries: &[Entry], counts: [u64; 4]) -> Forge {
    let piece = forge.piece(entries);
    forge.root(vec![piece], counts);
    forge.snapshot.kind = SnapshotKind::Disk(disk(DISK));
    forge
}

fn damaged(forge: Forge) {
    refused(&forge.finish(), Code::Damaged);
}

fn image(parts: &[Part]) -> Entry {
    file("volume.img", parts)
}

#[test]
fn disks_of_other_parts() {
    let hole = [Part::Hole(DISK)];
    let one = |entries: &[Entry], counts| damaged(forged(Forge::new(), entries, counts));
    one(&[image(&hole)], [1, 0, 0, DISK]);
    one(&[folder("files", &[])], [0, 1, 0, 0]);
    one(&[file("files", &[]), image(&hole)], [2, 0, 0, DISK]);
    one(&[folder("Files", &[]), image(&hole)], [1, 1, 0, DISK]);
    one(
        &[folder("files", &[]), symlink("volume.img", "/dev/sda")],
        [0, 1, 1, 0],
    );
    one(
        &[folder("files", &[]), file("volume.im", &hole)],
        [1, 1, 0, DISK],
    );
    one(
        &[folder("files", &[]), image(&hole), file("z", &[])],
        [2, 1, 0, DISK],
    );
}

#[test]
fn disks_whose_image_has_another_length() {
    for bytes in [DISK - 512, DISK + 512] {
        let entries = [folder("files", &[]), image(&[Part::Hole(bytes)])];
        damaged(forged(Forge::new(), &entries, [1, 1, 0, DISK]));
    }
}

#[test]
fn data_where_the_files_are() {
    for at in [MEBIBYTE - 99_999, 30 * MEBIBYTE, 61 * MEBIBYTE - 1] {
        let mut forge = Forge::new();
        let data = forge.data(&[7; 100_000]);
        let parts = [Part::Hole(at), data, Part::Hole(DISK - at - 100_000)];
        let entries = [folder("files", &[]), image(&parts)];
        damaged(forged(forge, &entries, [1, 1, 0, DISK]));
    }
}

#[test]
fn disks_that_count_less_than_their_parts() {
    let entries = [folder("files", &[]), image(&[Part::Hole(DISK)])];
    for counts in [[0, 1, 0, DISK], [1, 0, 0, DISK], [1, 1, 0, DISK - 1]] {
        damaged(forged(Forge::new(), &entries, counts));
    }
    let more = [2, 1, 0, DISK];
    damaged(forged(Forge::new(), &entries, more));
}

#[test]
fn disks_larger_than_the_volume_or_files_larger_than_their_place() {
    let larger = DISK + 4096;
    let entries = [folder("files", &[]), image(&[Part::Hole(larger)])];
    let mut forge = forged(Forge::new(), &entries, [1, 1, 0, larger]);
    forge.snapshot.kind = SnapshotKind::Disk(disk(larger));
    too_small(&forge.finish());
    let mut forge = Forge::new();
    let data = forge.data(&[7; 1 << 20]);
    let large = file("large", &[data; 61]);
    let inner = forge.piece(&[large]);
    let entries = [folder("files", &[inner]), image(&[Part::Hole(DISK)])];
    let counts = [2, 1, 0, DISK + 61 * MEBIBYTE];
    too_small(&forged(forge, &entries, counts).finish());
}
