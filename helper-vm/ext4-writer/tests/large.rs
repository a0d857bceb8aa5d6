//! As much as ext4 holds of each thing, and one more, which is refused by name.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::time::{Duration, Instant};

use common::check::{assert_clean, assert_kernel_agrees};
use common::content::Content;
use common::copy;
use common::copy::AddFile;
use common::model::Owned;
use common::volume::Volume;
use qib_ext4::{DirEntry, Ext4, Inode};
use qib_ext4_writer::{Error, Impossible, Known, Meta, Nowhere, Result, Run, Special, Writer};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Fills a volume with what is put into its root.
fn made(volume: &Volume, put: impl FnOnce(&mut Writer<&Volume>) -> Result<()>) {
    let mut writer = volume.writer();
    put(&mut writer).unwrap();
    writer.leave(&Owned::plain().meta()).unwrap();
    writer.finish().unwrap();
    assert_clean(volume);
}

/// Why something can not be put into the root.
fn refused<T>(block: &str, put: impl FnOnce(&mut Writer<Nowhere>) -> Result<T>) -> Impossible {
    let volume = Volume::empty(20 * MIB, &["-b", block]);
    let mut writer = volume.counter(true);
    let put = put(&mut writer).map(drop);
    match put.and_then(|()| writer.leave(&Owned::plain().meta())) {
        Err(Error::Impossible(what)) => what,
        other => panic!("{other:?}"),
    }
}

/// What a name in the root leads to.
fn find(fs: &Ext4<&Volume>, name: &[u8]) -> Inode {
    let mut found = None;
    let take = |entry: DirEntry<'_>| {
        if entry.name == name {
            found = Some(entry.inode);
        }
    };
    fs.read_dir(&fs.root().unwrap(), take).unwrap();
    fs.inode(found.unwrap()).unwrap()
}

fn count_names(fs: &Ext4<&Volume>, folder: &Inode) -> usize {
    let mut count = 0;
    fs.read_dir(folder, |_| count += 1).unwrap();
    count
}

fn empty_file<D: qib_ext4_writer::BlockWriter>(
    writer: &mut Writer<D>,
    name: &[u8],
    links: u32,
) -> Result<Known> {
    let file = writer.add_file(name, &Owned::plain().meta(), links, 0, &[]);
    file.map(|(known, _)| known)
}

#[test]
fn a_file_of_100_000_extents() {
    const PIECES: usize = 100_000;
    for block in [1024, 4096] {
        let volume = Volume::empty(600 * MIB, &["-b", &block.to_string()]);
        let content = Content::of_gaps(&[(2 * block - 1, 1); PIECES], 0, 1);
        let runs: Vec<Run> = content.runs().collect();
        made(&volume, |writer| {
            let meta = Owned::plain();
            let (_, places) = writer.add_file(b"pieces", &meta.meta(), 1, content.size, &runs)?;
            for (placed, data) in places.into_iter().zip(content.data()) {
                copy::write(writer.space(), &&volume, placed, &data);
            }
            Ok(())
        });
        let fs = volume.open();
        let inode = find(&fs, b"pieces");
        let extents = fs.extents(&inode).unwrap().map(|extent| extent.unwrap());
        let found: Vec<(u64, u64)> = extents
            .map(|extent| (extent.offset, extent.offset + extent.length))
            .collect();
        assert_eq!(found.len(), PIECES);
        assert_eq!(found, content.ranges(block));
        assert_kernel_agrees("a_file_of_100_000_extents", &volume);
    }
}

/// The last block that has a number, and one more.
#[test]
fn the_longest_sparse_file() {
    for block in [1024_u64, 4096] {
        let text = block.to_string();
        let size = block * u64::from(u32::MAX);
        let last = Run {
            at: size - 5,
            bytes: 5,
        };
        let volume = Volume::empty(64 * MIB, &["-b", &text]);
        made(&volume, |writer| {
            let meta = Owned::plain();
            let (_, places) = writer.add_file(b"longest", &meta.meta(), 1, size, &[last])?;
            copy::write(writer.space(), &&volume, places[0], b"at it");
            writer
                .add_file(b"hole", &meta.meta(), 1, size, &[])
                .map(drop)
        });
        let fs = volume.open();
        let inode = find(&fs, b"longest");
        assert_eq!(inode.size, size);
        let mut bytes = [0; 9];
        let count = fs.file(&inode, size - 9).unwrap().read(&mut bytes).unwrap();
        assert_eq!(&bytes[..count], b"\0\0\0\0at it");
        assert_kernel_agrees("the_longest_sparse_file", &volume);
        let longer = refused(&text, |writer| {
            writer.add_file(b"name", &Owned::plain().meta(), 1, size + 1, &[])
        });
        assert_eq!(longer, Impossible::FileSize);
    }
}

