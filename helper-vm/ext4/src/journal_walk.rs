//! The walk along the log, from the oldest transaction on, round its end to its start.

use crate::block_reader::BlockReader;
use crate::error::{Error, Fault, Place, Site, Structure};
use crate::fields::to_u64;
use crate::journal_blocks::JournalBlocks;
use crate::journal_header::{JournalHeader, Kind};
use crate::journal_super_block::JournalSuperBlock;

/// A place in the log. **Invariant:** it goes round the log at most once.
pub(crate) struct JournalWalk {
    first: u32,
    last: u32,
    next: u32,
    /// Of the transaction that is walked through.
    sequence: u32,
    /// How many transactions were before it.
    transaction: u32,
    left: u64,
}

/// A block of the log that is no copy of another.
pub(crate) struct LogBlock {
    pub(crate) kind: Kind,
    pub(crate) number: u32,
    pub(crate) bytes: Vec<u8>,
}

impl LogBlock {
    /// What an error in it is about.
    pub(crate) fn site(&self) -> Site {
        let structure = match self.kind {
            Kind::Descriptor => Structure::JournalDescriptor,
            Kind::Commit => Structure::JournalCommit,
            Kind::Revoke => Structure::JournalRevoke,
        };
        Site::new(structure, Place::JournalBlock(self.number))
    }
}

impl JournalWalk {
    pub(crate) fn new(sb: &JournalSuperBlock, start: u32) -> Self {
        Self {
            first: sb.first,
            last: sb.last,
            next: start,
            sequence: sb.sequence,
            transaction: 0,
            left: u64::from(sb.length),
        }
    }

    /// How many transactions were before the one that is walked through.
    pub(crate) fn transaction(&self) -> u32 {
        self.transaction
    }

    /// The next block; None when it does not belong to the transaction, so that the log ends.
    pub(crate) fn next<R: BlockReader>(
        &mut self,
        blocks: &mut JournalBlocks<'_, R>,
    ) -> Result<Option<LogBlock>, Error> {
        let number = self.next;
        let bytes = blocks.read(number)?;
        let header = JournalHeader::decode(bytes);
        let Some(header) = header.filter(|header| header.sequence == self.sequence) else {
            return Ok(None);
        };
        let bytes = bytes.to_vec();
        self.skip(1)?;
        Ok(Some(LogBlock {
            kind: header.kind,
            number,
            bytes,
        }))
    }

    /// The numbers of the next so many blocks, which are copies.
    pub(crate) fn copies(&mut self, count: usize) -> Result<Vec<u32>, Error> {
        let mut numbers = Vec::new();
        for _ in 0..count {
            numbers.push(self.next);
            self.skip(1)?;
        }
        Ok(numbers)
    }

    /// Passes over so many blocks, which are copies.
    pub(crate) fn skip(&mut self, count: usize) -> Result<(), Error> {
        let site = Site::new(Structure::JournalSuperBlock, Place::JournalBlock(self.next));
        let left = self.left.checked_sub(to_u64(count));
        self.left = left.ok_or_else(|| site.fault(Fault::Order))?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.next = self.next.saturating_add(count);
        if self.next >= self.last {
            let length = self.last.saturating_sub(self.first);
            self.next = self.next.saturating_sub(length);
        }
        Ok(())
    }

    /// Goes on to the next transaction.
    pub(crate) fn commit(&mut self) {
        self.sequence = self.sequence.wrapping_add(1);
        self.transaction = self.transaction.saturating_add(1);
    }
}
