//! A tree with some of everything.

use std::path::Path;

use qib_ext4::Ext4;

use super::check::comparable;
use super::content::Content;
use super::expected;
use super::model::{self, Entry, Owned, What, many_names};
use super::reading::device::FileDevice;
use super::reading::ours;
use super::volume::Volume;

fn named(name: &str, what: What) -> (Vec<u8>, Entry) {
    (name.as_bytes().to_vec(), Entry::plain(what))
}

fn with_attributes(name: &str, what: What, lengths: &[usize]) -> (Vec<u8>, Entry) {
    let xattr = |(number, length): (usize, &usize)| {
        let value = vec![b'v'; *length];
        (format!("trusted.{number}").into_bytes(), value)
    };
    let xattrs = lengths.iter().enumerate().map(xattr).collect();
    let owned = Owned {
        xattrs,
        uid: 100_000,
        gid: 70_000,
        ..Owned::plain()
    };
    (name.as_bytes().to_vec(), Entry { owned, what })
}

/// Takes less than 400 KiB and 600 inodes.
pub fn tree() -> Entry {
    let deep = (0..12).fold(What::Folder(Vec::new()), |inner, number| {
        What::Folder(vec![named(&format!("level {number}"), inner)])
    });
    let pieces = What::File(Content::of_gaps(&[(6000, 1); 30], 0, 4));
    let close = What::File(Content::of_gaps(&[(5, 100); 90], 10_000, 5));
    let far = What::File(Content::of_gaps(&[(1 << 36, 9), (1 << 33, 5000)], 77, 6));
    Entry::plain(What::Folder(vec![
        with_attributes("attributes", What::File(Content::default()), &[9, 30, 300]),
        with_attributes("block", What::BlockDevice(259, 70_000), &[10]),
        named("char", What::CharDevice(1, 3)),
        named("close", close),
        named("deep", deep),
        named("far", far),
        named("fifo", What::Fifo),
        named("link", What::Again(3)),
        named("long", What::Symlink(vec![b'l'; 300])),
        named(
            "many",
            What::Folder(many_names(600, 60, 1, &Owned::plain())),
        ),
        named("pieces", pieces),
        with_attributes("short", What::Symlink(b"target".to_vec()), &[200]),
        named("socket", What::Socket),
        named("whole", What::File(Content::whole(100_001, 7))),
    ]))
}

/// A volume with some of everything.
pub fn volume(mebibytes: u64, options: &[&str]) -> Volume {
    let volume = Volume::over_junk(mebibytes << 20, options);
    model::fill(&volume, &model::steps(&tree()));
    volume
}

/// The tree is still as it was made, whatever else is there by now.
pub fn assert_unchanged(path: &Path, block: u64) {
    let fs = Ext4::open(FileDevice::open(path)).unwrap();
    let found = comparable(ours::tree(&fs).unwrap());
    let expected = expected::tree(&model::steps(&tree()), block, true);
    for (path, record) in expected {
        // The root has more names by now.
        if !path.is_empty() {
            let name = String::from_utf8_lossy(&path);
            assert_eq!(found.get(&path), Some(&record), "{name:?}");
        }
    }
}
