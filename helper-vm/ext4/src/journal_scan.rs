//! The first pass over the log: finds out where it ends.

use crate::block_reader::BlockReader;
use crate::crc32_be::crc32_be;
use crate::error::{Error, Fault};
use crate::journal_blocks::JournalBlocks;
use crate::journal_commit::JournalCommit;
use crate::journal_descriptor::JournalDescriptor;
use crate::journal_header::Kind;
use crate::journal_revoke::JournalRevoke;
use crate::journal_super_block::{JournalChecksums, JournalSuperBlock};
use crate::journal_walk::{JournalWalk, LogBlock};

/// How many whole transactions the log has, from its start on.
///
/// A transaction without a commit block was interrupted. One with a wrong checksum is left from an
/// older journal if its time is before that of the transaction before it, was interrupted if commit
/// blocks may be written early, and is damage otherwise.
pub(crate) fn count_transactions<R: BlockReader>(
    sb: &JournalSuperBlock,
    start: u32,
    blocks: &mut JournalBlocks<'_, R>,
) -> Result<u32, Error> {
    let mut scan = Scan {
        sb,
        walk: JournalWalk::new(sb, start),
        crc: !0,
        time: 0,
        suspect: false,
        end: None,
    };
    while let Some(block) = scan.walk.next(blocks)? {
        match block.kind {
            Kind::Descriptor => scan.descriptor(&block, blocks)?,
            Kind::Revoke => scan.revoke(&block)?,
            Kind::Commit => {
                if scan.commit(&block)? == After::End {
                    break;
                }
            }
        }
    }
    Ok(scan.end.unwrap_or_else(|| scan.walk.transaction()))
}

struct Scan<'a> {
    sb: &'a JournalSuperBlock,
    walk: JournalWalk,
    /// Of the transaction, where it has one for all of its blocks.
    crc: u32,
    /// Of the last commit.
    time: u64,
    /// A block of the transaction has a wrong checksum.
    suspect: bool,
    /// The first transaction that is not whole.
    end: Option<u32>,
}

#[derive(PartialEq, Eq)]
enum After {
    GoOn,
    End,
}

impl Scan<'_> {
    fn descriptor<R: BlockReader>(
        &mut self,
        block: &LogBlock,
        blocks: &mut JournalBlocks<'_, R>,
    ) -> Result<(), Error> {
        let descriptor = JournalDescriptor::decode(&block.bytes, self.sb, block.site())?;
        self.suspect |= !descriptor.checksum_is_right;
        let count = descriptor.tags.len();
        if self.sb.checksums != JournalChecksums::Version1 || self.end.is_some() {
            return self.walk.skip(count);
        }
        self.crc = crc32_be(self.crc, &block.bytes);
        for number in self.walk.copies(count)? {
            self.crc = crc32_be(self.crc, blocks.read(number)?);
        }
        Ok(())
    }

    fn revoke(&mut self, block: &LogBlock) -> Result<(), Error> {
        let checksum_is_right =
            JournalRevoke::checksum_is_right(&block.bytes, self.sb, block.site())?;
        self.suspect |= !checksum_is_right;
        Ok(())
    }

    fn commit(&mut self, block: &LogBlock) -> Result<After, Error> {
        let checksums = self.sb.checksums;
        let commit = JournalCommit::decode(&block.bytes, checksums, self.crc, block.site())?;
        let damaged = || Err(block.site().fault(Fault::Checksum));
        let older = commit.time < self.time;
        if self.suspect {
            return if older { Ok(After::End) } else { damaged() };
        }
        if checksums == JournalChecksums::Version1 && self.end.is_some() {
            return damaged();
        }
        if !commit.checksum_is_right {
            if older {
                return Ok(After::End);
            }
            if !self.sb.async_commit {
                return damaged();
            }
            self.end = Some(self.walk.transaction());
        }
        self.crc = !0;
        self.time = commit.time;
        self.walk.commit();
        Ok(After::GoOn)
    }
}
