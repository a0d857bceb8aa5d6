//! Older states that a pool keeps, as history with dates of their own.

use crate::machine::faults::add;
use crate::machine::{BINARY, Machine, assert_same, skipped_without_root};
use qib_lab::compare::Tree;
use qib_lab::{Driver, LabBuilder, tool};
use serde_json::Value;

/// A machine with a halted qube `work` of three files, and a machine's pool that keeps three
/// older states of it; and its states, each with a file less, the oldest first.
fn with_revisions(driver: Driver) -> (Machine, Vec<Tree>) {
    let machine = Machine::before_init(LabBuilder::new(BINARY).driver(driver));
    machine.init();
    add(&machine, "work", 3);
    let method = "admin.vm.volume.Set.revisions_to_keep+private";
    machine.lab.admin(method, "work", "3").unwrap();
    let mut states = vec![machine.tree("work")];
    for number in 0..2 {
        machine.lab.start("work").unwrap();
        remove(&machine, number);
        machine.lab.stop("work").unwrap();
        states.push(machine.tree("work"));
    }
    (machine, states)
}

fn remove(machine: &Machine, number: u32) {
    let image = machine.lab.image("work").unwrap();
    let mut debugfs = tool("debugfs");
    debugfs
        .args(["-w", "-R", &format!("rm /home/user/{number}")])
        .arg(image);
    assert!(debugfs.output().unwrap().status.success());
}

fn revisions(machine: &Machine) -> Vec<String> {
    let method = "admin.vm.volume.ListSnapshots+private";
    let listed = machine.lab.admin(method, "work", "").unwrap();
    listed.lines().map(str::to_owned).collect()
}

fn backup(machine: &Machine, words: &[&str]) -> Vec<Value> {
    let said = machine.ok(&[&["backup", "--json", "work"], words].concat());
    let report: Value = serde_json::from_str(&said).unwrap();
    report["qubes"].as_array().unwrap().clone()
}

fn restores_to(machine: &Machine, words: &[&str], target: &str, expected: &Tree) {
    machine.restore("work", words, target);
    assert_same(expected, &machine.tree(target));
}

fn all_are_taken_once(driver: Driver) {
    let (machine, states) = with_revisions(driver);
    let ids = revisions(&machine);
    assert_eq!(ids.len(), 2, "{ids:?}");
    let taken = backup(&machine, &["--revisions"]);
    let of = |one: &Value| one["revision"]["id"].as_str().map(str::to_owned);
    let expected = [Some(ids[0].clone()), Some(ids[1].clone()), None];
    assert_eq!(taken.iter().map(of).collect::<Vec<_>>(), expected);
    for (number, state) in (1..).zip(&states) {
        let target = format!("again-{number}");
        let snapshot = number.to_string();
        restores_to(&machine, &["--snapshot", &snapshot], &target, state);
    }
    // The second has a date of its own, between the times when the states were left.
    let times: Vec<i64> = taken[..2]
        .iter()
        .map(|one| one["revision"]["time"].as_i64().unwrap())
        .collect();
    assert!(times[0] <= times[1], "{times:?}");
    // Of two states that were left in one second the lab names the later by the next.
    assert!(times[1] <= taken[1]["time"].as_i64().unwrap() + 1);
    let listed = machine.ok(&["snapshots", "work"]);
    let second = listed.lines().nth(2).unwrap();
    assert!(
        second.contains(&format!(", revision {} of 20", ids[1])),
        "{listed}"
    );

    // There is none left to take, and one that is asked for is taken again.
    let again = backup(&machine, &["--revisions", "--always"]);
    assert_eq!(again.iter().map(of).collect::<Vec<_>>(), [None]);
    let first = backup(&machine, &["--revision", &ids[0]]);
    assert_eq!(
        first.iter().map(of).collect::<Vec<_>>(),
        [Some(ids[0].clone())]
    );
    assert_eq!(first[0]["state"], "as its pool kept it");
    restores_to(&machine, &[], "newest", &states[2]);
    let last = first[0]["snapshot"].to_string();
    restores_to(&machine, &["--snapshot", &last], "oldest", &states[0]);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn revisions_of_a_reflink_pool() {
    if !skipped_without_root("revisions_of_a_reflink_pool") {
        all_are_taken_once(Driver::Reflink);
    }
}

#[test]
fn revisions_of_a_thin_pool() {
    if !skipped_without_root("revisions_of_a_thin_pool") {
        all_are_taken_once(Driver::LvmThin);
    }
}

#[test]
fn revisions_of_zfs() {
    if !skipped_without_root("revisions_of_zfs") {
        all_are_taken_once(Driver::Zfs);
    }
}

#[test]
fn what_is_asked_of_revisions_and_can_not_be() {
    let machine = Machine::before_init(LabBuilder::new(BINARY).driver(Driver::File));
    machine.init();
    add(&machine, "work", 1);
    add(&machine, "mail", 1);
    let cases: [(&[&str], i32, &str); 6] = [
        (
            &["work", "--revision", "7"],
            1,
            "its private volume has no revision 7; see 'qvm-vol",
        ),
        (
            &["work", "mail", "--revision", "7"],
            2,
            "--revision is of one qube",
        ),
        (
            &["nobody", "--revision", "7"],
            1,
            "there is no qube named nobody",
        ),
        (
            &["work", "--revision", "../7"],
            2,
            "it must be a revision that",
        ),
        (
            &["work", "--revision", "7", "--revisions"],
            2,
            "cannot be used with",
        ),
        (&["--all", "--revision", "7"], 2, "cannot be used with"),
    ];
    for (words, expected, text) in cases {
        let (code, said) = machine.fails(&[&["backup"], words].concat());
        assert_eq!(code, expected, "{said}");
        assert!(said.contains(text), "{said}");
    }
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn which_state_of_a_running_qube_its_feature_says() {
    if skipped_without_root("which_state_of_a_running_qube_its_feature_says") {
        return;
    }
    let (machine, _) = with_revisions(Driver::Reflink);
    machine.lab.start("work").unwrap();
    let state = |words: &[&str]| backup(&machine, words)[0]["state"].clone();
    let (now, before) = ("as it is now", "as it was left at its last shutdown");
    assert_eq!(state(&[]), now);
    let method = "admin.vm.feature.Set+qib.moment";
    machine.lab.admin(method, "work", "last-shutdown").unwrap();
    assert_eq!(state(&[]), before);
    assert_eq!(state(&["--live"]), now);
    machine.lab.admin(method, "work", "live").unwrap();
    assert_eq!(state(&[]), now);
    assert_eq!(state(&["--last-shutdown"]), before);
    machine.lab.admin(method, "work", "yesterday").unwrap();
    let (_, said) = machine.fails(&["backup", "work"]);
    let expected = "its feature 'qib.moment' must be 'live' or 'last-shutdown'";
    assert!(said.contains(expected), "{said}");
}