/// From 65,000 links on those of a folder are not counted.
#[test]
fn folders_of_many_folders() {
    for (folders, links) in [(64_997, 64_999), (64_998, 65_000), (64_999, 1), (70_000, 1)] {
        let options = ["-b", "1024", "-N", "71000", "-J", "size=4"];
        let volume = Volume::empty(130 * MIB, &options);
        made(&volume, |writer| {
            writer.enter(b"folders")?;
            for number in 0..folders {
                writer.enter(format!("{number}").as_bytes())?;
                writer.leave(&Owned::plain().meta())?;
            }
            writer.leave(&Owned::plain().meta())
        });
        let fs = volume.open();
        let folder = find(&fs, b"folders");
        assert_eq!(u32::from(folder.links), links);
        assert_eq!(count_names(&fs, &folder), folders);
        if folders == 70_000 {
            assert_kernel_agrees("folders_of_many_folders", &volume);
        }
    }
}

#[test]
fn a_file_of_65_000_names() {
    let volume = Volume::empty(64 * MIB, &["-b", "4096"]);
    made(&volume, |writer| {
        let known = empty_file(writer, b"first", 65_000)?;
        (1..65_000_u32).try_for_each(|name| writer.link(name.to_string().as_bytes(), known))
    });
    let fs = volume.open();
    assert_eq!(find(&fs, b"first").links, 65_000);
    assert_kernel_agrees("a_file_of_65_000_names", &volume);
    let more = refused("4096", |writer| empty_file(writer, b"name", 65_001));
    assert_eq!(more, Impossible::Links);
}

/// As many names in blocks of 1 KiB as need one more level of the tree than is common.
fn long_names<D: qib_ext4_writer::BlockWriter>(writer: &mut Writer<D>, names: u32) -> Result<()> {
    let known = empty_file(writer, b"first", names)?;
    (1..names).try_for_each(|number| writer.link(format!("{number:0>200}").as_bytes(), known))
}

#[test]
fn a_folder_of_three_levels_of_nodes() {
    let volume = Volume::empty(64 * MIB, &["-b", "1024", "-O", "large_dir"]);
    made(&volume, |writer| long_names(writer, 64_000));
    let fs = volume.open();
    assert_eq!(count_names(&fs, &fs.root().unwrap()), 64_001);
    assert_kernel_agrees("a_folder_of_three_levels_of_nodes", &volume);
    let deeper = refused("1024", |writer| long_names(writer, 64_000));
    assert_eq!(deeper, Impossible::Directory);
}

#[test]
fn names_that_are_too_long_are_refused() {
    let long = |length| refused("1024", |writer| empty_file(writer, &vec![b'n'; length], 1));
    assert_eq!(long(256), Impossible::Directory);
    let volume = Volume::empty(20 * MIB, &["-b", "1024"]);
    made(&volume, |writer| {
        empty_file(writer, &[b'n'; 255], 1).map(drop)
    });
}

#[test]
fn targets_of_links_up_to_a_block() {
    for block in [1024, 4096] {
        let text = block.to_string();
        let volume = Volume::empty(64 * MIB, &["-b", &text]);
        made(&volume, |writer| {
            for length in [1, 58, 59, 60, 61, block - 2, block - 1] {
                let target = vec![b't'; length];
                let name = length.to_string();
                let meta = Owned::plain();
                let link = Special::Symlink(&target);
                writer.special(name.as_bytes(), &meta.meta(), 1, link)?;
            }
            Ok(())
        });
        assert_kernel_agrees("targets_of_links_up_to_a_block", &volume);
        let longer = refused(&text, |writer| {
            let target = vec![b't'; block];
            let meta = Owned::plain();
            writer.special(b"name", &meta.meta(), 1, Special::Symlink(&target))
        });
        assert_eq!(longer, Impossible::Target);
    }
}

fn with_xattrs<D: qib_ext4_writer::BlockWriter>(
    writer: &mut Writer<D>,
    name: &[u8],
    xattrs: &[(Vec<u8>, Vec<u8>)],
) -> Result<Known> {
    let owned = Owned::plain();
    let meta = Meta {
        xattrs,
        ..owned.meta()
    };
    writer
        .add_file(name, &meta, 1, 0, &[])
        .map(|(known, _)| known)
}

