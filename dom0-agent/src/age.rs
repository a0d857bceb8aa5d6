//! How old a backup, or a proof of one, is: the same for everyone who asks.

use crate::admin::reply::Qube;
use crate::ledger::book::{Book, History};
use crate::part::Part;
use crate::text;
use std::fmt;

/// Seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// A backup that is older, in days, is due.
pub const BACKUP_DAYS: u32 = 7;

/// How old something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age {
    time: i64,
    seconds: i64,
}

impl Age {
    /// Of what is of this time; both in seconds since 1970.
    pub fn of(time: i64, now: i64) -> Self {
        let seconds = now.saturating_sub(time);
        Self { time, seconds }
    }

    /// Of a volume's last backup; an older state that was backed up since does not count.
    pub fn of_volume(history: &History, now: i64) -> Option<Self> {
        Some(Self::of(history.newest()?.time, now))
    }

    /// Of a qube's backup: the age of the oldest of its volumes' last backups; of one that is
    /// stored at several storage qubes, where that is newest. None while one of the volumes is in
    /// no backup at all.
    pub fn of_qube(book: &Book, qube: &Qube, parts: &[Part], now: i64) -> Option<Self> {
        let histories = book.of_living(&qube.name, qube.uuid);
        let ages = histories.filter_map(|private| Self::of_parts(book, private, parts, now));
        ages.max()
    }

    fn of_parts(book: &Book, private: &History, parts: &[Part], now: i64) -> Option<Self> {
        let of_part = |part: &Part| match part {
            Part::Private => Self::of_volume(private, now),
            Part::Root => Self::of_volume(book.root(private.qube.id)?, now),
        };
        let ages: Option<Vec<Self>> = parts.iter().map(of_part).collect();
        ages?.into_iter().min()
    }

    /// When it was, in seconds since 1970.
    pub fn time(self) -> i64 {
        self.time
    }

    /// In seconds; what is of a time to come has none.
    pub fn seconds(self) -> u64 {
        u64::try_from(self.seconds).unwrap_or(0)
    }

    /// True when it is older than so many days. A time to come is one of a clock that was wrong,
    /// and proves nothing.
    pub fn is_over(self, days: u32) -> bool {
        let recent = -DAY..=DAY.saturating_mul(i64::from(days));
        !recent.contains(&self.seconds)
    }
}

impl fmt::Display for Age {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&text::span(self.seconds()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_so_many_days_or_of_a_time_to_come_is_due() {
        let now = 100 * DAY;
        for (time, over) in [
            (now, false),
            (now - 7 * DAY, false),
            (now - 7 * DAY - 1, true),
            (now + DAY, false),
            (now + DAY + 1, true),
            (i64::MIN, true),
        ] {
            assert_eq!(Age::of(time, now).is_over(7), over, "{time}");
        }
        assert_eq!(Age::of(now - 3 * DAY, now).to_string(), "3 days");
        assert_eq!(Age::of(now + 5, now).seconds(), 0);
    }
}
