//! An alarm by numbers: a backup that differs much more from the one before than those before it
//! did. What a qube writes decides nothing else here, and no name of a file is known.
//!
//! Three shares are compared with the same volume's own history: of files that were read because
//! they changed, of files that are gone, and of new data that does not compress, as what was
//! encrypted does not. While an alarm lasts nothing of the volume's history is forgotten.

use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use qib_rpc::count::Counts;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Backups that are looked back upon.
const LOOK_BACK: usize = 16;

/// With fewer backups to compare with, only what is extreme is a sign.
const LEAST_HISTORY: usize = 3;

/// What is extreme, in thousandths.
const EXTREME: u16 = 500;

/// What is never a sign, in thousandths.
const COMMON: u16 = 200;

/// Of fewer files no share says anything.
const LEAST_FILES: u64 = 50;

/// Nor of less new data, in bytes.
const LEAST_NEW_BYTES: u64 = 16 << 20;

/// Every file is read again within so many seconds, whether it changed or not.
const READ_AGAIN_SECONDS: i64 = 90 * 24 * 60 * 60;

/// A share that is much larger than it ever was, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    /// What it is now.
    pub now: u16,
    /// The most that it was before.
    pub before: u16,
}

/// What is unusual about a backup; at least one of them is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signs {
    /// Of the files, those that changed.
    pub changed: Option<Sign>,
    /// Of the files of before, those that are gone.
    pub deleted: Option<Sign>,
    /// Of the data, what is new and does not compress.
    pub incompressible: Option<Sign>,
}

/// The shares of one backup, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shares {
    changed: u16,
    deleted: u16,
    incompressible: u16,
}

/// What is unusual about a backup of now; none when nothing is, or there is none before.
pub fn signs(history: &History, counts: &Counts, now: i64) -> Option<Signs> {
    let is_present = |snapshot: &&SnapshotRecord| history.revision(snapshot.sequence).is_none();
    let all: Vec<&SnapshotRecord> = history.snapshots.iter().filter(is_present).collect();
    let last = all.last()?;
    let now = Shares::between(last, counts, now);
    let pairs = all.windows(2).rev().take(LOOK_BACK);
    let calm = pairs.filter_map(|pair| match pair {
        [before, after] if !history.has_alarm(after.sequence) => {
            Some(Shares::between(before, &after.counts, after.time))
        }
        _ => None,
    });
    compare(now, &calm.collect::<Vec<Shares>>())
}

fn compare(now: Shares, before: &[Shares]) -> Option<Signs> {
    let sign = |share: fn(&Shares) -> u16| {
        let (now, most) = (share(&now), before.iter().map(share).max().unwrap_or(0));
        let bound = if before.len() < LEAST_HISTORY {
            EXTREME
        } else {
            most.saturating_mul(2).max(COMMON)
        };
        (now > bound).then_some(Sign { now, before: most })
    };
    let signs = Signs {
        changed: sign(|shares| shares.changed),
        deleted: sign(|shares| shares.deleted),
        incompressible: sign(|shares| shares.incompressible),
    };
    (signs != Signs::default()).then_some(signs)
}

impl Shares {
    fn between(before: &SnapshotRecord, counts: &Counts, time: i64) -> Self {
        let files = before.counts.files;
        let seconds = time
            .saturating_sub(before.time)
            .clamp(0, READ_AGAIN_SECONDS);
        let again = u64::try_from(seconds).unwrap_or(0).saturating_mul(files);
        Self::of(files, counts, again / READ_AGAIN_SECONDS.unsigned_abs())
    }

    /// Of a backup that follows one of so many files, `again` of which it was the turn of.
    fn of(files: u64, counts: &Counts, again: u64) -> Self {
        let of_files = |count: u64| {
            if files < LEAST_FILES {
                0
            } else {
                per_mille(count, files)
            }
        };
        let read = counts.files_read.saturating_sub(counts.files_racy);
        let read = read.saturating_sub(again);
        // Files that were read and held nothing new did not change: those of a fresh qube, say,
        // which were too recent to be known when it was first backed up.
        let new = u64::from(per_mille(counts.bytes_new, counts.bytes_read));
        let packed = counts.bytes_stored.saturating_mul(100) / counts.bytes_new.max(1);
        let grown = if counts.bytes_new < LEAST_NEW_BYTES || packed < 95 {
            0
        } else {
            counts.bytes_new
        };
        Self {
            changed: of_files(read.saturating_mul(new) / 1000),
            deleted: of_files(files.saturating_sub(counts.files)),
            incompressible: per_mille(grown, counts.file_bytes),
        }
    }
}

fn per_mille(part: u64, whole: u64) -> u16 {
    let share = part.saturating_mul(1000).checked_div(whole).unwrap_or(0);
    u16::try_from(share.min(1000)).unwrap_or(1000)
}

impl fmt::Display for Signs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.changed, "of its files changed"),
            (self.deleted, "of its files are gone"),
            (
                self.incompressible,
                "of its data is new and does not compress",
            ),
        ];
        let mut separator = "";
        for (sign, what) in all {
            if let Some(Sign { now, before }) = sign {
                let (now, before) = (now / 10, before / 10);
                write!(out, "{separator}{now} % {what} (so far {before} % at most)")?;
                separator = ", ";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calm(changed: u16) -> Shares {
        Shares {
            changed,
            deleted: 5,
            incompressible: 30,
        }
    }

    #[test]
    fn what_is_usual_for_the_volume_is_no_sign() {
        let before = [calm(10), calm(300), calm(20)];
        for changed in [0, 300, 600] {
            assert_eq!(compare(calm(changed), &before), None);
        }
        let sign = compare(calm(601), &before).unwrap().changed;
        assert_eq!(
            sign,
            Some(Sign {
                now: 601,
                before: 300
            })
        );
        assert_eq!(compare(calm(200), &[calm(1); 3]), None, "never so little");
        assert!(compare(calm(201), &[calm(1); 3]).is_some());
    }

    #[test]
    fn without_a_history_only_the_extreme_is_a_sign() {
        assert_eq!(compare(calm(500), &[calm(1); 2]), None);
        assert!(compare(calm(501), &[]).is_some());
    }

    #[test]
    fn files_that_are_read_again_and_hold_nothing_new_did_not_change() {
        let mut counts = Counts {
            files: 100,
            files_read: 100,
            bytes_read: 1 << 20,
            ..Counts::default()
        };
        assert_eq!(Shares::of(100, &counts, 0).changed, 0);
        counts.bytes_new = 1 << 19;
        assert_eq!(Shares::of(100, &counts, 0).changed, 500);
        counts.bytes_new = 2 << 20;
        assert_eq!(Shares::of(100, &counts, 0).changed, 1000);
        assert_eq!(Shares::of(100, &counts, 40).changed, 600, "in their turn");
    }

    #[test]
    fn each_share_is_a_sign_of_its_own() {
        let gone = Shares {
            deleted: 900,
            ..calm(0)
        };
        let signs = compare(gone, &[calm(0); 5]).unwrap();
        assert!(signs.changed.is_none() && signs.deleted.is_some());
        assert_eq!(
            signs.to_string(),
            "90 % of its files are gone (so far 0 % at most)"
        );
    }
}
