//! The second and third pass over the log: which copy of which block is to be used.

use std::collections::BTreeMap;

use crate::block_reader::BlockReader;
use crate::crc32c::crc32c;
use crate::error::{Error, Fault, Feature, Place, Site, Structure};
use crate::journal_blocks::JournalBlocks;
use crate::journal_descriptor::{JournalDescriptor, Tag};
use crate::journal_header::Kind;
use crate::journal_revoke::JournalRevoke;
use crate::journal_super_block::{JournalChecksums, JournalSuperBlock};
use crate::journal_walk::{JournalWalk, LogBlock};
use crate::overlay::Copy;

/// A journal of 4 GiB in blocks of 4 KiB, all of it copies of different blocks.
const BLOCKS_MAX: usize = 1 << 20;

/// The newest copy of a block.
struct Newest {
    tag: Tag,
    /// The block of the journal that it lies in.
    number: u32,
    transaction: u32,
}

/// The newest copies of all blocks that whole transactions hold and none revokes later.
pub(crate) struct JournalReplay<'a> {
    sb: &'a JournalSuperBlock,
    start: u32,
    /// How many transactions are whole.
    transactions: u32,
    newest: BTreeMap<u64, Newest>,
}

impl<'a> JournalReplay<'a> {
    pub(crate) fn new<R: BlockReader>(
        sb: &'a JournalSuperBlock,
        start: u32,
        transactions: u32,
        blocks: &mut JournalBlocks<'_, R>,
    ) -> Result<Self, Error> {
        let mut replay = Self {
            sb,
            start,
            transactions,
            newest: BTreeMap::new(),
        };
        replay.pass(blocks, Self::add)?;
        // Only now: a block may be named before its copies, and what is named is more than memory holds.
        replay.pass(blocks, Self::revoke)?;
        Ok(replay)
    }

    /// Where each copy lies, once it is what its checksum says and belongs where it may.
    pub(crate) fn copies<R: BlockReader>(
        self,
        blocks: &mut JournalBlocks<'_, R>,
        volume_blocks: u64,
        block_size: u32,
    ) -> Result<BTreeMap<u64, Copy>, Error> {
        self.check_checksums(blocks)?;
        let mut copies = BTreeMap::new();
        for (block, newest) in self.newest {
            let site = Site::new(
                Structure::JournalDescriptor,
                Place::JournalBlock(newest.number),
            );
            if block >= volume_blocks {
                return Err(site.fault(Fault::OutOfVolume));
            }
            if blocks.contain(block.saturating_mul(block_size.into())) {
                return Err(site.fault(Fault::SelfReference));
            }
            let copy = Copy {
                place: blocks.place(newest.number)?,
                escaped: newest.tag.escaped,
            };
            copies.insert(block, copy);
        }
        Ok(copies)
    }

    fn pass<R: BlockReader>(
        &mut self,
        blocks: &mut JournalBlocks<'_, R>,
        each: fn(&mut Self, &LogBlock, &mut JournalWalk) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut walk = JournalWalk::new(self.sb, self.start);
        while walk.transaction() < self.transactions {
            let Some(block) = walk.next(blocks)? else {
                return Ok(());
            };
            each(self, &block, &mut walk)?;
            if block.kind == Kind::Commit {
                walk.commit();
            }
        }
        Ok(())
    }

    fn add(&mut self, block: &LogBlock, walk: &mut JournalWalk) -> Result<(), Error> {
        if block.kind != Kind::Descriptor {
            return Ok(());
        }
        let descriptor = JournalDescriptor::decode(&block.bytes, self.sb, block.site())?;
        let numbers = walk.copies(descriptor.tags.len())?;
        for (tag, number) in descriptor.tags.into_iter().zip(numbers) {
            let newest = Newest {
                tag,
                number,
                transaction: walk.transaction(),
            };
            self.newest.insert(tag.untrusted_block, newest);
        }
        if self.newest.len() > BLOCKS_MAX {
            return Err(Error::Incompatible(Feature::LargeJournal));
        }
        Ok(())
    }

    fn revoke(&mut self, block: &LogBlock, walk: &mut JournalWalk) -> Result<(), Error> {
        match block.kind {
            Kind::Commit => Ok(()),
            Kind::Descriptor => {
                let descriptor = JournalDescriptor::decode(&block.bytes, self.sb, block.site())?;
                walk.skip(descriptor.tags.len())
            }
            Kind::Revoke => {
                let revoke = JournalRevoke::decode(&block.bytes, self.sb, block.site())?;
                for revoked in revoke.blocks() {
                    let newest = self.newest.get(&revoked);
                    if newest.is_some_and(|newest| newest.transaction <= walk.transaction()) {
                        self.newest.remove(&revoked);
                    }
                }
                Ok(())
            }
        }
    }

    /// Reads the copies in the order of the log; one that a newer takes the place of may be damaged.
    fn check_checksums<R: BlockReader>(
        &self,
        blocks: &mut JournalBlocks<'_, R>,
    ) -> Result<(), Error> {
        let mask = match self.sb.checksums {
            JournalChecksums::None | JournalChecksums::Version1 => return Ok(()),
            JournalChecksums::Version2 { .. } => 0xFFFF,
            JournalChecksums::Version3 { .. } => u32::MAX,
        };
        let seed = self.sb.checksums.seed().unwrap_or(0);
        let mut all: Vec<&Newest> = self.newest.values().collect();
        all.sort_unstable_by_key(|newest| newest.number);
        for newest in all {
            let sequence = self.sb.sequence.wrapping_add(newest.transaction);
            let crc = crc32c(seed, &sequence.to_be_bytes());
            if crc32c(crc, blocks.read(newest.number)?) & mask != newest.tag.checksum {
                let place = Place::JournalBlock(newest.number);
                return Err(Site::new(Structure::JournalBlock, place).fault(Fault::Checksum));
            }
        }
        Ok(())
    }
}
