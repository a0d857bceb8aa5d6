//! A piece of a directory, as it lies in a chunk; the checksums of its tar are made right.
//!
//! The law: it is read or refused. Its names are one component each and ascend, behind the piece
//! before too; targets and device numbers are such as there are; and what was read is written and
//! read back as the same.

use crate::repair;
use qib_helper::chunk_id::ChunkId;
use qib_helper::manifest::{self, Content, Entry, EntryName, Meta, Node, Part};

/// Checks a piece, and the same bytes as a list.
pub fn check(input: &[u8]) {
    if let Ok(parts) = Part::list(input) {
        assert!(parts.iter().all(|part| !matches!(part, Part::List(..))));
        let mut text = Vec::new();
        parts.iter().for_each(|part| part.append(&mut text));
        assert_eq!(text, input);
    }
    let piece = repair::tar(input);
    let Ok(entries) = manifest::read(&piece, None) else {
        return;
    };
    entries.iter().for_each(promises);
    assert!(entries.is_sorted_by(|one, next| one.name < next.name));
    if let Some(first) = entries.first() {
        assert!(manifest::read(&piece, Some(&first.name)).is_err());
    }
    assert_eq!(manifest::read(&written(&entries), None).as_ref(), Ok(&entries));
}

fn promises(entry: &Entry) {
    let name = entry.name.bytes();
    assert!((1..=255).contains(&name.len()) && !matches!(name, b"." | b".."));
    assert!(!name.iter().any(|byte| matches!(byte, 0 | b'/')));
    match &entry.node {
        Node::Symlink(target) => {
            assert!((1..=4095).contains(&target.len()) && !target.contains(&0));
        }
        Node::Directory(pieces) => {
            assert!(pieces.iter().all(|piece| !matches!(piece, Part::Hole(_))));
            assert_eq!(entry.link_group, None);
        }
        Node::CharDevice(major, minor) | Node::BlockDevice(major, minor) => {
            assert!(*major <= 0xfff && *minor <= 0xf_ffff);
        }
        Node::File(_) | Node::Fifo => {}
    }
}

fn written(entries: &[Entry]) -> Vec<u8> {
    let mut piece = Vec::new();
    entries.iter().for_each(|entry| manifest::append(&mut piece, entry));
    qib_helper::archive::end(&mut piece);
    piece
}

/// Entries of each kind, alone and together, and a list.
pub fn seeds() -> Vec<Vec<u8>> {
    let chunk = |number| Part::Chunk(ChunkId::new([number; 32]), 4096);
    let list = Part::List(ChunkId::new([9; 32]), 100);
    let nodes = [
        Node::BlockDevice(8, 1),
        Node::CharDevice(5, 0xf_ffff),
        Node::Directory(vec![chunk(1), list]),
        Node::Fifo,
        Node::File(Content { parts: vec![chunk(2), Part::Hole(1 << 40), list, chunk(3)] }),
        Node::Symlink(b"../elsewhere".to_vec()),
    ];
    let entry = |(number, node): (u8, Node)| Entry {
        name: EntryName::new(&[b'a' + number; 40]).unwrap(),
        meta: Meta {
            mode: 0o1755,
            uid: 1000,
            seconds: -1,
            nanoseconds: 5,
            xattrs: vec![(b"user.x".to_vec(), vec![0; 9])],
            ..Meta::default()
        },
        link_group: (number % 2 == 1).then_some(7),
        node,
    };
    let entries: Vec<Entry> = (0..).zip(nodes).map(entry).collect();
    let mut seeds: Vec<Vec<u8>> = entries.chunks(1).map(written).collect();
    seeds.push(written(&entries));
    let mut text = Vec::new();
    [chunk(4), Part::Hole(5)].iter().for_each(|part| part.append(&mut text));
    seeds.push(text);
    seeds
}
