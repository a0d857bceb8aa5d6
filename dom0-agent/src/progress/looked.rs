//! How far a look at stored objects is, and how long the rest takes.

use crate::text;
use qib_rpc::count::Counts;
use std::time::Instant;

/// How far a look is.
pub struct Looked {
    began: Instant,
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
            began: Instant::now(),
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
        let bytes = text::bytes(self.bytes);
        let objects = text::number(self.objects);
        let of_objects = text::number(self.of_objects);
        let percent = self.per_mille() / 10;
        let left = self.seconds_left();
        let left = left.map_or_else(String::new, |left| format!(", {} left", text::span(left)));
        format!("{percent:3} %  {bytes}, {objects} of {of_objects} objects proved{left}")
    }

    /// By bytes, where they are known, else by objects.
    fn per_mille(&self) -> u64 {
        let (done, of) = if self.of_bytes > 0 {
            (self.bytes, self.of_bytes)
        } else {
            (self.objects, self.of_objects)
        };
        let share = done.saturating_mul(1000).checked_div(of);
        share.unwrap_or(0).min(1000)
    }

    fn seconds_left(&self) -> Option<u64> {
        let done = self.per_mille();
        let seconds = self.began.elapsed().as_secs();
        let left = seconds.saturating_mul(1000_u64.saturating_sub(done));
        left.checked_div(done).filter(|_| seconds >= 3)
    }
}
