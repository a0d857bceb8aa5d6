//! Manifests that lie are refused before the volume is touched.

use crate::restoring::{Target, refused};
use crate::snapshots::{Forge, encoded, entry, file, folder, in_group, members, symlink};
use qib_helper::archive::{Head, MemberKind};
use qib_helper::chunk_id::ChunkId;
use qib_helper::manifest::{Node, Part};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::QubeId;

fn damaged(forge: Forge) {
    refused(&forge.finish(), Code::Damaged);
}

#[test]
fn a_link_and_then_a_folder_of_its_name() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().to_str().unwrap();
    for pieces in 1..=2 {
        let mut forge = Forge::new();
        let inner = forge.piece(&[file("file", &[])]);
        let link = symlink("name", target);
        let below = folder("name", &[inner]);
        let pieces = if pieces == 1 {
            vec![forge.piece(&[link, below])]
        } else {
            vec![forge.piece(&[link]), forge.piece(&[below])]
        };
        forge.root(pieces, [1, 1, 1, 0]);
        damaged(forge);
    }
    assert_eq!(outside.path().read_dir().unwrap().count(), 0);
}

#[test]
fn names_that_are_paths() {
    let long = "n".repeat(256);
    for name in ["..", ".", "", "a/b", "/etc", "../x", "x/..", "a\0b", &long] {
        let mut forge = Forge::new();
        let head = Head::plain(format!("e/{name}").as_bytes(), 0);
        // A name with NUL fits into a PAX record only, which needs a long one.
        let long_nul = format!("e/{}{name}", "n".repeat(120));
        let nul = Head::plain(long_nul.as_bytes(), 0);
        let head = if name.contains('\0') { nul } else { head };
        let piece = forge.raw_piece(&members(&[(head, b"")]));
        forge.root(vec![piece], [1, 0, 0, 0]);
        damaged(forge);
    }
}

#[test]
fn a_name_twice_or_out_of_order() {
    for names in [["a", "a"], ["b", "a"]] {
        let entries = names.map(|name| file(name, &[]));
        damaged(Forge::with(&entries, [2, 0, 0, 0]));
        let mut forge = Forge::new();
        let pieces = entries.map(|entry| forge.piece(&[entry])).to_vec();
        forge.root(pieces, [2, 0, 0, 0]);
        damaged(forge);
    }
}

#[test]
fn a_file_for_a_folder_and_the_reverse() {
    let directory = |name: &[u8]| Head {
        kind: MemberKind::Directory,
        ..Head::plain(name, 0)
    };
    let plain = |name: &[u8]| Head::plain(name, 0);
    let linked = Head::plain(b"l/x", 7);
    for piece in [
        members(&[(plain(b"e/x"), b""), (plain(b"d/x"), b"")]),
        members(&[(directory(b"e/x"), b"")]),
        members(&[(directory(b"e/x"), b""), (plain(b"e/x"), b"")]),
        members(&[(plain(b"e/x"), b""), (linked.clone(), b"link 9\n")]),
        members(&[
            (directory(b"e/x"), b""),
            (plain(b"d/x"), b""),
            (linked, b"link 9\n"),
        ]),
    ] {
        let mut forge = Forge::new();
        let piece = forge.raw_piece(&piece);
        forge.root(vec![piece], [1, 1, 0, 0]);
        damaged(forge);
    }
}

#[test]
fn a_folder_whose_piece_is_none() {
    let absent = Part::Chunk(ChunkId::new([9; 32]), 1024);
    let mut forge = Forge::new();
    let data = forge.data(&encoded(&[file("x", &[])]));
    let text = forge.raw_piece(b"no tar at all");
    let empty = forge.raw_piece(&encoded(&[]));
    let list = forge.list(&[absent]);
    let Part::List(id, bytes) = list else { return };
    let longer = Part::List(id, bytes + 1);
    for piece in [absent, data, text, empty, list, longer] {
        let mut forge = Forge::new();
        let _there = (forge.raw_piece(b"no tar at all"), forge.list(&[absent]));
        let _there = (
            forge.raw_piece(&encoded(&[])),
            forge.data(&encoded(&[file("x", &[])])),
        );
        let outer = forge.piece(&[folder("f", &[piece])]);
        forge.root(vec![outer], [0, 1, 0, 0]);
        damaged(forge);
    }
}

#[test]
fn pieces_cut_short_or_with_more() {
    let whole = encoded(&[file("a", &[]), file("b", &[])]);
    let mut more = whole.clone();
    more.extend(b"more");
    let mut pax = whole.clone();
    pax[156] = b'g';
    for bytes in [
        whole[..700].to_vec(),
        whole[..512 + 100].to_vec(),
        more,
        pax,
    ] {
        let mut forge = Forge::new();
        let piece = forge.raw_piece(&bytes);
        forge.root(vec![piece], [2, 0, 0, 0]);
        damaged(forge);
    }
}

#[test]
fn names_of_one_file_that_disagree() {
    let mut forge = Forge::new();
    let (one, two) = (forge.data(b"one"), forge.data(b"two"));
    let first = in_group(9, file("a", &[one]));
    let mut mode = in_group(9, file("b", &[one]));
    mode.meta.mode = 0o4755;
    let other = in_group(9, file("b", &[two]));
    let link = in_group(9, symlink("b", "/etc/passwd"));
    let fifo = in_group(9, entry("b", Node::Fifo));
    for second in [other, mode, link, fifo] {
        let forge = Forge::with(&[first.clone(), second], [2, 0, 0, 6]);
        damaged(forge);
    }
}

#[test]
fn counts_that_are_not_true() {
    for counts in [[1, 0, 0, 0], [3, 0, 0, 0], [1, 1, 0, 0], [2, 0, 0, 1]] {
        let entries = [file("a", &[]), file("b", &[])];
        damaged(Forge::with(&entries, counts));
    }
    let entries = [file("a", &[Part::Hole(5000)])];
    damaged(Forge::with(&entries, [1, 0, 0, 4999]));
}

#[test]
fn devices_that_no_device_has() {
    for (major, minor) in [(4096, 0), (0, 1 << 20), (u32::MAX, u32::MAX)] {
        for node in [
            Node::CharDevice(major, minor),
            Node::BlockDevice(major, minor),
        ] {
            damaged(Forge::with(&[entry("x", node)], [0, 0, 1, 0]));
        }
    }
}

#[test]
fn another_qube_or_another_number() {
    let mut other_qube = Forge::new();
    other_qube.snapshot.qube = QubeId::new([8; 16]);
    let mut older = Forge::new();
    older.snapshot.sequence = 0;
    for forge in [other_qube, older] {
        refused(&forge.finish(), Code::NotOurs);
    }
    let mut forged = Forge::new().finish();
    forged.job.data_identity = crate::common::other_identity();
    refused(&forged, Code::Damaged);
}

#[test]
fn a_volume_that_is_none() {
    let forged = Forge::new().finish();
    let said = crate::restoring::restore(&forged.job, &forged.storage, &Target::new(1).file());
    assert_eq!(said, Err(Fault::new(Code::TargetTooSmall)));
}
