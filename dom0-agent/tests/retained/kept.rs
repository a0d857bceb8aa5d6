//! A pack is an interval of sequences: which snapshots need it, after any history.

use super::made::{Made, QUBE, change, forgot, pack};
use proptest::prelude::*;
use qib::ledger::record::{Change, Record};
use std::collections::{BTreeMap, BTreeSet};

/// Three snapshots: pack 1 in the first two, 2 in all, 3 in the last two, 4 in the last.
fn three() -> Made {
    let mut made = Made::new();
    let added = |number| change(number, Change::Added);
    made.snapshot(100, vec![added(1), added(2)]);
    made.snapshot(200, vec![added(3)]);
    let dropped = change(1, Change::Dropped);
    made.snapshot(300, vec![dropped, change(2, Change::Changed), added(4)]);
    made
}

fn needed(made: &Made, sequence: u64) -> Vec<u64> {
    let packs = made.history().packs.needed_by(sequence);
    packs.map(|(digest, _)| number(digest)).collect()
}

fn live(made: &Made) -> Vec<u64> {
    let packs = made.history().packs.live();
    packs.map(|(digest, _)| number(digest)).collect()
}

fn number(digest: &qib_rpc::id::Digest) -> u64 {
    u64::from_be_bytes(digest.bytes()[..8].try_into().unwrap())
}

#[test]
fn what_each_snapshot_needs_is_known_from_numbers_alone() {
    let mut made = three();
    made.read_again();
    assert_eq!(needed(&made, 1), [1, 2]);
    assert_eq!(needed(&made, 2), [1, 2, 3]);
    assert_eq!(needed(&made, 3), [2, 3, 4]);
    assert_eq!(live(&made), [2, 3, 4]);
    let packs = &made.history().packs;
    assert!(packs.get(&pack(2)).unwrap().is_mostly_dead());
    assert!(!packs.get(&pack(3)).unwrap().is_mostly_dead());
    assert_eq!(packs.get(&pack(1)).unwrap().stored_bytes(), 1001);
}

#[test]
fn a_forgotten_snapshot_is_not_kept_and_can_be_called_back() {
    let mut made = three();
    made.forget(&[1, 2]);
    made.read_again();
    assert_eq!(made.history().sequences(), [3]);
    let forgotten: Vec<_> = made.history().forgotten().collect();
    assert_eq!((forgotten.len(), forgotten[0].time), (2, 5000));
    made.ok(Record::Recalled {
        qube: QUBE,
        sequence: 2,
    });
    made.read_again();
    assert_eq!(made.history().sequences(), [2, 3]);
    assert_eq!(needed(&made, 2), [1, 2, 3]);
    let again = Record::Recalled {
        qube: QUBE,
        sequence: 2,
    };
    assert!(made.ledger.append(again).is_err());
}

#[test]
fn what_only_a_forgotten_newest_snapshot_needed_is_not_built_upon() {
    let mut made = three();
    made.forget(&[3]);
    assert_eq!(live(&made), [2, 3]);
    made.snapshot(400, vec![change(5, Change::Added)]);
    made.read_again();
    assert_eq!(made.history().sequences(), [1, 2, 4]);
    assert_eq!(needed(&made, 4), [2, 3, 5]);
}

#[test]
fn no_number_and_no_pack_serves_twice() {
    let mut made = three();
    made.forget(&[1, 2, 3]);
    assert_eq!(made.history().next_sequence(), 4);
    assert!(live(&made).is_empty());
    made.ok(Record::PackChanges {
        qube: QUBE,
        session: super::made::snapshot(4, 0).session,
        changes: vec![change(1, Change::Added)],
    });
    let snapshot = super::made::snapshot(4, 400);
    let revived = made.ledger.append(Record::Snapshot(Box::new(snapshot)));
    assert!(revived.is_err(), "pack 1 was dropped before");
}

