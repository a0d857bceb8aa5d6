//! What a snapshot object holds: its tar, or the texts of its members with NULs between them,
//! which are put into one. It is sealed before it is read.
//!
//! The law: it is read or refused. It is the snapshot that was asked for, names no pack twice, has
//! no holes in its root, and is written and read back as the same.

use crate::fixed::{OPEN_WITH, QUBE, SEAL_TO};
use crate::{archive, repair};
use qib_helper::archive::{Head, MemberKind};
use qib_helper::chunk_id::ChunkId;
use qib_helper::manifest::{Meta, Part};
use qib_helper::seal;
use qib_helper::snapshot::{
    self, BlockSize, Disk, DiskFacts, Features, Holds, Label, NeededPack, Snapshot, SnapshotKind,
};
use qib_rpc::id::Digest;
use qib_rpc::object::Kind;
use qib_rpc::rule::Rules;
use std::collections::HashSet;
use std::io::Read;

const SEQUENCE: u64 = 7;

/// The member that a tar begins with.
const FIRST: &[u8] = b"snapshot\0";

/// Checks what a snapshot object holds.
pub fn check(input: &[u8]) {
    let tar = if input.starts_with(FIRST) { repair::tar(input) } else { members(input) };
    let sealed = seal::seal(&SEAL_TO, Kind::Snapshot, &tar).unwrap();
    let Ok(snapshot) = snapshot::read(&sealed.bytes, &OPEN_WITH, QUBE, SEQUENCE) else {
        return;
    };
    assert!(snapshot.qube == QUBE && snapshot.sequence == SEQUENCE);
    let mut packs = HashSet::new();
    assert!(snapshot.packs.iter().all(|pack| packs.insert(pack.digest)));
    assert!(snapshot.pieces.iter().all(|piece| !matches!(piece, Part::Hole(_))));
    if let SnapshotKind::Disk(disk) = snapshot.kind {
        let (place, facts) = (disk.fs_range(), disk.facts());
        assert!(place.start >= 512 && place.start < place.end && place.end <= facts.bytes);
    }
    let again = snapshot::seal(&snapshot, &SEAL_TO).unwrap();
    let again = snapshot::read(&again.bytes, &OPEN_WITH, QUBE, SEQUENCE);
    assert_eq!(again, Ok(snapshot));
}

fn members(texts: &[u8]) -> Vec<u8> {
    let names = [b"snapshot".as_slice(), b"packs", b"root", b"pieces"];
    let mut texts = texts.split(|byte| *byte == 0);
    let member = |name: &[u8]| {
        let is_root = name == b"root";
        let text = if is_root { None } else { texts.next() }.unwrap_or_default();
        let mut head = Head::plain(name, u64::try_from(text.len()).unwrap());
        if is_root {
            head.kind = MemberKind::Directory;
        }
        (head, text.to_vec())
    };
    archive::written(&names.map(member))
}

fn of(kind: SnapshotKind, packs: u8) -> Snapshot {
    let pack = |number: u8| NeededPack {
        digest: Digest::new([number; 32]),
        holds: if number == 0 { Holds::Manifest } else { Holds::Data },
    };
    Snapshot {
        qube: QUBE,
        sequence: SEQUENCE,
        time: -5,
        block_size: BlockSize::new(1024).unwrap(),
        kind,
        rules: Rules::DEFAULT,
        paths: Default::default(),
        counts: Default::default(),
        left_out: Default::default(),
        packs: (0..packs).map(pack).collect(),
        root: Meta {
            mode: 0o755,
            xattrs: vec![(b"user.x".to_vec(), b"\0\n".to_vec())],
            ..Meta::default()
        },
        pieces: vec![
            Part::Chunk(ChunkId::new([4; 32]), 10),
            Part::List(ChunkId::new([5; 32]), 10),
        ],
    }
}

fn disk() -> SnapshotKind {
    let facts = DiskFacts {
        bytes: 10 << 20,
        fs_offset: 1 << 20,
        fs_bytes: 8 << 20,
        inodes: 1000,
        inode_bytes: 256,
        uuid: [0xab; 16],
        label: Label::new(b"a \n\xff").unwrap(),
        features: Features::parse("extent has_journal 64bit").unwrap(),
    };
    SnapshotKind::Disk(Disk::new(facts, BlockSize::new(1024).unwrap()).unwrap())
}

/// A sealed snapshot of a tree.
pub fn sealed() -> Vec<u8> {
    snapshot::seal(&of(SnapshotKind::Tree, 3), &SEAL_TO).unwrap().bytes
}

/// Snapshots of each kind as tar and as texts.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (kind, packs) in [(SnapshotKind::Tree, 0), (SnapshotKind::Image, 1), (disk(), 3)] {
        let sealed = snapshot::seal(&of(kind, packs), &SEAL_TO).unwrap();
        let (mut tar, mut texts) = (Vec::new(), Vec::new());
        let mut plain = seal::open(&sealed.bytes, &OPEN_WITH).unwrap();
        plain.read_to_end(&mut tar).unwrap();
        qib_helper::archive::each_in(&tar, |head, text| {
            if head.kind == MemberKind::File {
                texts.push(text.to_vec());
            }
            Ok(())
        })
        .unwrap();
        seeds.extend([tar, texts.join(&0)]);
    }
    seeds
}