/// The longest value of one attribute, and one that fills the inode beside it.
#[test]
fn attributes_that_fill_an_inode_and_a_block() {
    for block in [1024_usize, 2048, 4096] {
        let text = block.to_string();
        // Header, the entry of a name of four bytes, and the end of the list.
        let value = block - 32 - 20 - 4;
        let all = |length| {
            let inner = (b"trusted.in".to_vec(), vec![1; 256 - 160 - 4 - 20 - 4]);
            vec![inner, (b"user.long".to_vec(), vec![7; length])]
        };
        let volume = Volume::empty(64 * MIB, &["-b", &text]);
        made(&volume, |writer| {
            with_xattrs(writer, b"full", &all(value)).map(drop)
        });
        assert_kernel_agrees("attributes_that_fill_an_inode_and_a_block", &volume);
        // The largest is left out when it is a byte too long.
        for length in [value + 1, 70_000] {
            let volume = Volume::empty(64 * MIB, &["-b", &text]);
            assert_eq!(left_out(&volume, &all(length)), 1);
            let fs = volume.open();
            let found = fs.xattrs(&find(&fs, b"name")).unwrap();
            let names: Vec<&[u8]> = found.iter().map(|xattr| &xattr.name[..]).collect();
            assert_eq!(names, [b"trusted.in"]);
        }
    }
}

/// How many attributes of a file are left out.
fn left_out(volume: &Volume, xattrs: &[(Vec<u8>, Vec<u8>)]) -> u64 {
    let mut count = 0;
    made(volume, |writer| {
        with_xattrs(writer, b"name", xattrs)?;
        count = writer.left_out();
        Ok(())
    });
    count
}

#[test]
fn attributes_that_ext4_does_not_know_are_left_out() {
    let names: [&[u8]; 8] = [
        b"",
        b"user.",
        b"user",
        b"other.name",
        b"system.other",
        b"user.a\0b",
        b"system.posix_acl_access",
        b"system.posix_acl_default",
    ];
    let long = [b"user.".to_vec(), vec![b'n'; 256]].concat();
    let value = || b"value".to_vec();
    let unknown = names.into_iter().chain([&long[..]]);
    let mut xattrs: Vec<_> = unknown.map(|name| (name.to_vec(), value())).collect();
    xattrs.push((b"user.known".to_vec(), value()));
    let volume = Volume::empty(64 * MIB, &[]);
    assert_eq!(left_out(&volume, &xattrs), 9);
    let fs = volume.open();
    let found = fs.xattrs(&find(&fs, b"name")).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, b"user.known");
}

/// As many as the kernel lists of a file, on file systems that hold them.
#[test]
fn attributes_without_number_cost_little_time() {
    let xattr = |number| (format!("user.{number}").into_bytes(), vec![7; 20]);
    let xattrs: Vec<_> = (0..6000).map(xattr).collect();
    let volume = Volume::empty(64 * MIB, &["-b", "4096"]);
    let begun = Instant::now();
    let left_out = left_out(&volume, &xattrs);
    println!("{left_out} left out in {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(2));
    let fs = volume.open();
    let found = fs.xattrs(&find(&fs, b"name")).unwrap();
    assert_eq!(left_out, 6000 - u64::try_from(found.len()).unwrap());
    // 40 bytes each, or 36 where the number is short.
    assert!(found.len() >= 4096 / 44);
}

/// Nodes of extents, not only data, lie beyond what 32 bits of blocks' bytes can say.
#[test]
fn a_file_of_many_gigabytes() {
    let volume = Volume::empty(20 * GIB, &["-b", "4096"]);
    let size = 15 * GIB + 1;
    let run = Run { at: 0, bytes: size };
    made(&volume, |writer| {
        let meta = Owned::plain();
        writer
            .add_file(b"long", &meta.meta(), 1, size, &[run])
            .map(drop)
    });
    let fs = volume.open();
    let inode = find(&fs, b"long");
    let extents = fs.extents(&inode).unwrap().map(|extent| extent.unwrap());
    let bytes: u64 = extents.map(|extent| extent.length).sum();
    assert_eq!(bytes, size);
    assert_eq!(inode.blocks, (size.div_ceil(4096) * 4096 + 4096) / 512);
}
