//! What e2fsprogs and both readers say of a volume.

use std::path::Path;

use qib_ext4::{BlockReader, Ext4, FileType};

use super::expected;
use super::model::Step;
use super::reading::image::{can_mount, tool};
use super::reading::record::{Record, Tree, assert_same};
use super::reading::{kernel, ours};
use super::volume::Volume;

/// e2fsck finds nothing to say but of times after 2310: it says so of the kernel's, too.
pub fn assert_clean(volume: &Volume) {
    assert_path_clean(&volume.path());
}

pub fn assert_path_clean(path: &Path) {
    let output = tool("e2fsck")
        .args(["-f", "-n"])
        .arg(path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let more = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{more}");
    let is_news = |line: &&str| {
        !(line.is_empty()
            || line.starts_with("Pass ")
            || line.ends_with("beyond 2310-04-04 are likely pre-1970.")
            || *line == "Fix? no")
    };
    let lines = said.lines().filter(is_news);
    let words: Vec<&str> = lines.collect();
    assert_eq!(words.len(), 1, "{said}");
    assert!(words[0].contains("non-contiguous"), "{said}");
}

/// The kernel sees what our reader sees; without root only our reader looks.
pub fn assert_kernel_agrees(test: &str, volume: &Volume) {
    let found = ours::tree(&Ext4::open(volume).unwrap()).unwrap();
    if can_mount(test) {
        assert_same(&found, &kernel::tree(volume.mount("ro,noatime").path()));
    }
}

/// A tree without what a copy can not share: numbers, places, and times of inodes.
pub fn comparable(tree: Tree) -> Tree {
    let own = |(path, record): (Vec<u8>, Record)| {
        let is_folder = record.mode >> 12 == 4;
        let record = Record {
            inode: 0,
            blocks: 0,
            atime: (0, 0),
            ctime: (0, 0),
            crtime: None,
            flags: (false, false, false),
            size: if is_folder { 0 } else { record.size },
            ..record
        };
        (path, record)
    };
    tree.into_iter().map(own).collect()
}

/// The volume holds this tree, and everyone says so.
pub fn assert_holds(test: &str, volume: &Volume, steps: &[Step]) {
    assert_clean(volume);
    let fs = volume.open();
    let found = comparable(ours::tree(&fs).unwrap());
    let expected = expected::tree(steps, fs.block_size().into(), true);
    assert_same(&found, &expected);
    assert_tails_are_zero(volume);
    assert_next_inodes_are_zero(volume);
    assert_kernel_agrees(test, volume);
}

/// What dumpe2fs says of the volume, by the word before the colon.
pub fn dumped(volume: &Volume, what: &str) -> String {
    let mut dumpe2fs = tool("dumpe2fs");
    let output = dumpe2fs.arg("-h").arg(volume.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let value = |line: &str| Some(line.split_once(':')?.1.trim().to_owned());
    let line = text.lines().find(|line| line.starts_with(what));
    line.and_then(value).unwrap()
}

/// The inodes behind the last, in the same block of the table: nobody makes them zeros later.
fn assert_next_inodes_are_zero(volume: &Volume) {
    let number = |what| dumped(volume, what).parse::<u64>().unwrap();
    let next = number("Inode count") - number("Free inodes") + 1;
    let mut debugfs = tool("debugfs");
    debugfs
        .args(["-R", &format!("imap <{next}>")])
        .arg(volume.path());
    let said = String::from_utf8(debugfs.output().unwrap().stdout).unwrap();
    let (_, place) = said.split_once("located at block ").unwrap();
    let (block, inside) = place.trim().split_once(", offset 0x").unwrap();
    let inside = u64::from_str_radix(inside, 16).unwrap();
    let length = number("Block size");
    let begin = block.parse::<u64>().unwrap() * length;
    // Another block of its own.
    if inside > 0 {
        let mut rest = vec![0xFF; (length - inside).try_into().unwrap()];
        volume.read_at(begin + inside, &mut rest).unwrap();
        assert!(rest.iter().all(|byte| *byte == 0), "{said}");
    }
}

/// The bytes behind the end of each file, in its last block, are zeros.
pub fn assert_tails_are_zero(volume: &Volume) {
    let fs = volume.open();
    for inode in fs.inodes().map(|inode| inode.unwrap()) {
        if inode.file_type != FileType::Regular {
            continue;
        }
        let extents = fs.extents(&inode).unwrap();
        let Some(last) = extents.map(|extent| extent.unwrap()).last() else {
            continue;
        };
        let block = u64::from(fs.block_size());
        let behind = last.offset + last.length.next_multiple_of(block);
        let length = behind.saturating_sub(inode.size.max(last.offset));
        let end = last.place + last.length.next_multiple_of(block);
        let mut tail = vec![0xFF; length.try_into().unwrap()];
        volume.read_at(end - length, &mut tail).unwrap();
        assert!(tail.iter().all(|byte| *byte == 0), "{inode:?}");
    }
}
