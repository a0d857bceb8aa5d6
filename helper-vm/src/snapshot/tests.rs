//! What is written reads back; what lies is refused.

use super::*;
use crate::archive::{self, Head};
use crate::chunk_id::ChunkId;
use crate::format_error::FormatError;
use crate::seal::{OpenWith, SealTo};
use qib_rpc::glob::PathRules;
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
        paths: PathRules::default(),
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

fn facts(label: &[u8]) -> DiskFacts {
    DiskFacts {
        bytes: 10 << 20,
        fs_offset: 1 << 20,
        fs_bytes: 8 << 20,
        inodes: 1000,
        inode_bytes: 256,
        uuid: [0xab; 16],
        label: Label::new(label).unwrap(),
        features: Features::parse("extent has_journal 64bit").unwrap(),
    }
}

fn disk(facts: DiskFacts, block_bytes: u64) -> Disk {
    Disk::new(facts, BlockSize::new(block_bytes).unwrap()).unwrap()
}

#[test]
fn what_is_written_reads_back() {
    let (with, to) = keys();
    let no_rules = Rules::try_from(0).unwrap();
    for (rules, kind) in [
        (snapshot().rules, SnapshotKind::Image),
        (no_rules, SnapshotKind::Tree),
        (no_rules, SnapshotKind::Disk(disk(facts(b"a \n\xff"), 1024))),
        (no_rules, SnapshotKind::Disk(disk(facts(b""), 1024))),
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

#[test]
fn disks_that_can_not_be() {
    let block_size = BlockSize::new(4096).unwrap();
    let good = facts(b"root");
    assert!(Disk::new(good, block_size).is_some());
    type Change = fn(&mut DiskFacts);
    let changes: [(&str, Change); 13] = [
        ("over the table", |facts| facts.fs_offset = 0),
        ("inside a sector", |facts| facts.fs_offset += 1),
        ("beyond the disk", |facts| facts.fs_offset = (2 << 20) + 512),
        ("beyond anything", |facts| facts.fs_offset = u64::MAX - 511),
        ("longer than the disk", |facts| facts.bytes = (9 << 20) - 1),
        ("empty", |facts| facts.fs_bytes = 0),
        ("half a block", |facts| facts.fs_bytes -= 1024),
        ("no inodes", |facts| facts.inodes = 0),
        ("a few inodes", |facts| facts.inodes = 15),
        ("nothing but inodes", |facts| facts.inodes = 32 << 10),
        ("inodes of 64 bytes", |facts| facts.inode_bytes = 64),
        ("odd inodes", |facts| facts.inode_bytes = 384),
        ("inodes over a block", |facts| facts.inode_bytes = 8192),
    ];
    for (what, change) in changes {
        let mut facts = good;
        change(&mut facts);
        assert!(Disk::new(facts, block_size).is_none(), "{what}");
    }
}

#[test]
fn labels_that_can_not_be() {
    assert!(Label::new(&[b'x'; 16]).is_some());
    assert!(Label::new(&[b'x'; 17]).is_none());
    assert!(Label::new(b"a\0b").is_none());
    let stored = *b"root\0older label";
    assert_eq!(Label::of_super_block(&stored), Label::new(b"root"));
}

#[test]
fn features_that_mke2fs_does_not_make() {
    for names in [
        "64bit",
        "resize_inode",
        "orphan_file extent",
        "metadata_csum_seed",
        "meta_bg sparse_super resize_inode",
        "metadata_csum uninit_bg",
        "bigalloc extent",
        "none",
        "^extent",
        "extent,64bit",
    ] {
        assert!(Features::parse(names).is_none(), "{names}");
    }
    assert_eq!(Features::parse("").unwrap().names().count(), 0);
}

#[test]
fn a_disk_without_one_of_its_lines_or_with_an_unknown_feature_is_refused() {
    let mut lines = String::new();
    disk_lines::append(&mut lines, &disk(facts(b"root"), 4096));
    let block_size = BlockSize::new(4096).unwrap();
    let reading = |text: &str| {
        let mut lines = text.lines();
        let fact = |name: &str| {
            let line = lines.next().and_then(|line| line.strip_prefix(name));
            line.map(str::trim_start)
                .ok_or(FormatError::Damaged("a fact"))
        };
        disk_lines::read(fact, block_size)
    };
    assert_eq!(reading(&lines), Ok(disk(facts(b"root"), 4096)));
    for line in lines.lines() {
        let rest = lines.replace(&format!("{line}\n"), "");
        assert!(reading(&rest).is_err(), "{line}");
    }
    for (from, to) in [
        ("fs-uuid ab", "fs-uuid "),
        ("fs-uuid ab", "fs-uuid AB"),
        ("fs-label 72", "fs-label 00"),
        ("fs-label 72", "fs-label 7"),
        ("fs-inodes 1000", "fs-inodes 4294967296"),
        ("fs-inode-bytes 256", "fs-inode-bytes 65792"),
    ] {
        assert!(lines.contains(from), "{from}");
        let lie = lines.replacen(from, to, 1);
        assert!(
            matches!(reading(&lie), Err(FormatError::Damaged(_))),
            "{to}"
        );
    }
    let newer = lines.replace(" extent", " extent teleport");
    assert_eq!(reading(&newer), Err(FormatError::Newer));
}
