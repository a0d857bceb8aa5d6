//! Small snapshots that tell of endless trees and files end at once, and little memory.

use crate::restoring::{refused, too_small};
use crate::snapshots::{Forge, file, folder, in_group, put, seal_to};
use qib_helper::archive::{self, Head};
use qib_helper::manifest::Part;
use qib_helper::seal::{self, Sealing};
use qib_helper::snapshot::{Holds, NeededPack};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::object::Kind;
use std::io::Write;

/// About as many lines as a text of 2 MiB holds.
const LINES: usize = 26_000;

/// The same for the shortest line.
const HOLES: usize = 290_000;

const MAX: u64 = u64::MAX;

#[test]
fn a_folder_that_holds_itself_twice_forty_times_over() {
    let mut forge = Forge::new();
    let mut pieces = vec![forge.piece(&[file("f", &[])])];
    for _ in 0..40 {
        pieces = vec![forge.piece(&[folder("a", &pieces), folder("b", &pieces)])];
    }
    forge.root(pieces, [MAX, MAX, MAX, 0]);
    too_small(&forge.finish());
}

#[test]
fn a_file_with_endless_names() {
    let mut forge = Forge::new();
    let lines = vec![forge.data(&[0; 1024]); LINES];
    let lists = vec![forge.list(&lines)];
    let inner = forge.piece(&[in_group(5, file("f", &lists))]);
    let mut pieces = vec![inner];
    for _ in 0..40 {
        pieces = vec![forge.piece(&[folder("a", &pieces), folder("b", &pieces)])];
    }
    forge.root(pieces, [MAX, MAX, MAX, MAX]);
    too_small(&forge.finish());
}

#[test]
fn a_file_of_exabytes_of_one_chunk() {
    let mut forge = Forge::new();
    let lines = vec![forge.data(&[0; 4 << 20]); 16_000];
    let lists = vec![forge.list(&lines); LINES];
    let piece = forge.piece(&[file("f", &lists)]);
    forge.root(vec![piece], [1, 0, 0, MAX]);
    too_small(&forge.finish());
}

#[test]
fn a_file_of_endless_bytes_or_holes() {
    let mut forge = Forge::new();
    let byte = forge.data(b"x");
    let bytes = vec![forge.list(&vec![byte; LINES]); LINES];
    let holes = vec![forge.list(&vec![Part::Hole(1); HOLES]); LINES];
    let sparse = [vec![Part::Hole(1 << 50)], bytes.clone()].concat();
    let between = vec![forge.list(&[byte, Part::Hole(1)].repeat(LINES / 2)); LINES];
    for parts in [bytes, holes, sparse, between] {
        let mut forge = Forge::new();
        let byte = forge.data(b"x");
        let _lists = [
            forge.list(&vec![byte; LINES]),
            forge.list(&vec![Part::Hole(1); HOLES]),
            forge.list(&[byte, Part::Hole(1)].repeat(LINES / 2)),
        ];
        let piece = forge.piece(&[file("f", &parts)]);
        forge.root(vec![piece], [1, 0, 0, MAX]);
        refused(&forge.finish(), Code::Damaged);
    }
}

#[test]
fn sizes_that_overflow() {
    let most = Part::Hole(1 << 60);
    for (holes, code) in [(18, Code::Damaged), (1, Code::TargetUnfit)] {
        let mut forge = Forge::new();
        let data = forge.data(&[7; 4096]);
        let lists: Vec<Part> = (0..holes).map(|_| forge.list(&[most])).collect();
        let parts: Vec<Part> = lists.iter().flat_map(|list| [*list, data]).collect();
        let piece = forge.piece(&[file("f", &parts)]);
        let said = if holes == 1 { (1 << 60) + 4096 } else { MAX };
        forge.root(vec![piece], [1, 0, 0, said]);
        match code {
            Code::Damaged => refused(&forge.finish(), code),
            _ => crate::restoring::every_place(&forge.finish(), |said, _| {
                assert_eq!(said, Err(Fault::new(code)));
            }),
        }
    }
    for text in ["hole 18446744073709551615\n", "hole 1152921504606846977\n"] {
        let mut forge = Forge::new();
        let head = Head::plain(b"e/f", u64::try_from(text.len()).unwrap());
        let piece = crate::snapshots::members(&[(head, text.as_bytes())]);
        let piece = forge.raw_piece(&piece);
        forge.root(vec![piece], [1, 0, 0, MAX]);
        refused(&forge.finish(), Code::Damaged);
    }
}

#[test]
fn wide_folders_in_each_other() {
    let mut forge = Forge::new();
    let wide = file("b", &vec![Part::Hole(1); HOLES]);
    let mut pieces = Vec::new();
    for _ in 0..120 {
        pieces = vec![forge.piece(&[folder("a", &pieces), wide.clone()])];
    }
    forge.root(pieces, [MAX, MAX, MAX, MAX]);
    refused(&forge.finish(), Code::Damaged);
}

/// A pack with a frame that decompresses to `mebibytes` in one member.
fn bomb(mebibytes: u64, name: &[u8]) -> seal::Sealed {
    let mut sealing = Sealing::new(&seal_to(), Vec::new()).unwrap();
    let mut head = Vec::new();
    archive::member(&mut head, &Head::plain(name, mebibytes << 20));
    let mut encoder = zstd::Encoder::new(&mut sealing, 1).unwrap();
    encoder.write_all(&head).unwrap();
    let zeros = vec![0; 1 << 20];
    (0..mebibytes).for_each(|_| encoder.write_all(&zeros).unwrap());
    encoder.finish().unwrap();
    sealing.finish(Kind::Pack, 0).unwrap()
}

#[test]
fn packs_that_decompress_to_gigabytes() {
    let id = "0".repeat(64);
    for name in [id.as_bytes(), b"table", b"e/f"] {
        let mut forge = Forge::new();
        let storage = crate::common::storage::Storage::default();
        let sealed = bomb(2048, name);
        let digest = put(&storage, sealed.clone());
        let holds = Holds::Manifest;
        forge.snapshot.packs.push(NeededPack { digest, holds });
        let forged = forge.finish();
        put(&forged.storage, sealed);
        crate::restoring::refused_about(&forged, Code::Damaged, digest);
    }
}

#[test]
fn snapshots_that_decompress_to_gigabytes() {
    for name in [&b"snapshot"[..], b"root"] {
        let forged = Forge::new().finish();
        let mut sealed = bomb(2048, name);
        sealed.name.kind = Kind::Snapshot;
        let mut job = forged.job.clone();
        job.snapshot = put(&forged.storage, sealed);
        let forged = crate::snapshots::Forged { job, ..forged };
        refused(&forged, Code::Damaged);
    }
}
