//! Where the structures of a sound image are. Blocks of 1024 bytes, the first group only.

use qib_ext4::{BlockReader, Ext4, FileType, Inode};

use super::counting::Counting;

pub const BLOCK: usize = 1024;

/// What a place holds, as far as its checksum depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SuperBlock,
    Descriptor,
    InodeBitmap,
    Inode(u32),
    /// Names, a node of a hash tree or of an extent tree: belongs to an inode.
    DirBlock(u32),
    DxRoot(u32),
    DxNode(u32),
    ExtentNode(u32),
    /// A block of pointers, which has no checksum.
    Pointers,
    XattrBlock,
    Journal,
    /// Any other content that is not zero.
    Other,
}

#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub kind: Kind,
    pub start: usize,
    pub length: usize,
}

pub fn u16_at(bytes: &[u8], at: usize) -> usize {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()).into()
}

pub fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
        .try_into()
        .unwrap()
}

/// Offset of an inode of the first group.
pub fn inode(bytes: &[u8], number: usize) -> usize {
    let table = u32_at(bytes, 2 * BLOCK + 8) * BLOCK;
    table + (number - 1) * u16_at(bytes, 1024 + 0x58)
}

/// The number of an inode with a name in the root directory.
pub fn named(bytes: &[u8], wanted: &str) -> u32 {
    let device = Counting::new(bytes);
    let fs = Ext4::open(&device).unwrap();
    let mut number = None;
    fs.read_dir(&fs.root().unwrap(), |entry| {
        if entry.name == wanted.as_bytes() {
            number = Some(entry.inode.get());
        }
    })
    .unwrap();
    number.unwrap()
}

/// All places that an image of the seeds has.
pub fn all(bytes: &[u8], runs: &[(usize, usize)]) -> Vec<Place> {
    let place = |kind, start, length| Place {
        kind,
        start,
        length,
    };
    let mut places = vec![
        place(Kind::SuperBlock, 1024, 1024),
        place(Kind::Descriptor, 2 * BLOCK, 64),
        place(
            Kind::InodeBitmap,
            u32_at(bytes, 2 * BLOCK + 4) * BLOCK,
            BLOCK,
        ),
    ];
    let size = u16_at(bytes, 1024 + 0x58);
    let count = u32_at(bytes, 1024 + 0x28).min(64);
    for number in 1..=count {
        let kind = Kind::Inode(number.try_into().unwrap());
        places.push(place(kind, inode(bytes, number), size));
    }
    let journal = inode(bytes, 8) + 0x28 + 12;
    if u32_at(bytes, 1024 + 0x5C) & 4 != 0 {
        for entry in [journal, journal + 12] {
            let length = u16_at(bytes, entry + 4).min(64);
            let start = u32_at(bytes, entry + 8) * BLOCK;
            places.push(place(Kind::Journal, start, length * BLOCK));
        }
    }
    let device = Counting::new(bytes);
    if let Ok(fs) = Ext4::open(&device) {
        for inode in fs.inodes().filter_map(Result::ok) {
            of_inode(bytes, &fs, &inode, &mut places);
        }
    }
    let others = runs.iter();
    places.extend(others.map(|(start, length)| place(Kind::Other, *start, *length)));
    places.retain(|place| place.length > 0 && place.start + place.length <= bytes.len());
    places
}

fn of_inode<R: BlockReader>(bytes: &[u8], fs: &Ext4<R>, found: &Inode, places: &mut Vec<Place>) {
    let number = found.number.get();
    let at = inode(bytes, number.try_into().unwrap());
    let mut block = |kind, number: usize| {
        if number > 0 {
            let start = number * BLOCK;
            places.push(Place {
                kind,
                start,
                length: BLOCK,
            });
        }
    };
    if at + 0x80 > bytes.len() {
        return;
    }
    block(Kind::XattrBlock, u32_at(bytes, at + 0x68));
    let has_extents = found.flags.bits() & 0x8_0000 != 0;
    let maps = matches!(found.file_type, FileType::Regular | FileType::Directory);
    if has_extents && u16_at(bytes, at + 0x28 + 6) > 0 {
        block(Kind::ExtentNode(number), u32_at(bytes, at + 0x28 + 16));
    } else if maps && !has_extents {
        block(Kind::Pointers, u32_at(bytes, at + 0x28 + 48));
    }
    if found.file_type != FileType::Directory {
        return;
    }
    let indexed = found.flags.bits() & 0x1000 != 0;
    for extent in fs
        .extents(found)
        .into_iter()
        .flatten()
        .map_while(Result::ok)
    {
        for inside in (0..extent.length).step_by(BLOCK) {
            let start = usize::try_from(extent.place + inside).unwrap();
            let empty = bytes[start..start + 4] == [0; 4] && u16_at(bytes, start + 4) == BLOCK;
            let kind = match extent.offset + inside {
                0 if indexed => Kind::DxRoot(number),
                _ if indexed && empty => Kind::DxNode(number),
                _ => Kind::DirBlock(number),
            };
            block(kind, start / BLOCK);
        }
    }
}
