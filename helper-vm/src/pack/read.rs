//! Reading a pack that may lie.

use super::{MAX_PLAIN_BYTES, ROW_BYTES, TABLE};
use crate::archive::{self, Head};
use crate::chunk_id::ChunkId;
use crate::cut;
use crate::fields::Fields;
use crate::format_error::{FormatError, Result};
use crate::seal::{self, OpenWith};
use qib_rpc::key::ChunkKey;
use std::collections::HashSet;
use std::io::Read;

/// The largest tar stream that a pack may hold: the plaintext of the frames
/// before the last may be just under the limit, and tables and headers come on top.
const MAX_TAR_BYTES: u64 = MAX_PLAIN_BYTES * 2;

/// The largest tar that a frame of chunks may hold: one of the largest chunk, with its header.
const MAX_FRAME_TAR_BYTES: u64 = 8 << 20;

/// Opens a pack and hands every chunk to `take`, its id checked against its bytes.
///
/// # Errors
/// [`FormatError`] when the pack breaks a rule, or what `take` returns. What
/// was handed over before an error is still what its id says.
pub fn each_chunk<E: From<FormatError>>(
    untrusted_pack: &[u8],
    with: &OpenWith,
    key: &ChunkKey,
    mut take: impl FnMut(ChunkId, Vec<u8>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let mut reading = Reading::default();
    let mut failed = None;
    let input = seal::open(untrusted_pack, with)?.take(MAX_TAR_BYTES);
    archive::each(input, |head, untrusted_content| {
        let Some((id, plain)) = reading.member(&head, untrusted_content, key)? else {
            return Ok(());
        };
        take(id, plain).map_err(|error| {
            failed = Some(error);
            FormatError::Damaged("stopped by the caller")
        })
    })
    .map_err(|error| failed.take().unwrap_or_else(|| error.into()))?;
    Ok(reading.finish()?)
}

/// Hands every chunk of one frame to `take`, its id checked against its bytes.
///
/// # Errors
/// As [`each_chunk`].
pub fn each_chunk_of_frame(
    untrusted_frame: &[u8],
    key: &ChunkKey,
    mut take: impl FnMut(ChunkId, &[u8]),
) -> Result<()> {
    let input = seal::decompress(untrusted_frame)?.take(MAX_FRAME_TAR_BYTES);
    archive::each(input, |head, untrusted_content| {
        let (id, plain) = chunk(&head, untrusted_content, key)?;
        take(id, &plain);
        Ok(())
    })
}

/// The chunk in a member that must be one.
fn chunk(
    head: &Head,
    untrusted_content: &mut dyn Read,
    key: &ChunkKey,
) -> Result<(ChunkId, Vec<u8>)> {
    let id = ChunkId::parse(&head.name).ok_or(FormatError::Damaged("a chunk's name"))?;
    let plain = archive::text(head, untrusted_content, cut::MAX_BYTES)?;
    if ChunkId::of(key, &plain) == id {
        Ok((id, plain))
    } else {
        Err(FormatError::Damaged("a chunk is not what its id says"))
    }
}

#[derive(Default)]
struct Reading {
    order: Vec<ChunkId>,
    seen: HashSet<ChunkId>,
    table_seen: bool,
}

impl Reading {
    fn member(
        &mut self,
        head: &Head,
        untrusted_content: &mut dyn Read,
        key: &ChunkKey,
    ) -> Result<Option<(ChunkId, Vec<u8>)>> {
        if self.table_seen {
            return Err(FormatError::Damaged("a member after the table"));
        }
        if head.name == TABLE {
            self.table_seen = true;
            let limit = self.order.len().saturating_mul(ROW_BYTES);
            let untrusted_table = archive::text(head, untrusted_content, limit)?;
            return self.check_table(&untrusted_table).map(|()| None);
        }
        let (id, plain) = chunk(head, untrusted_content, key)?;
        if !self.seen.insert(id) {
            return Err(FormatError::Damaged("a chunk twice in a pack"));
        }
        self.order.push(id);
        Ok(Some((id, plain)))
    }

    fn check_table(&self, untrusted_table: &[u8]) -> Result<()> {
        let rows = untrusted_table.chunks(ROW_BYTES);
        let same = rows.len() == self.order.len()
            && rows
                .zip(&self.order)
                .all(|(row, id)| Fields::new(row).u32() == Some(id.prefix()));
        if same {
            Ok(())
        } else {
            Err(FormatError::Damaged("the table names other chunks"))
        }
    }

    fn finish(&self) -> Result<()> {
        if self.table_seen {
            Ok(())
        } else {
            Err(FormatError::Damaged("a pack without a table"))
        }
    }
}
