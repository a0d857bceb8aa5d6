//! The journal: changes that were promised and may not be in place yet.

use crate::block_reader::BlockReader;
use crate::error::{Error, Feature};
use crate::ext4::Ext4;
use crate::file_type::FileType;
use crate::journal_blocks::JournalBlocks;
use crate::journal_fast_commit;
use crate::journal_replay::JournalReplay;
use crate::journal_scan::count_transactions;
use crate::journal_super_block::{self, JournalSuperBlock};
use crate::numbers::InodeNumber;
use crate::overlay::Overlay;

/// What a mount would have written in place.
pub(crate) struct Recovered {
    pub(crate) overlay: Overlay,
    /// The kernel met an error and could not tell the file system.
    pub(crate) error: bool,
}

/// Reads the journal of a volume as it lies.
///
/// Time: the log is read at most four times. Memory: 64 bytes for each block that it holds a copy
/// of, of which there are at most 2^20; while it is read, as much again, and 64 bytes for each
/// extent of the journal, of which there are no more.
pub(crate) fn recover<R: BlockReader>(
    fs: &Ext4<R>,
    number: InodeNumber,
) -> Result<Recovered, Error> {
    let inode = fs.stored_inode(number)?;
    inode.require(FileType::Regular)?;
    let mut blocks = JournalBlocks::new(fs, &inode)?;
    let length = inode.size / u64::from(fs.block_size());
    let bytes = blocks.read(0)?;
    let bytes = bytes.get(..journal_super_block::LENGTH).unwrap_or(bytes);
    let sb = JournalSuperBlock::decode(bytes, fs.block_size(), length)?;
    let overlay = match sb.start {
        Some(start) => replay(fs, &sb, start, &mut blocks)?,
        None => Overlay::default(),
    };
    let error = sb.error;
    Ok(Recovered { overlay, error })
}

fn replay<R: BlockReader>(
    fs: &Ext4<R>,
    sb: &JournalSuperBlock,
    start: u32,
    blocks: &mut JournalBlocks<'_, R>,
) -> Result<Overlay, Error> {
    let transactions = count_transactions(sb, start, blocks)?;
    let next = sb.sequence.wrapping_add(transactions);
    if journal_fast_commit::follows(sb, next, blocks)? {
        return Err(Error::Incompatible(Feature::FastCommit));
    }
    let replay = JournalReplay::new(sb, start, transactions, blocks)?;
    let volume_blocks = fs.volume().size() / u64::from(fs.block_size());
    let copies = replay.copies(blocks, volume_blocks, fs.block_size())?;
    Ok(Overlay::new(fs.block_size(), copies))
}
