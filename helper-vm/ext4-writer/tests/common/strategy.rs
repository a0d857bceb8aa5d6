//! Random trees.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::content::Content;
use super::model::{Entry, Owned, What};

/// The root and all in it, for blocks of so many bytes.
pub fn root(block: usize) -> impl Strategy<Value = Entry> {
    let leaf = entry(block).boxed();
    let inner = leaf.prop_recursive(5, 60, 12, move |inner| {
        (owned(block, Kind::Folder), folder(inner)).prop_map(|(owned, what)| Entry { owned, what })
    });
    (owned(block, Kind::Folder), folder(inner)).prop_map(|(owned, what)| Entry { owned, what })
}

fn folder(inner: impl Strategy<Value = Entry>) -> impl Strategy<Value = What> {
    btree_map(name(), inner, 0..14).prop_map(|names| What::Folder(names.into_iter().collect()))
}

/// A byte of a name.
fn byte() -> impl Strategy<Value = u8> {
    (1..=254_u8).prop_map(|byte| if byte == b'/' { 255 } else { byte })
}

/// A name of any bytes that a name may have.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![6 => 1..=12_usize, 3 => 13..=255_usize, 1 => Just(255)];
    let bytes = length.prop_flat_map(move |length| vec(byte(), length));
    bytes.prop_filter("a name of its own", |name| {
        ![&b"."[..], b"..", b"lost+found"].contains(&&name[..])
    })
}

/// What may have an attribute depends on what it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    File,
    Other,
    Link,
}

fn entry(block: usize) -> impl Strategy<Value = Entry> {
    let of = move |kind, what: BoxedStrategy<What>| {
        (owned(block, kind), what).prop_map(|(owned, what)| Entry { owned, what })
    };
    let numbers = || prop_oneof![(0..256_u32, 0..256_u32), (0..4096_u32, 0..1_u32 << 20)];
    let char_device = numbers().prop_map(|(major, minor)| What::CharDevice(major, minor));
    let block_device = numbers().prop_map(|(major, minor)| What::BlockDevice(major, minor));
    let special = prop_oneof![
        char_device,
        block_device,
        Just(What::Fifo),
        Just(What::Socket)
    ];
    let size = prop_oneof![3 => 0..60_usize, 1 => 300..2500_usize];
    let many = (size, prop_oneof![1..40_usize, Just(255)], any::<u64>());
    let many = many.prop_map(|(count, length, seed)| What::Many {
        count,
        length,
        seed,
    });
    prop_oneof![
        6 => of(Kind::File, content(block).prop_map(What::File).boxed()),
        2 => of(Kind::Link, target(block).prop_map(What::Symlink).boxed()),
        2 => of(Kind::Other, special.boxed()),
        3 => of(Kind::Other, any::<usize>().prop_map(What::Again).boxed()),
        1 => of(Kind::Folder, many.boxed()),
    ]
}

fn target(block: usize) -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![1..70_usize, 57..=62_usize, 1..block, Just(block - 1)];
    length.prop_flat_map(|length| vec(1..=255_u8, length))
}

fn content(block: usize) -> impl Strategy<Value = Content> {
    let block = u64::try_from(block).unwrap();
    let few = |gap, length, most| vec((gap, length), 0..most);
    let close = few(0..3000_u64, 1..600_u64, 40);
    let blocks = few(0..block * 4, 1..block * 9, 12);
    let far = few(0..1_u64 << 37, 1..5000_u64, 5);
    let pieces = (0..700_usize).prop_map(move |count| vec![(block, 1); count]);
    let gaps = prop_oneof![3 => close, 3 => blocks, 2 => far, 1 => pieces];
    let hole = prop_oneof![Just(0_u64), 0..100_000_u64, 0..1_u64 << 38];
    (gaps, hole, any::<u64>()).prop_map(|(gaps, hole, seed)| Content::of_gaps(&gaps, hole, seed))
}

fn owned(block: usize, kind: Kind) -> impl Strategy<Value = Owned> {
    let id = || prop_oneof![Just(0), Just(1000), 0..u32::MAX];
    let seconds = prop_oneof![
        4 => 0..1_800_000_000_i64,
        1 => -0x8000_0000..0_i64,
        2 => 0x8000_0000..0x4_0000_0000_i64,
        1 => any::<i64>(),
    ];
    let time = (seconds, 0..1_000_000_000_u32);
    let rights = 0..0o10_000_u16;
    (rights, id(), id(), time, xattrs(block, kind)).prop_map(
        |(permissions, uid, gid, mtime, xattrs)| Owned {
            permissions,
            uid,
            gid,
            mtime,
            xattrs,
        },
    )
}

/// Attributes that a block holds in any case.
fn xattrs(block: usize, kind: Kind) -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>)>> {
    let value = prop_oneof![
        4 => vec(any::<u8>(), 0..60),
        1 => vec(any::<u8>(), 0..block),
    ];
    let suffix = prop_oneof![4 => vec(byte(), 1..12), 1 => vec(byte(), 1..=240)];
    let plain = (select(prefixes(kind)), suffix, value).prop_map(|(prefix, suffix, value)| {
        let name = [prefix.as_bytes(), &suffix].concat();
        (name, value)
    });
    let lists = vec((select(acl_names(kind)), acl()), 0..acl_names(kind).len());
    let plain = prop_oneof![
        3 => Just(Vec::new()),
        2 => vec(plain.clone(), 0..3),
        1 => vec(plain, 0..20)
    ];
    (plain, lists).prop_map(move |(plain, lists)| {
        let lists = lists
            .into_iter()
            .map(|(name, list)| (name.as_bytes().to_vec(), list));
        let mut all: Vec<(Vec<u8>, Vec<u8>)> = plain.into_iter().chain(lists).collect();
        all.sort();
        all.dedup_by(|a, b| a.0 == b.0);
        let mut room = block - 36;
        all.retain(|(name, value)| {
            let length = 20 + name.len() + value.len() + 6;
            let fits = length <= room;
            room -= if fits { length } else { 0 };
            fits
        });
        all
    })
}

fn prefixes(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Folder | Kind::File => vec!["user.", "trusted.", "security.q"],
        Kind::Other | Kind::Link => vec!["trusted.", "security.q"],
    }
}

/// One that is left out comes last.
fn acl_names(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Folder => vec![
            "system.posix_acl_access",
            "system.posix_acl_default",
            "system.posix_acl_access",
        ],
        Kind::File | Kind::Other => vec!["system.posix_acl_access", "system.posix_acl_access"],
        Kind::Link => vec!["trusted.none"],
    }
}

/// A list as the kernel hands it out: owner, users, group, groups, mask, others.
fn acl() -> impl Strategy<Value = Vec<u8>> {
    let ids = || proptest::collection::btree_set(0..u32::MAX, 0..6);
    (ids(), ids(), 0..8_u8).prop_map(|(users, groups, bits)| {
        let mut list = vec![2, 0, 0, 0];
        let mut push = |tag: u8, id: u32| {
            list.extend([tag, 0, bits, 0]);
            list.extend(id.to_le_bytes());
        };
        push(1, u32::MAX);
        users.iter().for_each(|id| push(2, *id));
        push(4, u32::MAX);
        groups.iter().for_each(|id| push(8, *id));
        push(0x10, u32::MAX);
        push(0x20, u32::MAX);
        list
    })
}
