//! The first record of a fast commit: says which transaction it would follow.

use crate::block_reader::BlockReader;
use crate::error::{Error, Place, Site, Structure};
use crate::fields::Fields;
use crate::journal_blocks::JournalBlocks;
use crate::journal_super_block::JournalSuperBlock;

const HEAD: u16 = 9;

/// Whether fast commits were made after the last whole transaction; `sequence` is the next one.
pub(crate) fn follows<R: BlockReader>(
    sb: &JournalSuperBlock,
    sequence: u32,
    blocks: &mut JournalBlocks<'_, R>,
) -> Result<bool, Error> {
    // Not `last`: the kernel leaves that block out.
    let first = sb.last.saturating_add(1);
    if !sb.fast_commit || first >= sb.length {
        return Ok(false);
    }
    let site = Site::new(Structure::JournalBlock, Place::JournalBlock(first));
    let fields = Fields::new(blocks.read(first)?, site);
    Ok(fields.u16(0x0)? == HEAD && fields.u32(0x8)? == sequence)
}
