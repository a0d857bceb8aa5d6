//! A node of an extent tree: a header, then entries that are extents or lead to further nodes.

use crate::crc32c::crc32c;
use crate::error::{Error, Fault, Site};
use crate::fields::Fields;

const MAGIC: u16 = 0xF30A;
const HEADER_LENGTH: usize = 12;
const ENTRY_LENGTH: usize = 12;
/// With entries of 12 bytes in the smallest blocks five levels map every block that can be numbered.
const DEPTH_MAX: u16 = 5;
/// A longer length says that the extent is unwritten.
const WRITTEN_MAX: u16 = 0x8000;

/// One entry of a node. No number in it is checked against the volume yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExtentEntry {
    Leaf {
        logical: u32,
        untrusted_start: u64,
        blocks: u16,
        written: bool,
    },
    Index {
        logical: u32,
        untrusted_node: u64,
    },
}

/// A node whose header is sound. **Invariant:** all entries lie within its bytes.
pub(crate) struct ExtentNode {
    bytes: Vec<u8>,
    depth: u16,
    entries: u16,
    site: Site,
}

impl ExtentNode {
    /// The node in the inode itself; only this one may be empty.
    pub(crate) fn root(block_map: &[u8], site: Site) -> Result<Self, Error> {
        let node = Self::decode(block_map.to_vec(), site)?;
        if node.depth > DEPTH_MAX || (node.entries == 0 && node.depth > 0) {
            return Err(site.fault(Fault::Depth));
        }
        Ok(node)
    }

    /// A node in a block of its own, which its parent says to be of this depth.
    pub(crate) fn block(
        untrusted_block: Vec<u8>,
        depth: u16,
        seed: Option<u32>,
        site: Site,
    ) -> Result<Self, Error> {
        let node = Self::decode(untrusted_block, site)?;
        node.check_checksum(seed)?;
        if node.depth != depth {
            return Err(site.fault(Fault::Depth));
        }
        if node.entries == 0 {
            return Err(site.fault(Fault::Size));
        }
        Ok(node)
    }

    fn decode(bytes: Vec<u8>, site: Site) -> Result<Self, Error> {
        let fields = Fields::new(&bytes, site);
        if fields.u16(0x0)? != MAGIC {
            return Err(site.fault(Fault::Magic));
        }
        let (entries, room, depth) = (fields.u16(0x2)?, fields.u16(0x4)?, fields.u16(0x6)?);
        let end = HEADER_LENGTH.saturating_add(usize::from(room).saturating_mul(ENTRY_LENGTH));
        if entries > room || end > bytes.len() {
            return Err(site.fault(Fault::Size));
        }
        Ok(Self {
            bytes,
            depth,
            entries,
            site,
        })
    }

    /// The checksum follows the last entry that there is room for.
    fn check_checksum(&self, seed: Option<u32>) -> Result<(), Error> {
        let Some(seed) = seed else { return Ok(()) };
        let fields = Fields::new(&self.bytes, self.site);
        let room = usize::from(fields.u16(0x4)?);
        let end = HEADER_LENGTH.saturating_add(room.saturating_mul(ENTRY_LENGTH));
        if crc32c(seed, fields.slice(0, end)?) == fields.u32(end)? {
            return Ok(());
        }
        Err(self.site.fault(Fault::Checksum))
    }

    /// The depth of the nodes below; None in a leaf.
    pub(crate) fn depth_below(&self) -> Option<u16> {
        self.depth.checked_sub(1)
    }

    /// The entry at an index; None behind the last.
    pub(crate) fn entry(&self, index: u16) -> Result<Option<ExtentEntry>, Error> {
        if index >= self.entries {
            return Ok(None);
        }
        let at = HEADER_LENGTH.saturating_add(usize::from(index).saturating_mul(ENTRY_LENGTH));
        let fields = Fields::new(&self.bytes, self.site);
        let entry = Fields::new(fields.slice(at, ENTRY_LENGTH)?, self.site);
        Ok(Some(if self.depth == 0 {
            self.leaf(&entry)?
        } else {
            index_entry(&entry)?
        }))
    }

    fn leaf(&self, fields: &Fields<'_>) -> Result<ExtentEntry, Error> {
        let length = fields.u16(0x4)?;
        let written = length <= WRITTEN_MAX;
        let blocks = if written {
            length
        } else {
            length & !WRITTEN_MAX
        };
        if blocks == 0 {
            return Err(self.site.fault(Fault::Size));
        }
        let high = u64::from(fields.u16(0x6)?) << 32;
        let untrusted_start = u64::from(fields.u32(0x8)?) | high;
        Ok(ExtentEntry::Leaf {
            logical: fields.u32(0x0)?,
            untrusted_start,
            blocks,
            written,
        })
    }
}

fn index_entry(fields: &Fields<'_>) -> Result<ExtentEntry, Error> {
    let untrusted_node = u64::from(fields.u32(0x4)?) | u64::from(fields.u16(0x8)?) << 32;
    Ok(ExtentEntry::Index {
        logical: fields.u32(0x0)?,
        untrusted_node,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Place, Structure};

    const SITE: Site = Site {
        structure: Structure::ExtentNode,
        place: Place::Inode(12),
    };

    fn node(entries: u16, room: u16, depth: u16, entry: [u8; 12]) -> Vec<u8> {
        let words = [MAGIC, entries, room, depth, 0, 0];
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.extend(entry);
        bytes.resize(60, 0);
        bytes
    }

    fn first(bytes: &[u8]) -> Result<Option<ExtentEntry>, Error> {
        ExtentNode::root(bytes, SITE)?.entry(0)
    }

    #[test]
    fn the_longest_written_and_the_longest_unwritten_extent() {
        let entry = |length: u16| {
            let [low, high] = length.to_le_bytes();
            node(1, 4, 0, [7, 0, 0, 0, low, high, 1, 0, 9, 0, 0, 0])
        };
        let leaf = |blocks, written| {
            Some(ExtentEntry::Leaf {
                logical: 7,
                untrusted_start: 0x1_0000_0009,
                blocks,
                written,
            })
        };
        assert_eq!(first(&entry(0x8000)).unwrap(), leaf(0x8000, true));
        assert_eq!(first(&entry(0x8001)).unwrap(), leaf(1, false));
        assert_eq!(first(&entry(0xFFFF)).unwrap(), leaf(0x7FFF, false));
        assert!(first(&entry(0)).is_err());
    }

    #[test]
    fn headers_that_lie() {
        let fault = |bytes: &[u8]| match first(bytes) {
            Err(Error::Corrupt { fault, .. }) => fault,
            other => panic!("{other:?}"),
        };
        assert_eq!(fault(&node(1, 4, 9, [0; 12])), Fault::Depth);
        assert_eq!(fault(&node(5, 4, 0, [0; 12])), Fault::Size);
        assert_eq!(fault(&node(1, 5, 0, [0; 12])), Fault::Size);
        assert_eq!(fault(&node(0, 4, 1, [0; 12])), Fault::Depth);
        assert_eq!(fault(&[0; 60]), Fault::Magic);
        assert_eq!(fault(&[]), Fault::Short);
    }
}
