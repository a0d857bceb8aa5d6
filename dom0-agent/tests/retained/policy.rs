//! Which snapshots a policy keeps: what restic's users expect, and laws for any history.

use super::made::{Made, QUBE, change};
use proptest::prelude::*;
use qib::ledger::record::{Change, Record};
use qib::retention::keep::{Taken, keep};
use qib::retention::plan::by_policy;
use qib::retention::policy::{Numbers, Policy};
use std::collections::BTreeSet;

const DAY: i64 = 86_400;
/// 2026-11-29 12:00:00 UTC, a Sunday.
const NOON: i64 = 1_795_953_600;

fn policy(text: &str) -> Policy {
    text.parse().unwrap()
}

fn history(times: impl IntoIterator<Item = i64>) -> Vec<Taken> {
    let numbered = (1..).zip(times);
    numbered
        .map(|(sequence, time)| Taken { sequence, time })
        .collect()
}

/// One a day for so many days, the newest at [`NOON`].
fn daily(days: i64) -> Vec<Taken> {
    history((0..days).rev().map(|day| NOON - day * DAY))
}

fn kept(text: &str, all: &[Taken]) -> Vec<u64> {
    keep(&policy(text), all).into_iter().collect()
}

#[test]
fn the_last_one_of_each_period_stays() {
    let all = daily(30);
    assert_eq!(kept("last=3", &all), [28, 29, 30]);
    assert_eq!(kept("daily=3", &all), [28, 29, 30]);
    // Weeks end on Sunday: 2026-11-29, -22, -15.
    assert_eq!(kept("weekly=3", &all), [16, 23, 30]);
    // 2026-10-31 is the oldest.
    assert_eq!(kept("monthly=1", &all), [30]);
    assert_eq!(kept("monthly=2", &all), [1, 30]);
    assert_eq!(kept("within=2d", &all), [28, 29, 30]);
    let hours = history((0..48).map(|hour| NOON + hour * 1800));
    assert_eq!(kept("hourly=3", &hours), [44, 46, 48]);
}

#[test]
fn the_oldest_stays_until_there_are_enough_periods() {
    assert_eq!(kept("yearly=2", &daily(5)), [1, 5]);
    assert_eq!(kept("yearly=1", &daily(5)), [5]);
}

#[test]
fn rules_add_up() {
    assert_eq!(kept("daily=2,weekly=2", &daily(20)), [13, 19, 20]);
}

#[test]
fn one_future_or_past_time_takes_nothing_with_it() {
    let years = [0, 70 * 365 * DAY, -50 * 365 * DAY];
    for wrong in years.map(|years| NOON + years) {
        let mut times: Vec<i64> = daily(30).iter().map(|taken| taken.time).collect();
        times.insert(25, wrong);
        let all = history(times);
        for text in ["daily=7", "weekly=3,monthly=2", "within=8d"] {
            let without: Vec<Taken> = all
                .iter()
                .filter(|one| one.sequence != 26)
                .copied()
                .collect();
            let expected = kept(text, &without);
            let found = kept(text, &all);
            assert!(
                expected.iter().all(|one| found.contains(one)),
                "{text} {wrong}"
            );
        }
    }
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let span = prop_oneof![
        Just(None),
        (1..90).prop_map(|days| Some(format!("{days}d").parse().unwrap()))
    ];
    (0..4u32, prop::array::uniform5(0..6u32), span).prop_map(|(last, of_period, within)| Numbers {
        last,
        of_period,
        within,
    })
}

fn policies() -> impl Strategy<Value = Policy> {
    numbers().prop_filter_map("keeps nothing", |numbers| Policy::new(numbers).ok())
}

/// Times in any order, some hours or months apart.
fn times() -> impl Strategy<Value = Vec<Taken>> {
    let step = prop_oneof![0..7200i64, 0..40 * DAY, -3 * DAY..0];
    prop::collection::vec(step, 1..60).prop_map(|steps| {
        let mut time = NOON;
        history(steps.into_iter().map(move |step| {
            time += step;
            time
        }))
    })
}

fn only(all: &[Taken], kept: &BTreeSet<u64>) -> Vec<Taken> {
    let is_kept = |one: &&Taken| kept.contains(&one.sequence);
    all.iter().filter(is_kept).copied().collect()
}

