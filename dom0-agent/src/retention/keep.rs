//! Which snapshots of one history a policy keeps.
//!
//! The order of snapshots is that of their sequence. A time that is before the one of the
//! snapshot before shows that dom0's clock was set back: what lies on either side is counted
//! by itself, so nothing goes because of it, and the two snapshots at that step stay.

use super::calendar::Period;
use super::policy::Policy;
use super::span::Span;
use std::collections::BTreeSet;

/// A snapshot, as far as a policy looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its number.
    pub sequence: u64,
    /// When it was made, by dom0's clock, in seconds since 1970.
    pub time: i64,
}

/// The numbers of the snapshots that `policy` keeps of `all`, which are in the order of their
/// numbers. The newest is always one of them.
pub fn keep(policy: &Policy, all: &[Taken]) -> BTreeSet<u64> {
    let numbers = policy.numbers();
    let last = usize::try_from(numbers.last).unwrap_or(usize::MAX).max(1);
    let mut kept: BTreeSet<u64> = numbers_of(all.iter().rev().take(last)).collect();
    if let Some(within) = numbers.within {
        kept.extend(keep_within(within, all));
    }
    if numbers.of_period.iter().any(|count| *count > 0) {
        let eras: Vec<&[Taken]> = all
            .chunk_by(|earlier, later| earlier.time <= later.time)
            .collect();
        for (place, era) in eras.iter().enumerate() {
            let is_last = place + 1 == eras.len();
            let counts = Period::ALL.into_iter().zip(numbers.of_period);
            let counted = if is_last { era } else { before_step(era) };
            kept.extend(counts.flat_map(|(period, count)| keep_of_period(period, count, counted)));
        }
        for step in eras.windows(2) {
            let sides = step.iter().flat_map(|era| [era.first(), era.last()]);
            // Of the first era its end, of the second its beginning.
            kept.extend(numbers_of(sides.skip(1).take(2).flatten()));
        }
    }
    kept
}

/// The last snapshot before a step may have a time that had not come yet: it stays, and counts
/// for none.
fn before_step(era: &[Taken]) -> &[Taken] {
    era.split_last().map_or(era, |(_, earlier)| earlier)
}

fn numbers_of<'a>(taken: impl Iterator<Item = &'a Taken>) -> impl Iterator<Item = u64> {
    taken.map(|taken| taken.sequence)
}

fn keep_within(within: Span, all: &[Taken]) -> impl Iterator<Item = u64> {
    let newest = all.last().map_or(i64::MIN, |newest| newest.time);
    let since = newest.saturating_sub(within.seconds());
    numbers_of(all.iter().filter(move |taken| taken.time >= since))
}

/// The last snapshot of each of the newest periods that have one; if there are fewer periods
/// than asked for, the oldest snapshot too, so that it can grow old.
fn keep_of_period(period: Period, count: u32, era: &[Taken]) -> Vec<u64> {
    let mut kept = Vec::new();
    let mut left = count;
    let mut last = None;
    for taken in era.iter().rev() {
        if left == 0 {
            break;
        }
        let number = Some(period.number(taken.time));
        if number != last || Some(taken) == era.first() {
            kept.push(taken.sequence);
            left -= 1;
            last = number;
        }
    }
    kept
}