#[test]
fn only_what_is_there_and_not_locked_is_forgotten() {
    let mut made = three();
    let lock = |locked| Record::Locked {
        qube: QUBE,
        sequence: 1,
        locked,
    };
    made.ok(lock(true));
    made.read_again();
    assert!(made.history().is_locked(1));
    for sequences in [&[1][..], &[4], &[2, 2], &[2, 1]] {
        assert!(made.ledger.append(forgot(sequences)).is_err());
    }
    assert_eq!(made.history().sequences(), [1, 2, 3]);
    made.ok(lock(false));
    made.forget(&[1]);
    assert!(made.ledger.append(lock(true)).is_err(), "it is not kept");
}

#[test]
fn what_is_gone_is_forgotten_for_ever_with_its_packs() {
    let mut made = three();
    let gone = |sequences: &[u64]| Record::Gone {
        qube: QUBE,
        sequences: sequences.to_vec(),
    };
    assert!(made.ledger.append(gone(&[1])).is_err(), "it is kept");
    made.forget(&[1, 2]);
    made.ok(gone(&[2]));
    assert!(made.history().packs.get(&pack(1)).is_some());
    made.ok(gone(&[1]));
    made.read_again();
    assert!(made.history().packs.get(&pack(1)).is_none());
    assert_eq!(needed(&made, 3), [2, 3, 4]);
    assert_eq!(made.history().forgotten().count(), 0);
}

#[test]
fn what_is_to_be_sent_again_stays_with_the_snapshots_that_need_it() {
    let mut made = three();
    made.ok(Record::SendAgain {
        qube: QUBE,
        packs: vec![pack(2)],
    });
    made.read_again();
    assert_eq!(live(&made), [3, 4]);
    made.snapshot(400, vec![change(5, Change::Added)]);
    assert_eq!(needed(&made, 3), [2, 3, 4]);
    assert_eq!(needed(&made, 4), [3, 4, 5]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Against a model that keeps the whole set of every snapshot.
    #[test]
    fn any_history_is_as_if_each_snapshot_had_its_whole_list(
        steps in proptest::collection::vec((proptest::collection::vec(0..8usize, 0..4), 0..3u64, 0..4usize), 1..15)
    ) {
        let mut made = Made::new();
        let mut model: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        let mut now = BTreeSet::new();
        let mut next_pack = 1;
        for (drops, adds, forget) in steps {
            let known: Vec<u64> = now.iter().copied().collect();
            let drops: BTreeSet<u64> = drops.iter().filter_map(|place| known.get(*place)).copied().collect();
            let added: Vec<u64> = (next_pack..next_pack + adds).collect();
            next_pack += adds;
            let changes = drops.iter().map(|number| change(*number, Change::Dropped));
            let changes = changes.chain(added.iter().map(|number| change(*number, Change::Added)));
            let sequence = made.history().next_sequence();
            made.snapshot(100, changes.collect());
            now.retain(|pack| !drops.contains(pack));
            now.extend(added);
            model.insert(sequence, now.clone());
            let kept = made.history().sequences();
            if let Some(sequence) = kept.get(forget).filter(|_| forget > 0) {
                made.forget(&[*sequence]);
                model.remove(sequence);
                let newest = model.last_key_value().map_or(0, |(last, _)| *last);
                let is_kept = |pack: &u64| model.get(&newest).is_some_and(|set| set.contains(pack));
                if newest < made.history().next_sequence() - 1 {
                    now.retain(is_kept);
                }
            }
        }
        made.read_again();
        let kept = made.history().sequences();
        prop_assert_eq!(&kept, &model.keys().copied().collect::<Vec<_>>());
        for (sequence, packs) in &model {
            prop_assert_eq!(needed(&made, *sequence), packs.iter().copied().collect::<Vec<_>>());
        }
        let all: BTreeSet<u64> = model.values().flatten().copied().collect();
        for (digest, pack) in made.history().packs.iter() {
            prop_assert_eq!(pack.is_needed_by_any(&kept), all.contains(&number(digest)));
        }
    }
}
