//! Single properties of one volume that was filled through the kernel.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::sync::OnceLock;

use common::device::{FileDevice, MemoryDevice};
use common::image::{Image, can_mount, tool};
use common::populate::{self, SECRET, Wishes};
use common::{edit::Edit, ours};
use qib_ext4::{BlockReader, Error, Ext4, Extent, Fault, FileType, Inode, Structure};

/// One image for all tests here; None, with a line, where none can be made.
fn image(test: &str) -> Option<&'static Image> {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    can_mount(test).then(|| {
        IMAGE.get_or_init(|| {
            let image = Image::make(256, &["-t", "ext4", "-b", "1024"]);
            let wishes = Wishes {
                pieces: 3000,
                names: 30_000,
                value_max: 700,
                link_max: 1000,
            };
            populate::everything(image.mount("acl").path(), &wishes);
            image
        })
    })
}

fn open(image: &Image) -> Ext4<FileDevice> {
    Ext4::open(FileDevice::open(&image.path())).unwrap()
}

fn find(fs: &Ext4<FileDevice>, path: &str) -> Inode {
    let number = ours::tree(fs).unwrap()[path.as_bytes()].inode;
    fs.inodes()
        .map(Result::unwrap)
        .find(|inode| u64::from(inode.number.get()) == number)
        .unwrap()
}

fn extents(fs: &Ext4<FileDevice>, inode: &Inode) -> Vec<Extent> {
    fs.extents(inode).unwrap().map(Result::unwrap).collect()
}

#[test]
fn space_that_was_never_written_hides_what_lies_there() {
    let Some(image) = image("space_that_was_never_written_hides_what_lies_there") else {
        return;
    };
    let fs = open(image);
    let inode = find(&fs, "unwritten");
    let (mut hidden, mut zeros) = (vec![0; 1000], vec![1; 1000]);
    let mut found = 0;
    for extent in extents(&fs, &inode).iter().filter(|extent| !extent.written) {
        FileDevice::open(&image.path())
            .read_at(extent.place, &mut hidden)
            .unwrap();
        found += usize::from(hidden.windows(SECRET.len()).any(|window| window == SECRET));
        let count = fs.read_extent(extent, 0, &mut zeros).unwrap();
        assert!(zeros[..count].iter().all(|byte| *byte == 0));
    }
    assert!(
        found > 0,
        "the volume did not use the deleted file's blocks again"
    );
    let mut content = vec![1; 6_000_000];
    assert_eq!(
        fs.file(&inode, 0).unwrap().read(&mut content).unwrap(),
        content.len()
    );
    let written: Vec<u8> = content.iter().copied().filter(|byte| *byte != 0).collect();
    assert_eq!(written, b"in the middle");
}

#[test]
fn a_file_can_be_read_from_any_offset() {
    let Some(image) = image("a_file_can_be_read_from_any_offset") else {
        return;
    };
    let fs = open(image);
    let inode = find(&fs, "many pieces");
    let mut whole = vec![0; usize::try_from(inode.size).unwrap()];
    fs.file(&inode, 0).unwrap().read(&mut whole).unwrap();
    for offset in [
        0,
        1,
        1023,
        1024,
        1025,
        2048,
        4_000_007,
        whole.len() - 1,
        whole.len(),
    ] {
        let mut part = vec![1; 5000];
        let count = fs
            .file(&inode, offset.try_into().unwrap())
            .unwrap()
            .read(&mut part)
            .unwrap();
        assert_eq!(part[..count], whole[offset..whole.len().min(offset + 5000)]);
    }
    assert_eq!(
        fs.file(&inode, u64::MAX)
            .unwrap()
            .read(&mut [0; 9])
            .unwrap(),
        0
    );
}

#[test]
fn one_reader_serves_several_threads() {
    let Some(image) = image("one_reader_serves_several_threads") else {
        return;
    };
    let fs = open(image);
    let expected = ours::tree(&fs).unwrap();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| ours::tree(&fs).unwrap()))
            .collect();
        for reader in readers {
            assert!(reader.join().unwrap() == expected);
        }
    });
}

#[test]
fn generations_are_those_of_debugfs() {
    let Some(image) = image("generations_are_those_of_debugfs") else {
        return;
    };
    let fs = open(image);
    for inode in fs
        .inodes()
        .map(Result::unwrap)
        .filter(|inode| inode.number.get() < 30)
    {
        let (stat, path) = (format!("stat <{}>", inode.number.get()), image.path());
        let output = tool("debugfs")
            .args(["-R", &stat])
            .arg(path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            said.contains(&format!("Generation: {} ", inode.generation)),
            "{said}"
        );
    }
}

/// The largest directory, which has a root, inner nodes and leaves.
fn largest<R: BlockReader>(fs: &Ext4<R>) -> Inode {
    let inodes = fs.inodes().map(Result::unwrap);
    let directories = inodes.filter(|inode| inode.file_type == FileType::Directory);
    directories.max_by_key(|inode| inode.size).unwrap()
}

#[test]
fn a_change_in_a_hash_tree_is_noticed() {
    let Some(image) = image("a_change_in_a_hash_tree_is_noticed") else {
        return;
    };
    let sound = Edit::new(image);
    let fs = sound.open().unwrap();
    let directory = largest(&fs);
    let blocks = fs
        .extents(&directory)
        .unwrap()
        .map(Result::unwrap)
        .flat_map(|extent| (extent.place..extent.place + extent.length).step_by(1024));
    let blocks: Vec<usize> = blocks.map(|place| place.try_into().unwrap()).collect();
    assert_eq!(sound.bytes[blocks[0] + 0x1E], 1, "the tree has two levels");
    let is_node = |at: &usize| sound.bytes[*at..*at + 8] == [0, 0, 0, 0, 0, 4, 0, 0];
    let node = blocks.iter().copied().find(is_node).unwrap();
    for at in [blocks[0] + 0x28, node + 0x10] {
        let mut bytes = sound.bytes.clone();
        bytes[at] ^= 1;
        let fs = Ext4::open(MemoryDevice(bytes)).unwrap();
        let error = fs.read_dir(&directory, |_| ()).unwrap_err();
        let expected = (Structure::DxBlock, Fault::Checksum);
        assert!(
            matches!(error, Error::Corrupt { structure, fault, .. } if (structure, fault) == expected)
        );
    }
}
