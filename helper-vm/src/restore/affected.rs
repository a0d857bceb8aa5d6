//! What of a snapshot can not be restored where packs are lost. Nothing of files is read: the tables of
//! frames say what is still there.

use super::part::{Left, MayLack};
use super::walk::{Step, Stopped, Walk};
use crate::error::Result;
use crate::manifest::{Content, Node};
use crate::snapshot::Snapshot;
use qib_rpc::id::Digest;
use qib_rpc::message::verify::Affected;

/// Counts it; `manifest` has what is not lost, `digest` is the snapshot's object.
///
/// # Errors
/// When a manifest lies, or what is not lost can not be had.
pub fn count(manifest: &dyn MayLack, snapshot: &Snapshot, digest: Digest) -> Result<Affected> {
    let mut counting = Counting {
        left: Left::new(manifest),
        file_bytes_left: snapshot.counts.file_bytes,
        found: Affected::default(),
    };
    let counted = counting.walk(manifest, snapshot);
    counted.map_err(|stopped| stopped.about(digest))?;
    Ok(counting.found)
}

struct Counting<'a> {
    left: Left<'a>,
    file_bytes_left: u64,
    found: Affected,
}

impl Counting<'_> {
    fn walk(
        &mut self,
        manifest: &dyn MayLack,
        snapshot: &Snapshot,
    ) -> std::result::Result<(), Stopped> {
        if !self.left.has_folder(&snapshot.pieces)? {
            self.found.folders = 1;
            return Ok(());
        }
        let mut walk = Walk::new(manifest, snapshot);
        while let Some(step) = walk.next_step()? {
            match step {
                Step::Enter(..) => {
                    if !self.left.has_folder(walk.entered())? {
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

    fn file(&mut self, content: &Content) -> std::result::Result<(), Stopped> {
        let (is_whole, bytes) = self.left.has_file(content, self.file_bytes_left)?;
        self.file_bytes_left = self.file_bytes_left.saturating_sub(bytes);
        if !is_whole {
            self.found.files = self.found.files.saturating_add(1);
            self.found.file_bytes = self.found.file_bytes.saturating_add(bytes);
        }
        Ok(())
    }
}
