//! What is neither file nor directory: all that it is lies in its inode, or in one block.

use qib_ext4::FileType;

use crate::block_writer::BlockWriter;
use crate::error::{Impossible, Result};
use crate::extents::Extents;
use crate::fields::{put32, wide};
use crate::inode::Map;
use crate::taking::Taking;

/// A target that is shorter lies in the inode.
const SHORT_TARGET: usize = 60;

/// What an entry is, if it is neither file nor directory.
#[derive(Clone, Copy, Debug)]
pub enum Special<'a> {
    /// A symbolic link and where it points.
    Symlink(&'a [u8]),
    /// A character device with its major and minor number.
    CharDevice(u32, u32),
    /// A block device with its major and minor number.
    BlockDevice(u32, u32),
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
}

/// What its inode says of it.
pub(crate) struct Written {
    pub(crate) size: u64,
    pub(crate) map: Map,
    pub(crate) blocks: u64,
}

impl Special<'_> {
    pub(crate) fn file_type(&self) -> FileType {
        match self {
            Self::Symlink(_) => FileType::Symlink,
            Self::CharDevice(..) => FileType::CharDevice,
            Self::BlockDevice(..) => FileType::BlockDevice,
            Self::Fifo => FileType::Fifo,
            Self::Socket => FileType::Socket,
        }
    }

    /// Writes what does not fit into its inode.
    pub(crate) fn write<D: BlockWriter>(
        &self,
        inode: u32,
        taking: &mut Taking<D>,
    ) -> Result<Written> {
        match self {
            Self::Symlink(target) if target.len() >= SHORT_TARGET => {
                long_target(target, inode, taking)
            }
            Self::Symlink(target) => Ok(plain(target)),
            Self::CharDevice(major, minor) | Self::BlockDevice(major, minor) => {
                let size = 0;
                let words = plain(&device(*major, *minor));
                Ok(Written { size, ..words })
            }
            Self::Fifo | Self::Socket => Ok(plain(&[])),
        }
    }
}

/// All in the inode.
fn plain(bytes: &[u8]) -> Written {
    let mut map = [0; SHORT_TARGET];
    map.iter_mut()
        .zip(bytes)
        .for_each(|(byte, value)| *byte = *value);
    Written {
        size: wide(bytes.len()),
        map: Map::Plain(map),
        blocks: 0,
    }
}

fn long_target<D: BlockWriter>(
    target: &[u8],
    inode: u32,
    taking: &mut Taking<D>,
) -> Result<Written> {
    let length = taking.shape().block_length();
    // One byte behind it is zero.
    if target.len() >= length {
        return Err(Impossible::Target.into());
    }
    let mut block = target.to_vec();
    block.resize(length, 0);
    let first = taking.take(1)?;
    taking.write_taken(first, &block)?;
    let mut extents = Extents::default();
    taking.extend(&mut extents, 0, first, 1);
    let (map, nodes) = extents.write(inode, taking)?;
    Ok(Written {
        size: wide(target.len()),
        map: Map::Extents(map),
        blocks: 1 + nodes,
    })
}

/// The two words of a device: the old form where the numbers fit into it.
fn device(major: u32, minor: u32) -> [u8; 8] {
    let mut words = [0; 8];
    if major < 256 && minor < 256 {
        put32(&mut words, 0, major << 8 | minor);
    } else {
        let word = minor & 0xFF | major << 8 | (minor & !0xFF) << 12;
        put32(&mut words, 4, word);
    }
    words
}
