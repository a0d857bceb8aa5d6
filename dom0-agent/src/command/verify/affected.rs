//! Which snapshots suffer from what is lost, and in how many files.

use super::report::Looked;
use super::work::{Work, known};
use crate::error::{Error, Result};
use crate::text;
use crate::verify::{self, Checked};
use qib_rpc::id::{Digest, QubeId};
use qib_rpc::message::verify::Affected;
use qib_rpc::object::{Kind, ObjectName};
use serde_json::{Value, json};

/// Each snapshot is opened for it: the newest are.
const MOST_SNAPSHOTS: usize = 20;

/// A snapshot that can not be restored as it was.
pub struct Suffers {
    sequence: u64,
    /// None: nothing of it can be restored.
    affected: Option<Affected>,
}

impl Work<'_> {
    /// Counts what can not be restored of the newest snapshots that need something lost.
    pub fn count_affected(
        &mut self,
        volume: QubeId,
        checked: &Checked,
        looked: &mut Looked,
    ) -> Result<()> {
        let all = looked.suffering();
        if all.is_empty() || checked.is_nothing_there() {
            return Ok(());
        }
        let is_lost = |kind, digest: &Digest| {
            let digest = *digest;
            let object = ObjectName { kind, digest };
            checked.known_lost().any(|lost| *lost == object)
        };
        let (helper, identity) = self.helper_with_keys(volume)?;
        for sequence in all.into_iter().rev().take(MOST_SNAPSHOTS) {
            let history = known(self.installation, volume)?;
            let mut snapshots = history.snapshots.iter();
            let snapshot = snapshots.find(|snapshot| snapshot.sequence == sequence);
            let snapshot = snapshot.ok_or(Error::NotInitialised)?.clone();
            let affected = if is_lost(Kind::Snapshot, &snapshot.snapshot) {
                None
            } else {
                let of = (history, &snapshot);
                let needed = history.packs.needed_by(sequence);
                let lost = needed.filter(|(digest, _)| is_lost(Kind::Pack, digest));
                let lost = lost.map(|(digest, _)| *digest).collect();
                let with = (&helper, identity.clone());
                let (machine, installation) = (self.machine, &*self.installation);
                let progress = &mut self.progress;
                let affected = verify::affected(machine, installation, of, lost, with, progress);
                Some(affected?)
            };
            looked.suffers.push(Suffers { sequence, affected });
        }
        self.undos.all()
    }
}

impl Suffers {
    /// For a person.
    pub fn told(&self) -> String {
        let begin = format!("snapshot {}:", self.sequence);
        let Some(affected) = self.affected else {
            return format!("{begin} nothing of it can be restored");
        };
        let files = text::count(affected.files, "file", "files");
        let bytes = text::bytes(affected.file_bytes);
        let folders = match affected.folders {
            0 => String::new(),
            folders => {
                let folders = text::count(folders, "folder", "folders");
                format!(", and {folders} with all that lies in them")
            }
        };
        format!("{begin} {files} ({bytes}) can not be restored{folders}")
    }

    /// For programs.
    pub fn json(&self) -> Value {
        match self.affected {
            None => json!({ "snapshot": self.sequence, "all": true }),
            Some(affected) => json!({
                "snapshot": self.sequence,
                "all": false,
                "files": affected.files,
                "file_bytes": affected.file_bytes,
                "folders": affected.folders,
            }),
        }
    }
}
