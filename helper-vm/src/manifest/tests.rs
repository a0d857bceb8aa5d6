//! What is written reads back; what lies is refused.

use super::*;
use crate::archive::{self, Head, MemberKind};
use crate::chunk_id::ChunkId;
use crate::format_error::FormatError;
use proptest::prelude::*;

fn a_part() -> impl Strategy<Value = Part> {
    prop_oneof![
        (any::<[u8; 32]>(), 1_u64..=4 << 20)
            .prop_map(|(id, bytes)| Part::Chunk(ChunkId::new(id), bytes)),
        (1_u64..1 << 50).prop_map(Part::Hole),
        (any::<[u8; 32]>(), 1_u64..=4 << 20)
            .prop_map(|(id, bytes)| Part::List(ChunkId::new(id), bytes)),
    ]
}

fn a_node() -> impl Strategy<Value = Node> {
    let parts = || proptest::collection::vec(a_part(), 0..4);
    let pieces = parts().prop_map(|mut parts| {
        parts.retain(|part| !matches!(part, Part::Hole(_)));
        Node::Directory(parts)
    });
    prop_oneof![
        parts().prop_map(|parts| Node::File(Content { parts })),
        pieces,
        proptest::collection::vec(1_u8.., 1..300).prop_map(Node::Symlink),
        (0_u32..4096, 0_u32..1 << 20).prop_map(|(major, minor)| Node::CharDevice(major, minor)),
        (0_u32..4096, 0_u32..1 << 20).prop_map(|(major, minor)| Node::BlockDevice(major, minor)),
        Just(Node::Fifo),
    ]
}

fn an_entry() -> impl Strategy<Value = Entry> {
    let name = proptest::collection::vec(1_u8.., 1..=255)
        .prop_filter_map("a name", |bytes| EntryName::new(&bytes));
    let time = (any::<i32>(), 0_u32..1_000_000_000);
    let meta = (0_u32..0o10000, any::<u32>(), any::<u32>(), time).prop_map(
        |(mode, uid, gid, (seconds, nanoseconds))| Meta {
            mode,
            uid,
            gid,
            seconds: seconds.into(),
            nanoseconds,
            xattrs: vec![(b"user.a=%".to_vec(), b"\n1 a=b\n".to_vec())],
        },
    );
    let group = proptest::option::of(1_u32..);
    (name, meta, a_node(), group).prop_map(|(name, meta, node, group)| Entry {
        link_group: group.filter(|_| !matches!(node, Node::Directory(_))),
        name,
        meta,
        node,
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        entries in proptest::collection::vec(an_entry(), 0..6)
    ) {
        let mut entries = entries;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries.dedup_by(|a, b| a.name == b.name);
        let mut piece = Vec::new();
        for entry in &entries {
            append(&mut piece, entry);
        }
        archive::end(&mut piece);
        prop_assert_eq!(read(&piece, None), Ok(entries));
    }
}

fn lie(members: &[(&[u8], MemberKind, &str)]) -> Result<Vec<Entry>, FormatError> {
    let mut piece = Vec::new();
    for (name, kind, text) in members {
        let mut head = Head::plain(name, u64::try_from(text.len()).unwrap());
        head.kind = *kind;
        archive::member(&mut piece, &head);
        piece.extend_from_slice(text.as_bytes());
        archive::padding(&mut piece, head.content_bytes);
    }
    archive::end(&mut piece);
    read(&piece, EntryName::new(b"a").as_ref())
}

#[test]
fn hostile_names_are_refused() {
    use MemberKind::{Directory, Fifo, File};
    assert!(lie(&[(b"e/b", File, ""), (b"e/c", Fifo, "")]).is_ok());
    let long = [b"e/".as_slice(), &[b'x'; 256]].concat();
    for name in [
        b"e/".as_slice(),
        b"e",
        b"",
        b"b",
        b"/b",
        b"e//b",
        b"e/..",
        b"e/.",
        b"e/b/c",
        b"x/b",
        b"d/b",
        b"l/b",
        b"../b",
        &long,
        b"e/a",
    ] {
        assert!(lie(&[(name, File, "")]).is_err(), "{name:?}");
    }
    assert!(
        lie(&[(b"e/b", File, ""), (b"e/b", File, "")]).is_err(),
        "twice"
    );
    assert!(
        lie(&[(b"e/c", File, ""), (b"e/b", File, "")]).is_err(),
        "order"
    );
    assert!(lie(&[(b"e/b", Directory, "")]).is_err(), "no d/");
    assert!(
        lie(&[(b"e/b", Directory, ""), (b"d/c", File, "")]).is_err(),
        "another d/"
    );
    assert!(
        lie(&[(b"e/b", Directory, ""), (b"d/b", File, "hole 1\n")]).is_err(),
        "hole"
    );
    assert!(
        lie(&[(b"e/b", File, ""), (b"d/b", File, "")]).is_err(),
        "d/ of a file"
    );
    assert!(
        lie(&[(b"e/b", Fifo, ""), (b"l/b", File, "")]).is_err(),
        "empty l/"
    );
    assert!(lie(&[(b"e/b", Fifo, ""), (b"l/b", File, "link 1\n")]).is_ok());
    assert!(
        lie(&[(b"e/b", Fifo, "hole 1\n")]).is_err(),
        "a FIFO with content"
    );
}

#[test]
fn hostile_contents_are_refused() {
    let id = "0".repeat(64);
    let good = format!("link 7\nchunk {id} 1\nhole 5\n");
    assert!(lie(&[(b"e/b", MemberKind::File, &good)]).is_ok());
    for text in [
        "chunk 00 1\n".to_owned(),
        format!("chunk {id} 1"),
        format!("chunk {id} 0\n"),
        format!("chunk {id} 01\n"),
        format!("chunk {id} +1\n"),
        format!("chunk {id} 4194305\n"),
        format!("chunk {id}\n"),
        format!("chunk {id} 1 1\n"),
        format!("chunk  {id} 1\n"),
        "hole 18446744073709551616\n".to_owned(),
        "hole 1152921504606846976\nhole 1\n".to_owned(),
        "link 0\n".to_owned(),
        "hole 1\nlink 1\n".to_owned(),
        "\n".to_owned(),
    ] {
        assert!(
            lie(&[(b"e/b", MemberKind::File, &text)]).is_err(),
            "{text:?}"
        );
    }
    assert!(Part::list(format!("list {id} 5\n").as_bytes()).is_err());
}

#[test]
fn device_numbers_that_no_device_has_are_refused() {
    for (device, fits) in [
        ((4095, 0xf_ffff), true),
        ((4096, 0), false),
        ((0, 1 << 20), false),
    ] {
        let mut piece = Vec::new();
        let mut head = Head::plain(b"e/b", 0);
        (head.kind, head.device) = (MemberKind::BlockDevice, device);
        archive::member(&mut piece, &head);
        archive::end(&mut piece);
        assert_eq!(read(&piece, None).is_ok(), fits, "{device:?}");
    }
}
