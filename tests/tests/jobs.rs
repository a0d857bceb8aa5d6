//! Several qubes at once.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::machine::faults::add;
use crate::machine::{Machine, assert_same, kill, process, process_with, skipped_without_root};
use serde_json::Value;

const NAMES: [&str; 3] = ["bank", "mail", "work"];

/// A machine with three qubes of so many MiB.
fn machine(megabytes: usize) -> Machine {
    let machine = Machine::new();
    for name in NAMES {
        add(&machine, name, megabytes);
    }
    machine
}

/// The helpers that live now.
fn helpers(machine: &Machine) -> BTreeSet<String> {
    let list = machine.lab.admin("admin.vm.List+", "dom0", "").unwrap();
    let names = list.lines().filter_map(|line| line.split(' ').next());
    let helpers = names.filter(|name| name.starts_with("disp-qib-"));
    helpers.map(str::to_owned).collect()
}

/// Runs `qib` to its end; the most helpers that were seen at once.
fn watched(machine: &Machine, words: &[&str]) -> (Value, usize) {
    let words = ["qib"].into_iter().chain(words.iter().copied());
    let mut command = machine.lab.dom0(words);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(helpers(machine).len());
        sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    (serde_json::from_slice(&output.stdout).unwrap(), most)
}

/// The snapshots of all qubes, each with its number.
fn snapshots(machine: &Machine) -> Vec<(String, usize)> {
    let said = machine.ok(&["snapshots", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    let qubes = said["qubes"].as_array().unwrap().iter();
    let one = |qube: &Value| {
        let name = qube["qube"].as_str().unwrap().to_owned();
        (name, qube["snapshots"].as_array().unwrap().len())
    };
    qubes.map(one).collect()
}

/// Every qube has so many snapshots and its last one is whole; nothing is left behind.
fn all_is_whole(machine: &Machine, count: usize) {
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    let expected = NAMES.map(|name| (name.to_owned(), count));
    assert_eq!(snapshots(machine), expected);
    for name in NAMES {
        let again = format!("{name}-again");
        machine.restore(name, &[], &again);
        assert_same(&machine.tree(name), &machine.tree(&again));
        machine.lab.admin("admin.vm.Remove+", &again, "").unwrap();
    }
}

#[test]
fn three_at_once_are_as_good_as_one_after_the_other() {
    let machine = machine(20);
    let (_, most) = watched(&machine, &["backup", "--json", "bank", "mail", "work"]);
    assert_eq!(most, 1, "one at a time unless more are asked for");
    let words = [
        "backup", "--always", "--json", "--jobs", "3", "bank", "mail", "work",
    ];
    let (report, most) = watched(&machine, &words);
    assert!((2..=3).contains(&most), "{most} helpers at once");
    let qubes = report["qubes"].as_array().unwrap();
    assert!(
        qubes.len() == 3 && qubes.iter().all(|qube| qube["ok"] == true),
        "{report}"
    );
    all_is_whole(&machine, 2);
}

#[test]
fn one_that_fails_does_not_stop_the_rest() {
    let machine = machine(1);
    let words = [
        "backup", "-j", "2", "--json", "bank", "mail", "nobody", "work",
    ];
    let output = machine.qib(&words);
    assert_eq!(output.status.code(), Some(3));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let qubes = report["qubes"].as_array().unwrap().iter();
    let bad = qubes.filter(|qube| qube["ok"] == false);
    let bad: Vec<&Value> = bad.map(|qube| &qube["qube"]).collect();
    assert_eq!(bad, ["nobody"]);
    all_is_whole(&machine, 1);
}

#[test]
fn where_memory_is_short_helpers_wait_for_each_other() {
    let machine = machine(4);
    machine.lab.limit_memory(1500).unwrap();
    let words = ["backup", "--json", "--jobs", "3", "bank", "mail", "work"];
    let (report, most) = watched(&machine, &words);
    assert!(most <= 3, "{most}");
    let qubes = report["qubes"].as_array().unwrap().iter();
    assert!(qubes.clone().all(|qube| qube["ok"] == true), "{report}");
    let log = fs::read_to_string(machine.lab.dir().join("qubesd.log")).unwrap();
    assert!(log.contains("QubesMemoryError"), "there was memory enough");
    all_is_whole(&machine, 1);
    // Without room for one it is an error, and not a wait without end.
    machine.lab.limit_memory(600).unwrap();
    let (code, text) = machine.fails(&["backup", "--always", "-j", "3", "bank", "mail", "work"]);
    assert_eq!(code, 1);
    assert!(text.contains("Not enough memory"), "{text}");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_helper_that_dies_takes_no_other_qube_along() {
    if skipped_without_root("a_helper_that_dies_takes_no_other_qube_along") {
        return;
    }
    let machine = machine(60);
    let mut child = begin(&machine);
    two_at_work(&machine, &mut child);
    kill(process_with(&machine, "qib-helper", "backup").expect("it runs"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8(output.stderr).unwrap();
    let named = error
        .lines()
        .filter(|line| line.starts_with("qib: error: "));
    assert_eq!(named.count(), 2, "one qube, and the sum: {error}");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    let stored: usize = snapshots(&machine).iter().map(|(_, count)| count).sum();
    assert_eq!(stored, NAMES.len() - 1);
    machine.ok(&["backup", "--jobs", "2", "bank", "mail", "work"]);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_stop_ends_all_of_them_in_order() {
    if skipped_without_root("a_stop_ends_all_of_them_in_order") {
        return;
    }
    let machine = machine(60);
    let mut child = begin(&machine);
    two_at_work(&machine, &mut child);
    let number = process(&machine, "qib").expect("it runs").to_string();
    let stopped = Command::new("kill").args(["-INT", &number]).status();
    assert!(stopped.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    machine.ok(&["backup", "--jobs", "3", "bank", "mail", "work"]);
    all_is_whole(&machine, 1);
}

#[test]
fn a_killed_qib_with_several_at_work_is_cleared_up_by_the_next() {
    if skipped_without_root("a_killed_qib_with_several_at_work_is_cleared_up_by_the_next") {
        return;
    }
    let machine = machine(60);
    let mut child = begin(&machine);
    two_at_work(&machine, &mut child);
    kill(process(&machine, "qib").expect("it runs"));
    child.wait().unwrap();
    assert!(machine.leftovers().len() > 2, "it was killed at work");
    machine.ok(&["backup", "--jobs", "2", "bank", "mail", "work"]);
    all_is_whole(&machine, 1);
}

/// The keys are there; a first backup of all begins.
fn begin(machine: &Machine) -> Child {
    machine.ok(&["backup", "--dry-run", "bank", "mail", "work"]);
    let words = ["qib", "backup", "--jobs", "2", "bank", "mail", "work"];
    let mut command = machine.lab.dom0(words);
    let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits until two sessions have their snapshots and talk to their helpers.
fn two_at_work(machine: &Machine, child: &mut Child) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let began = |log: &str| log.matches(": qib.Put+").count();
    let path = machine.lab.dir().join("qrexec.log");
    let before = NAMES.len();
    while began(&fs::read_to_string(&path).unwrap()) < before + 2 {
        let runs = Instant::now() < deadline && child.try_wait().unwrap().is_none();
        assert!(runs, "two were never at work at once");
        sleep(Duration::from_millis(2));
    }
}
