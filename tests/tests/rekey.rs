//! `qib rekey` and `qib backup --fresh`: nothing of what was stored before is built upon.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::machine::faults::machine;
use crate::machine::{Machine, assert_same};
use serde_json::Value;

fn new_bytes(report: &Value) -> u64 {
    report["counts"]["bytes_new"].as_u64().unwrap()
}

/// The folders at storage in which snapshots lie: one for each history.
fn prefixes(machine: &Machine) -> BTreeSet<PathBuf> {
    let snapshots = machine.objects("snapshot-").into_iter();
    let folder = |path: PathBuf| path.ancestors().nth(2).unwrap().to_owned();
    snapshots.map(folder).collect()
}

fn backup(machine: &Machine, words: &[&str]) -> Value {
    let said = machine.ok(&[&["backup", "--json", "work"], words].concat());
    let report: Value = serde_json::from_str(&said).unwrap();
    report["qubes"][0].clone()
}

#[test]
fn after_rekey_a_history_of_other_keys_begins_and_both_can_be_restored() {
    let machine = machine();
    let first = new_bytes(&backup(&machine, &[]));
    let (before, key) = (prefixes(&machine), machine.objects("key-"));
    assert_eq!(new_bytes(&backup(&machine, &["--always"])), 0);
    let said = machine.ok(&["rekey", "work"]);
    assert!(
        said.contains("work: the next backup has other keys"),
        "{said}"
    );
    let (code, said) = machine.fails(&["rekey", "work"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("will have others with its next backup"),
        "{said}"
    );

    // Nothing says that it did not change: it was never read with these keys.
    let report = backup(&machine, &[]);
    assert_eq!(
        (new_bytes(&report), &report["snapshot"]),
        (first, &1.into())
    );
    let after = prefixes(&machine);
    assert_eq!((before.len(), after.len()), (1, 2));
    assert!(after.is_superset(&before));
    assert_eq!(machine.objects("key-").len(), key.len() + 1);
    assert_eq!(new_bytes(&backup(&machine, &["--always"])), 0);

    let snapshots = machine.ok(&["snapshots", "work", "--json"]);
    let snapshots: Value = serde_json::from_str(&snapshots).unwrap();
    let histories = snapshots["qubes"].as_array().unwrap();
    let ids = histories.iter().map(|one| one["id"].as_str().unwrap());
    let ids: Vec<&str> = ids.collect();
    assert_eq!(ids.len(), 2, "{snapshots}");
    let former = histories.iter().filter(|one| one["former_keys"] == true);
    assert_eq!(former.count(), 1, "{snapshots}");
    assert!(machine.ok(&["snapshots", "work"]).contains("former keys"));
    let (code, said) = machine.fails(&["restore", "work", "--as", "x", "--snapshot", "1"]);
    assert_eq!(code, 1);
    assert!(said.contains("former keys"), "{said}");
    for (number, id) in ids.iter().enumerate() {
        let name = format!("again-{number}");
        machine.restore("work", &["--snapshot", "1", "--id", id], &name);
        assert_same(&machine.tree("work"), &machine.tree(&name));
    }
    machine.restore("work", &[], "newest");
    assert_same(&machine.tree("work"), &machine.tree("newest"));
    machine.ok(&["verify"]);
    machine.ok(&["status"]);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_fresh_backup_builds_upon_nothing() {
    let machine = machine();
    let first = backup(&machine, &[]);
    let fresh = backup(&machine, &["--fresh"]);
    assert_eq!(new_bytes(&fresh), new_bytes(&first));
    assert_eq!(fresh["snapshot"], 2);
    assert_eq!(fresh["index_lost"], false);
    assert_eq!(new_bytes(&backup(&machine, &["--always"])), 0);
    machine.restore("work", &[], "again");
    assert_same(&machine.tree("work"), &machine.tree("again"));
}
