//! What is written reads back; what lies is refused.

use super::*;
use crate::archive::{self, Head};
use crate::chunk_id::ChunkId;
use crate::format_error::FormatError;
use crate::seal::{OpenWith, SealTo};
use qib_rpc::key::IndexSeed;
use qib_rpc::object::Kind;
use qib_rpc::rule::Rule;

fn keys() -> (OpenWith, SealTo) {
    let with = OpenWith::seed(&IndexSeed::new([1; 32])).unwrap();
    let to = SealTo::identity(&with);
    (with, to)
}

fn snapshot() -> Snapshot {
    Snapshot {
        qube: QubeId::new([1; 16]),
        sequence: 7,
        time: -5,
        block_size: BlockSize::new(1024).unwrap(),
        kind: SnapshotKind::Image,
        rules: Rules::DEFAULT.without(Rule::Trash),
        counts: Counts {
            files: 3,
            file_bytes: 9,
            ..Counts::default()
        },
        left_out: LeftOuts::default(),
        packs: vec![
            NeededPack {
                digest: Digest::new([1; 32]),
                holds: Holds::Manifest,
            },
            NeededPack {
                digest: Digest::new([2; 32]),
                holds: Holds::Data,
            },
        ],
        root: Meta {
            mode: 0o755,
            nanoseconds: 4,
            xattrs: vec![(b"user.x".to_vec(), b"\0\n".to_vec())],
            ..Meta::default()
        },
        pieces: vec![Part::Chunk(ChunkId::new([4; 32]), 10)],
    }
}

#[test]
fn what_is_written_reads_back() {
    let (with, to) = keys();
    for (rules, kind) in [
        (snapshot().rules, SnapshotKind::Image),
        (Rules::try_from(0).unwrap(), SnapshotKind::Tree),
    ] {
        let snapshot = Snapshot {
            rules,
            kind,
            ..snapshot()
        };
        let sealed = seal(&snapshot, &to).unwrap();
        assert_eq!(read(&sealed.bytes, &with, snapshot.qube, 7), Ok(snapshot));
    }
}

#[test]
fn a_foreign_qube_and_another_number_are_not_ours() {
    let (with, to) = keys();
    let sealed = seal(&snapshot(), &to).unwrap();
    let other = QubeId::new([2; 16]);
    assert_eq!(
        read(&sealed.bytes, &with, other, 7),
        Err(FormatError::NotOurs)
    );
    let qube = snapshot().qube;
    assert_eq!(
        read(&sealed.bytes, &with, qube, 8),
        Err(FormatError::NotOurs)
    );
}

#[test]
fn lies_are_refused() {
    let (with, to) = keys();
    let facts = "qib-snapshot 2\nqube 01010101010101010101010101010101\nsequence 7\ntime 0\n\
                 helper 0\nblock-bytes 4096\nkind image\nrules\nfiles 0\nfolders 0\nothers 0\nfile-bytes 0\n";
    let lie = |facts: &str, packs: &str, pieces: &str| {
        let mut tar = Vec::new();
        for (name, text) in [
            ("snapshot", facts),
            ("packs", packs),
            ("root", ""),
            ("pieces", pieces),
        ] {
            let mut head = Head::plain(name.as_bytes(), u64::try_from(text.len()).unwrap());
            if name == "root" {
                head.kind = archive::MemberKind::Directory;
            }
            archive::member(&mut tar, &head);
            tar.extend_from_slice(text.as_bytes());
            archive::padding(&mut tar, head.content_bytes);
        }
        archive::end(&mut tar);
        let sealed = crate::seal::seal(&to, Kind::Snapshot, &tar).unwrap();
        read(&sealed.bytes, &with, QubeId::new([1; 16]), 7)
    };
    assert!(lie(facts, "", "").is_ok());
    let newer = facts.replace("snapshot 2", "snapshot 3");
    assert_eq!(lie(&newer, "", ""), Err(FormatError::Newer));
    assert_eq!(
        lie(&facts.replace("rules", "rules magic"), "", ""),
        Err(FormatError::Newer)
    );
    for (from, to) in [
        ("qib-snap", "snap"),
        ("sequence 7", "sequence x"),
        ("files 0\n", ""),
        ("block-bytes 4096", "block-bytes 512"),
        ("block-bytes 4096", "block-bytes 65536"),
    ] {
        assert!(lie(&facts.replace(from, to), "", "").is_err(), "{from}");
    }
    let of_nothing = facts.replace("kind image\n", "");
    assert!(lie(&of_nothing, "", "").is_err(), "no kind");
    let of_the_future = facts.replace("kind image", "kind film");
    assert_eq!(lie(&of_the_future, "", ""), Err(FormatError::Newer));
    let older = facts.replace("snapshot 2", "snapshot 1");
    assert!(lie(&older, "", "").is_err(), "a kind before there were any");
    let older = older.replace("kind image\n", "");
    let kind = lie(&older, "", "").map(|snapshot| snapshot.kind);
    assert_eq!(
        kind,
        Ok(SnapshotKind::Tree),
        "a snapshot without a kind is a tree"
    );
    let pack = format!("data pack-{}\n", "0".repeat(64));
    assert!(lie(facts, &pack, "").is_ok());
    assert!(lie(facts, &format!("{pack}{pack}"), "").is_err(), "twice");
    assert!(lie(facts, &pack.replace("pack-", "index-"), "").is_err());
    assert!(lie(facts, &pack.replace("data", "music"), "").is_err());
    assert!(lie(facts, "", "hole 1\n").is_err());
}