proptest! {
    #[test]
    fn the_newest_stays(policy in policies(), all in times()) {
        let newest = all.last().unwrap().sequence;
        prop_assert!(keep(&policy, &all).contains(&newest));
    }

    #[test]
    fn what_stayed_stays_when_it_is_applied_again(policy in policies(), all in times()) {
        let once = keep(&policy, &all);
        prop_assert_eq!(keep(&policy, &only(&all, &once)), once);
    }

    #[test]
    fn larger_numbers_keep_more(less in numbers(), more in numbers(), all in times()) {
        let larger = Numbers {
            last: less.last.max(more.last),
            of_period: std::array::from_fn(|place| less.of_period[place].max(more.of_period[place])),
            within: less.within.max(more.within),
        };
        let (Ok(less), Ok(larger)) = (Policy::new(less), Policy::new(larger)) else {
            return Ok(());
        };
        prop_assert!(keep(&less, &all).is_subset(&keep(&larger, &all)));
    }

    #[test]
    fn a_clock_that_is_set_back_loses_nothing(numbers in numbers(), all in times(), back in 1..9000 * DAY) {
        let numbers = Numbers { last: 0, ..numbers };
        let Ok(policy) = Policy::new(numbers) else { return Ok(()) };
        let newest = all.last().unwrap();
        let mut after = all.clone();
        after.push(Taken { sequence: newest.sequence + 1, time: newest.time - back });
        prop_assert!(keep(&policy, &all).is_subset(&keep(&policy, &after)));
    }
}

#[test]
fn locked_snapshots_stay_and_what_is_freed_is_told() {
    let mut made = Made::new();
    let added = |number| change(number, Change::Added);
    let dropped = |number| change(number, Change::Dropped);
    made.snapshot(NOON, vec![added(1), added(2)]);
    made.snapshot(NOON + DAY, vec![dropped(1), added(3)]);
    made.snapshot(NOON + 2 * DAY, vec![dropped(3), added(4)]);
    let going = |made: &Made| {
        let going = by_policy(&policy("last=1"), made.history(), None);
        assert_eq!(going.len(), 1);
        let freed = going[0].freed();
        let freed = (freed.packs, freed.bytes, freed.shared_bytes);
        (going[0].sequences.clone(), freed)
    };
    assert_eq!(going(&made), (vec![1, 2], (2, 1001 + 1003, 1002)));
    made.ok(Record::Locked {
        qube: QUBE,
        sequence: 1,
        locked: true,
    });
    assert_eq!(going(&made), (vec![2], (1, 1003, 1002)));
}

#[test]
fn older_states_are_counted_by_themselves_and_by_their_dates() {
    let mut made = Made::new();
    for day in [3, 1, 2] {
        made.revision(NOON - day * DAY);
        made.snapshot(NOON, vec![]);
    }
    made.snapshot(NOON, vec![]);
    made.revision(NOON - 9 * DAY);
    made.snapshot(NOON + 60, vec![]);
    let sequences = |text: &str| by_policy(&policy(text), made.history(), None)[0].stay();
    assert_eq!(sequences("last=1"), [2, 4]);
    assert_eq!(sequences("daily=3"), [1, 2, 3, 4]);
}

#[test]
fn a_root_volume_goes_with_its_qubes_snapshots() {
    let mut made = Made::new();
    made.root();
    // Root and private volume, one after the other; then a root volume alone.
    for day in 0..4 {
        made.root_snapshot(NOON + day * DAY - 60);
        made.snapshot(NOON + day * DAY, vec![]);
    }
    made.root_snapshot(NOON + 4 * DAY);
    let book = &made.ledger.book;
    let (private, root) = (made.history(), book.root(QUBE).unwrap());
    let going = by_policy(&policy("last=2"), private, Some(root));
    assert_eq!(going[0].sequences, [1, 2]);
    assert_eq!(going[1].sequences, [1, 2]);
    let going = by_policy(&policy("last=1"), private, Some(root));
    assert_eq!(going[1].stay(), [4, 5], "the newest stays too");
}

#[test]
fn a_root_volume_alone_is_kept_by_the_policy() {
    let mut made = Made::new();
    made.root();
    for day in 0..4 {
        made.root_snapshot(NOON + day * DAY);
    }
    let root = made.ledger.book.root(QUBE).unwrap();
    let going = by_policy(&policy("daily=3"), made.history(), Some(root));
    assert_eq!(going.len(), 1);
    assert_eq!(going[0].sequences, [1]);
}
