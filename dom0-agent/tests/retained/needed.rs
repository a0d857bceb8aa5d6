//! Which objects a prune may take: never one that a kept snapshot or the next session needs,
//! whatever storage lists.

use super::made::{Made, change, pack};
use proptest::prelude::*;
use qib::ledger::record::Change;
use qib::live::Live;
use qib::retention::needed::{KINDS, Needed};
use qib::retention::space::of_each;
use qib_rpc::id::Digest;
use qib_rpc::object::{Kind, ObjectName};

const DAY: i64 = 86_400;

fn needed(made: &Made, now: i64, grace: i64) -> Needed<'_> {
    let history = made.history();
    Needed::new(history, &Live::of_ledger(history), now, grace)
}

fn name(kind: Kind, digest: Digest) -> ObjectName {
    ObjectName { kind, digest }
}

fn snapshot(sequence: u64) -> ObjectName {
    name(Kind::Snapshot, pack(sequence | 1 << 60))
}

fn index(sequence: u64) -> ObjectName {
    name(Kind::Index, pack(sequence | 1 << 61))
}

/// Ten snapshots, each with a pack of its own, one it shares with the next, and one of all.
fn ten() -> Made {
    let mut made = Made::new();
    for number in 1..=10u64 {
        let mut changes = vec![
            change(10 * number, Change::Added),
            change(10 * number + 1, Change::Added),
        ];
        if number == 1 {
            changes.push(change(1, Change::Added));
        } else {
            changes.push(change(10 * (number - 1), Change::Dropped));
        }
        if number > 2 {
            changes.push(change(10 * (number - 2) + 1, Change::Dropped));
        }
        made.snapshot(i64::try_from(number).unwrap() * 1000, changes);
    }
    made
}

#[test]
fn what_was_forgotten_stays_for_the_days_of_grace() {
    let mut made = ten();
    // At 5000.
    made.forget(&[3]);
    let pack = name(Kind::Pack, pack(30));
    for (now, grace, stays) in [
        (5000, 0, false),
        (5000, DAY, true),
        (5000 + DAY - 1, DAY, true),
        (5000 + DAY, DAY, false),
        // A clock that was set back shortens nothing.
        (4999, 0, true),
        (0, DAY, true),
    ] {
        let needed = needed(&made, now, grace);
        for name in [pack, snapshot(3), index(3)] {
            assert_eq!(needed.has(name), stays, "{now} {grace} {name}");
        }
    }
}

#[test]
fn other_kinds_and_interrupted_sessions_are_left_alone() {
    let mut made = ten();
    made.partial(pack(700), pack(701));
    let needed = needed(&made, 99_999, 0);
    assert!(needed.has(name(Kind::Packs, pack(701))));
    assert!(!needed.has(name(Kind::Packs, pack(700))));
    for kind in Kind::ALL.into_iter().filter(|kind| !KINDS.contains(kind)) {
        assert!(needed.has(name(kind, pack(5))), "{kind:?}");
    }
    for kind in KINDS {
        assert!(!needed.has(name(kind, pack(5))), "{kind:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_kept_snapshots_need_stays_and_nothing_else(forgotten in prop::collection::btree_set(1..=10u64, 0..10)) {
        let mut made = ten();
        made.forget(&forgotten.iter().copied().collect::<Vec<_>>());
        made.read_again();
        let needed = needed(&made, 99_999, 0);
        let history = made.history();
        let kept = history.sequences();
        for number in 1..=10 {
            let is_kept = kept.contains(&number);
            prop_assert_eq!(needed.has(snapshot(number)), is_kept);
            let next = number == 10;
            prop_assert_eq!(needed.has(index(number)), is_kept || next);
            prop_assert_eq!(needed.has(name(Kind::Pack, pack(10 * number))), is_kept);
            let shared = is_kept || kept.contains(&(number + 1));
            prop_assert_eq!(needed.has(name(Kind::Pack, pack(10 * number + 1))), shared);
        }
        prop_assert_eq!(needed.has(name(Kind::Pack, pack(1))), !kept.is_empty());
        prop_assert_eq!(needed.count(Kind::Snapshot), kept.len());
        let packs = history.packs.iter().filter(|(digest, _)| needed.has(name(Kind::Pack, **digest)));
        prop_assert_eq!(needed.count(Kind::Pack), packs.count());
        for space in of_each(history) {
            let packs: Vec<u64> = history.packs.needed_by(space.sequence).map(|(_, pack)| pack.stored_bytes()).collect();
            prop_assert_eq!(space.packs, packs.len() as u64);
            prop_assert_eq!(space.bytes, packs.iter().sum::<u64>());
            let others: Vec<u64> = kept.iter().copied().filter(|other| *other != space.sequence).collect();
            let own = history.packs.needed_by(space.sequence).filter(|(_, pack)| !pack.is_needed_by_any(&others));
            prop_assert_eq!(space.own_bytes, own.map(|(_, pack)| pack.stored_bytes()).sum::<u64>());
        }
    }
}
