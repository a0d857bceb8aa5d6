//! What e2fsprogs and both readers say of a volume.

use qib_ext4::Ext4;

use super::reading::image::{can_mount, tool};
use super::reading::record::{Record, Tree, assert_same};
use super::reading::{kernel, ours};
use super::volume::Volume;

/// e2fsck finds nothing to say but of times after 2310: it says so of the kernel's, too.
pub fn assert_clean(volume: &Volume) {
    let output = tool("e2fsck")
        .args(["-f", "-n"])
        .arg(volume.path())
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
