//! Every trouble has its own fault, costs nothing that was stored, and the next run works.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it fails"
)]

mod common;

use common::{Dom0, image, storage::Trouble, tree::Tree};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::object::{Kind, ObjectName};
use qib_rpc::reading::{Manner, VolumeKind};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};

fn noise(bytes: usize, seed: u8) -> Vec<u8> {
    let mut data = vec![0; bytes];
    blake3::Hasher::new()
        .update(&[seed])
        .finalize_xof()
        .fill(&mut data);
    data
}

fn small_volume() -> (TempDir, PathBuf) {
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("file"), noise(3_000_000, 1)).unwrap();
    let image = image::make(&place.path().join("image"), &tree, 32);
    (place, image)
}

/// A file with a time in the future makes all others old enough to be believed.
fn calm(image: &Path, tree: &Path) {
    fs::write(tree.join("clock"), b"").unwrap();
    image::make(image, tree, 32);
    image::debugfs(image, "set_inode_field /clock ctime 20300101000000");
}

#[test]
fn a_storage_in_trouble_is_named_and_the_next_run_works() {
    let (_place, image) = small_volume();
    for (trouble, code) in [
        (Trouble::Dies, Code::StorageLost),
        (Trouble::Refuses(Code::StorageFull), Code::StorageFull),
        (Trouble::Refuses(Code::NoPermit), Code::NoPermit),
        (Trouble::AcknowledgesAnother, Code::Protocol),
    ] {
        for after in 0..4 {
            let mut dom0 = Dom0::new(&image);
            dom0.storage.trouble = Some((after, trouble));
            let said = dom0.run().summary;
            assert_eq!(said, Err(Fault::new(code)), "{trouble:?} after {after}");
            dom0.storage.trouble = None;
            dom0.back_up();
        }
    }
}

#[test]
fn an_index_object_that_is_gone_or_damaged_is_named() {
    let (_place, image) = small_volume();
    for (damaged, code) in [(false, Code::Missing), (true, Code::Damaged)] {
        let mut dom0 = Dom0::new(&image);
        dom0.back_up();
        let digest = dom0.index[0];
        let name = ObjectName {
            kind: Kind::Index,
            digest,
        };
        if damaged {
            dom0.storage.damage(name);
        } else {
            dom0.storage.remove(name);
        }
        assert_eq!(dom0.run().summary, Err(Fault::about(code, digest)));
        dom0.index.clear();
        dom0.back_up();
    }
}

#[test]
fn volumes_that_are_none_are_told_apart() {
    let (place, _image) = small_volume();
    let other = place.path().join("other");
    fs::write(&other, vec![0; 3 << 20]).unwrap();
    let empty = Dom0::new(&other).run().summary;
    assert_eq!(empty, Err(Fault::new(Code::VolumeEmpty)));
    let mut bytes = vec![0; 3 << 20];
    *bytes.last_mut().unwrap() = 1;
    fs::write(&other, bytes).unwrap();
    let unknown = Dom0::new(&other).run();
    assert_eq!(unknown.manner, Some(Manner::Image(VolumeKind::Unknown)));
    assert_eq!(unknown.summary.unwrap().counts.file_bytes, 3 << 20);
}

#[test]
fn a_journal_that_is_said_to_be_dirty_and_is_empty_changes_nothing() {
    let (_place, image) = small_volume();
    let clean = Dom0::new(&image).back_up().counts;
    image::debugfs(&image, "feature needs_recovery");
    assert_eq!(Dom0::new(&image).back_up().counts.files, clean.files);
}

#[test]
fn a_foreign_index_is_refused() {
    let (_place, image) = small_volume();
    let mut dom0 = Dom0::new(&image);
    dom0.back_up();
    let stored = dom0.last.unwrap();
    let snapshot = ObjectName {
        kind: Kind::Snapshot,
        digest: stored.snapshot,
    };
    let bytes = dom0.objects()[&snapshot].clone();
    let name = ObjectName {
        kind: Kind::Index,
        ..snapshot
    };
    dom0.storage.insert(name, bytes);
    dom0.index = vec![name.digest];
    let damaged = Fault::about(Code::Damaged, name.digest);
    assert_eq!(dom0.run().summary, Err(damaged));
}

#[test]
fn packs_that_are_no_longer_live_are_not_used() {
    let (_place, image) = small_volume();
    let mut dom0 = Dom0::new(&image);
    let first = dom0.back_up();
    dom0.packs.clear();
    let second = dom0.back_up();
    assert_eq!(second.counts.bytes_new, first.counts.bytes_new);
    let tree = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 2);
    assert_eq!(
        tree.leaves()[b"/file".as_slice()].content,
        noise(3_000_000, 1)
    );
}

/// Changes the bytes of a file under the file system: times stay as they are.
fn change_in_place(image: &Path, old: &[u8], new: &[u8]) {
    let mut bytes = fs::read(image).unwrap();
    let at = bytes
        .windows(old.len())
        .position(|window| window == old)
        .unwrap();
    bytes[at..at + new.len()].copy_from_slice(new);
    fs::write(image, bytes).unwrap();
}

#[test]
fn a_racy_file_is_read_again_and_an_old_one_within_ninety_days() {
    let place = tempdir().unwrap();
    let (tree, image) = (place.path().join("tree"), place.path().join("image"));
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("file"), b"the old bytes of the file").unwrap();
    for racy in [true, false] {
        if racy {
            image::make(&image, &tree, 32);
        } else {
            calm(&image, &tree);
        }
        let mut dom0 = Dom0::new(&image);
        dom0.back_up();
        change_in_place(&image, b"the old bytes", b"the new bytes");
        dom0.now += 60;
        let second = dom0.back_up();
        assert_eq!(second.counts.files_racy, u64::from(racy));
        let content = |dom0: &Dom0| {
            let snapshot = dom0.last.unwrap().snapshot;
            let tree = Tree::open(&dom0.objects(), snapshot, dom0.sequence);
            tree.leaves()[b"/file".as_slice()].content.clone()
        };
        assert_eq!(content(&dom0).starts_with(b"the new"), racy);
        dom0.now += 91 * 24 * 60 * 60;
        dom0.back_up();
        assert!(content(&dom0).starts_with(b"the new"));
    }
}

#[test]
fn an_interrupted_run_is_not_sent_again() {
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("first"), noise(290 << 20, 1)).unwrap();
    fs::write(tree.join("second"), noise(200 << 20, 2)).unwrap();
    let image = image::make(&place.path().join("image"), &tree, 640);
    // Packs have no fixed size: two thirds of them are more than the first partial needs.
    let objects = usize::try_from(Dom0::new(&image).back_up().counts.objects).unwrap();
    let mut dom0 = Dom0::new(&image);
    dom0.storage.trouble = Some((objects * 2 / 3, Trouble::Dies));
    let said = dom0.run();
    assert!(said.summary.is_err());
    dom0.remember_partial(&said.partials[0]);
    dom0.storage.trouble = None;
    let second = dom0.back_up();
    assert!(
        second.counts.bytes_stored < 260 << 20,
        "{:?}",
        second.counts
    );
    assert_eq!(dom0.index.len(), 1, "the partial's index is merged");
    let read = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 1).leaves();
    assert!(read[b"/first".as_slice()].content == noise(290 << 20, 1));
    let third = dom0.back_up();
    assert_eq!(third.counts.bytes_new, 0);
}
