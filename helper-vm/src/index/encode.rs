//! Writing an index object, row by row: a large one is never in memory as plaintext.

use super::{
    CHUNK_ROW_BYTES, ChunkRow, FileKey, INODE_ROW_BYTES, Parent, RulesMark, VERSION, frames,
};
use crate::archive::{self, Head};
use crate::chunk_id::ChunkId;
use crate::pack::LEVEL;
use crate::seal::{SealTo, Sealed, Sealing};
use qib_rpc::id::{Digest, QubeId};
use qib_rpc::object::Kind;
use std::io::{self, Write};

/// How many rows the tables of an index object have.
#[derive(Clone, Copy, Debug, Default)]
pub struct IndexCounts {
    /// Packs.
    pub packs: u64,
    /// Chunks.
    pub chunks: u64,
    /// Ids of chunks that an older index object places.
    pub borrowed: u64,
    /// Folders.
    pub folders: InodeCounts,
    /// Files.
    pub files: InodeCounts,
}

/// How long a table of inodes is.
#[derive(Clone, Copy, Debug, Default)]
pub struct InodeCounts {
    /// Rows.
    pub rows: u64,
    /// Words of all rows together.
    pub words: u64,
}

/// Takes a row of a table of inodes.
pub type WriteRow<'a> = dyn FnMut(FileKey, Parent, &[u32]) -> io::Result<()> + 'a;

/// An index object that is being written. The rows must come table by table, in
/// the order of the methods, each as often as the counts say.
pub struct IndexWriter {
    output: zstd::Encoder<'static, Sealing>,
    counts: IndexCounts,
}

impl IndexWriter {
    /// Begins an index object.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn new(
        to: &SealTo,
        qube: QubeId,
        rules: RulesMark,
        counts: IndexCounts,
    ) -> io::Result<Self> {
        let output = zstd::Encoder::new(Sealing::new(to, Vec::new())?, LEVEL)?;
        let mut writer = Self { output, counts };
        let text = format!("qib-index {VERSION}\nqube {qube}\nrules {rules}\n");
        writer.table(b"index", crate::number::wide(text.len()), |output| {
            output.write_all(text.as_bytes())
        })?;
        Ok(writer)
    }

    /// Writes the table of packs.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn packs(&mut self, mut rows: impl Iterator<Item = Digest>) -> io::Result<()> {
        self.table(b"packs", self.counts.packs.saturating_mul(32), |output| {
            rows.try_for_each(|digest| output.write_all(digest.bytes()))
        })
    }

    /// Writes the tables of frames and of chunks.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn chunks(&mut self, mut rows: impl Iterator<Item = ChunkRow> + Clone) -> io::Result<()> {
        let length = frames::table_bytes(rows.clone());
        self.table(frames::FRAMES, length, |output| {
            frames::write(output, rows.clone())
        })?;
        let length = self.counts.chunks.saturating_mul(CHUNK_ROW_BYTES);
        self.table(b"chunks", length, |output| {
            rows.try_for_each(|row| {
                let place = row.place;
                output.write_all(row.id.bytes())?;
                let numbers = [
                    row.pack,
                    place.frame_at,
                    place.frame_bytes,
                    place.at,
                    place.length,
                ];
                words(output, &numbers)
            })
        })
    }

    /// Writes the table of borrowed chunks.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn borrowed(&mut self, mut rows: impl Iterator<Item = ChunkId>) -> io::Result<()> {
        self.table(
            b"borrowed",
            self.counts.borrowed.saturating_mul(32),
            |output| rows.try_for_each(|id| output.write_all(id.bytes())),
        )
    }

    /// Writes the table of folders, which `write` sends row by row in ascending
    /// order of inodes.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn folders(
        &mut self,
        write: impl FnOnce(&mut WriteRow) -> io::Result<()>,
    ) -> io::Result<()> {
        self.inodes(b"folders", self.counts.folders, write)
    }

    /// Writes the table of files as [`IndexWriter::folders`] does, and ends the object.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn files(
        mut self,
        write: impl FnOnce(&mut WriteRow) -> io::Result<()>,
    ) -> io::Result<Sealed> {
        self.inodes(b"files", self.counts.files, write)?;
        let mut end = Vec::new();
        archive::end(&mut end);
        self.output.write_all(&end)?;
        self.output.finish()?.finish(Kind::Index, 0)
    }

    fn inodes(
        &mut self,
        name: &[u8],
        counts: InodeCounts,
        write: impl FnOnce(&mut WriteRow) -> io::Result<()>,
    ) -> io::Result<()> {
        let rows = counts.rows.saturating_mul(INODE_ROW_BYTES);
        let length = rows.saturating_add(counts.words.saturating_mul(4));
        self.table(name, length, |output| {
            write(&mut |key, parent, content| {
                let count = u32::try_from(content.len()).map_err(io::Error::other)?;
                words(output, &[key.inode, key.generation])?;
                output.write_all(&key.fingerprint)?;
                words(output, &[parent.into(), count])?;
                words(output, content)
            })
        })
    }

    fn table(
        &mut self,
        name: &[u8],
        bytes: u64,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut head = Vec::new();
        archive::member(&mut head, &Head::plain(name, bytes));
        self.output.write_all(&head)?;
        write(&mut self.output)?;
        let mut fill = Vec::new();
        archive::padding(&mut fill, bytes);
        self.output.write_all(&fill)
    }
}

fn words(output: &mut dyn Write, numbers: &[u32]) -> io::Result<()> {
    numbers
        .iter()
        .try_for_each(|number| output.write_all(&number.to_le_bytes()))
}
