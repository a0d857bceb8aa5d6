//! What of a snapshot can not be restored where packs are lost. Nothing of files is read: the tables of
//! frames say what is still there.

use super::part::Frames;
use super::runs::each_run;
use super::walk::{Step, Stopped, Walk, list};
use crate::error::Result;
use crate::format_error::FormatError;
use crate::manifest::{Content, Node, Part};
use crate::snapshot::Snapshot;
use qib_rpc::id::Digest;
use qib_rpc::message::verify::Affected;
use std::io::{Read, Write};

/// A small manifest can name the same list again and again: no more pieces of folders are looked for.
const MOST_PIECES: u64 = 1 << 24;

/// Counts it; `frames` has what is not lost, `digest` is the snapshot's object.
///
/// # Errors
/// When a manifest lies, or what is not lost can not be had.
pub fn count<R: Read, W: Write>(
    frames: &Frames<'_, R, W>,
    snapshot: &Snapshot,
    digest: Digest,
) -> Result<Affected> {
    let mut counting = Counting {
        frames,
        file_bytes_left: snapshot.counts.file_bytes,
        pieces_left: MOST_PIECES,
        found: Affected::default(),
    };
    let counted = counting.walk(snapshot);
    counted.map_err(|stopped| stopped.about(digest))?;
    Ok(counting.found)
}

struct Counting<'a, 'f, R, W> {
    frames: &'a Frames<'f, R, W>,
    file_bytes_left: u64,
    pieces_left: u64,
    found: Affected,
}

impl<R: Read, W: Write> Counting<'_, '_, R, W> {
    fn walk(&mut self, snapshot: &Snapshot) -> std::result::Result<(), Stopped> {
        if !self.has_all(&snapshot.pieces)? {
            self.found.folders = 1;
            return Ok(());
        }
        let mut walk = Walk::new(self.frames, snapshot);
        while let Some(step) = walk.next_step()? {
            match step {
                Step::Enter(..) => {
                    if !self.has_all(walk.entered())? {
                        walk.pass_over();
                        self.found.folders = self.found.folders.saturating_add(1);
                    }
                }
                Step::Entry(_, entry) => {
                    if let Node::File(content) = &entry.node {
                        self.file(content)?;
                    }
                }
                Step::Leave(..) => {}
            }
        }
        Ok(())
    }

    /// True when all of a folder's pieces are there.
    fn has_all(&mut self, parts: &[Part]) -> std::result::Result<bool, Stopped> {
        for part in parts {
            let pieces = match part {
                Part::Chunk(..) => vec![*part],
                Part::List(id, bytes) if self.frames.has(id) => list(self.frames, id, *bytes)?,
                Part::List(..) => return Ok(false),
                Part::Hole(_) => Vec::new(),
            };
            for piece in pieces {
                let left = self.pieces_left.checked_sub(1);
                self.pieces_left = left.ok_or(FormatError::Damaged("folders of endless pieces"))?;
                if !matches!(piece, Part::Chunk(id, _) if self.frames.has(&id)) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn file(&mut self, content: &Content) -> std::result::Result<(), Stopped> {
        let frames = self.frames;
        let has_list = |part: &Part| !matches!(part, Part::List(id, _) if !frames.has(id));
        let has_lists = content.parts.iter().all(has_list);
        let (mut bytes, mut is_whole) = (0, has_lists);
        if has_lists {
            bytes = each_run(frames, content, self.file_bytes_left, |run| {
                is_whole &= frames.has(&run.chunk);
                Ok(())
            })?;
            self.file_bytes_left = self.file_bytes_left.saturating_sub(bytes);
        }
        if !is_whole {
            self.found.files = self.found.files.saturating_add(1);
            self.found.file_bytes = self.found.file_bytes.saturating_add(bytes);
        }
        Ok(())
    }
}
