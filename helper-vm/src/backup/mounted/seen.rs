//! Which files a later run may trust. Only at its end a run knows the volume's newest
//! time, and until then no row of the table of files counts: not in a partial either.

use crate::backup::racy::RacyFrom;
use crate::known::Rows;

struct Row {
    row: u32,
    latest: i64,
    was_read: bool,
}

/// The files of a run.
#[derive(Default)]
pub(super) struct Seen {
    rows: Vec<Row>,
    newest: i64,
}

impl Seen {
    /// Something on the volume has changed at this time, in seconds.
    pub(super) fn time(&mut self, changed: i64) {
        self.newest = self.newest.max(changed);
    }

    /// A file's content is in this row.
    pub(super) fn file(&mut self, row: u32, latest: i64, was_read: bool) {
        self.rows.push(Row {
            row,
            latest,
            was_read,
        });
    }

    /// Notes which rows count; returns how many files were read that are racy.
    pub(super) fn finish(self, now: i64, files: &mut Rows) -> u64 {
        let racy = RacyFrom::new(self.newest, now);
        let mut racy_files = 0_u64;
        for row in self.rows {
            files.need(row.row);
            if racy.covers(row.latest) {
                files.distrust(row.row);
                racy_files = racy_files.saturating_add(u64::from(row.was_read));
            }
        }
        racy_files
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{FileKey, Parent};

    #[test]
    fn a_row_counts_only_at_the_end_and_a_recent_one_never() {
        let mut files = Rows::default();
        let mut seen = Seen::default();
        let mut add = |latest, was_read| {
            let inode = files.len();
            let key = FileKey {
                inode,
                generation: 0,
                fingerprint: [0; 16],
            };
            let row = files.add(key, Parent::Unknown, &[0]).unwrap();
            seen.file(row, latest, was_read);
            assert!(
                !files.is_worth_keeping(row),
                "before the newest time is known"
            );
        };
        for (latest, was_read) in [(699, true), (700, true), (700, false), (5000, true)] {
            add(latest, was_read);
        }
        seen.time(1000);
        seen.time(900);
        assert_eq!(seen.finish(1 << 40, &mut files), 2);
        let kept: Vec<bool> = (0..4).map(|row| files.is_worth_keeping(row)).collect();
        assert_eq!(kept, [true, false, false, false]);
    }
}
