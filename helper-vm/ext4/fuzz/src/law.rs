//! The law: whatever the bytes are, the reader ends, panics never, and each call reads no more
//! than a small multiple of the volume.

use qib_ext4::{BlockReader, Ext4, FileType, Inode};

use super::counting::Counting;

/// So many inodes are looked into.
const INODES_MAX: usize = 300;
/// Bytes of a file that are read.
const DATA_MAX: u64 = 256 * 1024;
/// Bytes read from the volume, after which no more inodes are looked into.
const BUDGET: u64 = 48 << 20;
/// What a cache or a window reads around what is asked for.
const AROUND: u64 = 512 * 1024;
/// The journal is read four times, and each block that it holds a copy of once more.
const OPENING: u64 = 6;
/// The map and what it maps, both over again where blocks are read in parts.
const FILE: u64 = 4;

/// How far a volume could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    pub opened: bool,
    pub replayed_blocks: u64,
    pub inodes: usize,
    pub names: usize,
    pub extents: usize,
    pub xattrs: usize,
}

/// Reads all that there is, within a budget. Panics when the law is broken.
pub fn check(bytes: &[u8]) -> Reached {
    let device = Counting::new(bytes);
    let mut reached = Reached::default();
    let opened = Ext4::open(&device);
    assert_bound(&device, OPENING, "opening");
    let Ok(fs) = opened else {
        return reached;
    };
    reached.opened = true;
    reached.replayed_blocks = fs.state().replayed_blocks.unwrap_or(0);
    assert!(fs.volume_bytes() <= device.size());
    assert!(reached.replayed_blocks <= device.size() / u64::from(fs.block_size()));
    _ = fs.root();
    let mut looked_into = Looking {
        fs: &fs,
        device: &device,
        reached,
        spent: 0,
    };
    looked_into.inodes();
    looked_into.reached
}

fn assert_bound(device: &Counting<'_>, times: u64, call: &str) -> u64 {
    let (read, size) = (device.take(), device.size());
    assert!(
        read <= times * size + AROUND,
        "{call} read {read} bytes of a volume of {size}"
    );
    read
}

struct Looking<'a, 'd> {
    fs: &'a Ext4<&'a Counting<'d>>,
    device: &'a Counting<'d>,
    reached: Reached,
    spent: u64,
}

impl Looking<'_, '_> {
    fn inodes(&mut self) {
        // A group of 256 blocks may claim eight inodes for each byte of a block.
        let tables = u64::from(self.fs.block_size()) / 16 + FILE;
        let mut errors = 0;
        for inode in self.fs.inodes() {
            self.spent += assert_bound(self.device, tables, "listing inodes");
            match inode {
                Ok(inode) => self.inode(&inode),
                Err(_) => errors += 1,
            }
            let enough = self.reached.inodes >= INODES_MAX || self.spent > BUDGET;
            if enough || errors > INODES_MAX {
                return;
            }
        }
    }

    fn bound(&mut self, call: &str) {
        self.spent += assert_bound(self.device, FILE, call);
    }

    fn inode(&mut self, inode: &Inode) {
        self.reached.inodes += 1;
        // Twice the same, whichever way it is reached.
        if let Ok(again) = self.fs.inode(inode.number) {
            assert_eq!(format!("{again:?}"), format!("{inode:?}"));
        }
        self.bound("an inode");
        if let Ok(xattrs) = self.fs.xattrs(inode) {
            self.reached.xattrs += xattrs.len();
            assert!(xattrs.windows(2).all(|pair| pair[0].name < pair[1].name));
        }
        self.bound("attributes");
        if let Ok(target) = self.fs.symlink_target(inode) {
            assert!((1..=4095).contains(&target.len()) && !target.contains(&0));
        }
        self.bound("a symbolic link");
        self.names(inode);
        self.extents(inode);
        self.data(inode);
    }

    fn names(&mut self, inode: &Inode) {
        let mut names = 0;
        let read = self.fs.read_dir(inode, |entry| {
            names += 1;
            assert!((1..=255).contains(&entry.name.len()));
            let odd = entry.name.iter().any(|byte| matches!(byte, 0 | b'/'));
            assert!(!odd && entry.name != b"." && entry.name != b"..");
        });
        assert!(names == 0 || inode.file_type == FileType::Directory);
        // A record has twelve bytes.
        assert!(names <= self.device.size() / 12);
        _ = read;
        self.reached.names += usize::try_from(names).unwrap();
        self.bound("names");
    }

    fn extents(&mut self, inode: &Inode) {
        let Ok(extents) = self.fs.extents(inode) else {
            return;
        };
        let (mut end, mut total) = (0, 0);
        for extent in extents.map_while(Result::ok) {
            assert!(extent.length > 0 && extent.offset >= end);
            end = extent.offset + extent.length;
            total += extent.length;
            assert!(end <= inode.size && total <= self.fs.volume_bytes());
            assert!(extent.place + extent.length <= self.fs.volume_bytes());
            self.reached.extents += 1;
        }
        self.bound("extents");
    }

    /// From an odd place on, where a structure within a block could be cut.
    fn data(&mut self, inode: &Inode) {
        let Ok(mut reader) = self.fs.file(inode, 3) else {
            return;
        };
        let mut buffer = [0; 5000];
        let mut done = 0;
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            done += u64::try_from(count).unwrap();
            assert!(done + 3 <= inode.size);
            if done > DATA_MAX {
                break;
            }
        }
        self.bound("data");
    }
}
