//! The value of an extended attribute that has an inode of its own (`ea_inode`), which several
//! attributes may share.

use crate::block_reader::BlockReader;
use crate::crc32c::crc32c;
use crate::error::{Error, Fault, Site};
use crate::ext4::Ext4;
use crate::fields::to_usize;
use crate::file_reader::FileReader;
use crate::file_type::FileType;
use crate::inode::Inode;
use crate::numbers::InodeNumber;

/// Neither can a longer one be set, nor got through the kernel.
const LENGTH_MAX: u32 = 64 * 1024;

/// What an entry says of such a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ValueInode {
    pub(crate) number: InodeNumber,
    pub(crate) untrusted_length: u32,
    /// Of the name and the value.
    pub(crate) hash: u32,
}

impl ValueInode {
    /// Reads the value, once length and both hashes are right.
    pub(crate) fn read<R: BlockReader>(
        self,
        fs: &Ext4<R>,
        suffix: &[u8],
        site: Site,
    ) -> Result<Vec<u8>, Error> {
        let sb = fs.super_block();
        if !sb.features.ea_inode || sb.is_special(self.number) {
            return Err(site.fault(Fault::Value));
        }
        if self.untrusted_length > LENGTH_MAX {
            return Err(site.fault(Fault::Size));
        }
        let inode = fs.any_inode(self.number)?;
        if !inode.flags.ea_inode() || inode.file_type != FileType::Regular {
            return Err(site.fault(Fault::Value));
        }
        if inode.size != u64::from(self.untrusted_length) {
            return Err(site.fault(Fault::Size));
        }
        let mut value = vec![0; to_usize(inode.size)];
        FileReader::new(fs, &inode, 0)?.read(&mut value)?;
        let value_hash = crc32c(sb.value_seed, &value);
        let sound = value_hash == stored_hash(&inode)
            && [name_hash(suffix), name_hash_signed(suffix)]
                .iter()
                .any(|name_hash| name_hash.rotate_left(16) ^ value_hash == self.hash);
        if sound {
            Ok(value)
        } else {
            Err(site.fault(Fault::Checksum))
        }
    }
}

/// The hash of a value takes the place of the seconds of the last access.
fn stored_hash(inode: &Inode) -> u32 {
    let [a, b, c, d, ..] = inode.atime.seconds.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn name_hash(name: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| hash.rotate_left(5) ^ u32::from(*byte);
    name.iter().fold(0, step)
}

/// As kernels before 6.3 had it where `char` has a sign.
fn name_hash_signed(name: &[u8]) -> u32 {
    let signed = |byte: &u8| i32::from(byte.cast_signed()).cast_unsigned();
    let step = |hash: u32, byte: &u8| hash.rotate_left(5) ^ signed(byte);
    name.iter().fold(0, step)
}

#[cfg(test)]
mod tests {
    use super::{name_hash, name_hash_signed};

    #[test]
    fn names_beyond_ascii_have_two_hashes() {
        assert_eq!(name_hash(b"a"), 0x61);
        assert_eq!(name_hash(b"ab"), 0x61 << 5 ^ 0x62);
        assert_eq!(name_hash(b"abc"), name_hash_signed(b"abc"));
        assert_eq!(name_hash_signed(b"\xC3"), 0xFFFF_FFC3);
    }
}
