//! How far a look at stored objects is, and how long the rest takes.

use super::pace::Pace;
use crate::text;
use qib_rpc::count::Counts;

/// How far a look is.
pub struct Looked {
    pace: Pace,
    of_objects: u64,
    /// As far as it is known.
    of_bytes: u64,
    objects: u64,
    bytes: u64,
}

impl Looked {
    /// Begins to look at so many objects of so many bytes.
    pub fn begin(objects: u64, bytes: u64) -> Self {
        Self {
            pace: Pace::begin(),
            of_objects: objects,
            of_bytes: bytes,
            objects: 0,
            bytes: 0,
        }
    }

    /// So far it is.
    pub fn is_at(&mut self, counts: &Counts) {
        self.objects = counts.objects;
        self.bytes = counts.bytes_stored;
    }

    /// That in words.
    pub fn text(&self) -> String {
        let (done, of) = self.share();
        let percent = done.saturating_mul(100).checked_div(of);
        let percent = percent.unwrap_or(0).min(100);
        let left = self.pace.left(done, of);
        let left = left.map_or_else(String::new, |left| format!("{} left  ", text::span(left)));
        let bytes = text::bytes(self.bytes);
        let objects = text::number(self.objects);
        let of_objects = text::number(self.of_objects);
        format!("{percent:3} %  {left}{bytes}, {objects} of {of_objects} objects proved")
    }

    /// By bytes, where they are known, else by objects.
    fn share(&self) -> (u64, u64) {
        if self.of_bytes > 0 {
            (self.bytes, self.of_bytes)
        } else {
            (self.objects, self.of_objects)
        }
    }
}
