//! A restore that is cut off at any of its calls: before its data is whole the next run undoes it,
//! afterwards the next run finishes it, and says so; until then the qube can not start.
//!
//! Some of the calls are taken; all of them by
//! `cargo test -p qib-lab half_restored -- --ignored`.

use std::fs;

use crate::machine::faults::{add, machine};
use crate::machine::{Machine, assert_same};
use qib_lab::Act;

const BEGIN: &str = "qubesd internal.vm.volume.ImportBegin";
const END: &str = "qubesd internal.vm.volume.ImportEnd";
const CREATE: &str = "qubesd admin.vm.CreateInPool.AppVM";

/// Of the calls at the end of a restore each so many-th is one after which it is cut off.
const SOME: usize = 7;

/// A backed up qube that is set up in ways of all kinds, and refers to another.
fn set_up() -> Machine {
    let machine = machine();
    add(&machine, "sys-net", 1);
    let set = |qube: &str, method: &str, payload: &str| {
        machine.lab.admin(method, qube, payload).unwrap();
    };
    set("sys-net", "admin.vm.property.Set+provides_network", "True");
    for (method, payload) in [
        ("admin.vm.property.Set+netvm", "sys-net"),
        ("admin.vm.property.Set+memory", "600"),
        ("admin.vm.feature.Set+service.cups", "1"),
        ("admin.vm.tag.Set+mine", ""),
        ("admin.vm.firewall.Set+", "action=drop\n"),
        ("admin.vm.notes.Set+", "ask Kim"),
    ] {
        set("work", method, payload);
    }
    machine.backup("work");
    machine
}

fn ask(machine: &Machine, qube: &str, method: &str) -> String {
    machine.lab.admin(method, qube, "").unwrap()
}

fn exists(machine: &Machine, qube: &str) -> bool {
    let begin = format!("{qube} ");
    let qubes = ask(machine, "dom0", "admin.vm.List+");
    qubes.lines().any(|line| line.starts_with(&begin))
}

/// How a qube is set up, but for what it has for itself.
fn told(machine: &Machine, qube: &str) -> Vec<String> {
    let properties = ask(machine, qube, "admin.vm.property.GetAll+");
    let own = ["name ", "uuid ", "qid "];
    let is_own = |line: &&str| own.iter().any(|begin| line.starts_with(begin));
    let mut told: Vec<String> = properties
        .lines()
        .filter(|line| !is_own(line))
        .map(str::to_owned)
        .collect();
    for method in ["feature.List", "tag.List", "firewall.Get", "notes.Get"] {
        told.push(ask(machine, qube, &format!("admin.vm.{method}+")));
    }
    told
}

/// True when it has the tag with which Qubes refuses to start it, and does.
fn is_guarded(machine: &Machine, qube: &str) -> bool {
    let tags = ask(machine, qube, "admin.vm.tag.List+");
    let is_guarded = tags.contains("backup-restore-in-progress\n");
    assert!(!is_guarded || machine.lab.start(qube).is_err());
    is_guarded
}

/// The numbers of the calls of a restore that was just run to its end, and which they are.
fn calls(machine: &Machine) -> Vec<(u64, String)> {
    let ours = ["qubesd ", "dom0 ", "qrexec dom0 "];
    let calls = machine.lab.calls().unwrap().into_iter();
    let calls = calls.filter(|call| ours.iter().any(|begin| call.starts_with(begin)));
    (1..).zip(calls).collect()
}

/// The numbers of the calls after which it is cut off: those at which the qube changes, and of
/// those in between and at its end each `every`-th.
fn steps(calls: &[(u64, String)], target: &str, every: usize) -> Vec<u64> {
    let first = |begin: &str| calls.iter().position(|(_, call)| call.starts_with(begin));
    let (begin, end) = (first(BEGIN).unwrap(), first(END).unwrap());
    let about = format!(" {target}");
    let chosen = |(place, (number, call)): (usize, &(u64, String))| {
        let changes = ["admin.vm.Create", "admin.vm.tag.Set", "ImportBegin"];
        let is_change = changes.iter().any(|word| call.contains(word)) && call.contains(&about);
        let is_first = place == end || call.starts_with(CREATE);
        let is_some = match place {
            _ if place > end => (place - end) % every == 0,
            _ => place > begin && place % (20 * every) == 0,
        };
        (is_change || is_first || is_some).then_some(*number)
    };
    calls.iter().enumerate().filter_map(chosen).collect()
}

/// Kills qib after a call of a restore, and says whether the qube could start then.
fn cut_off(machine: &Machine, step: u64, words: &[&str]) {
    machine.lab.trap("", step, Act::Kill).unwrap();
    let output = machine.qib(words);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        None,
        "it lived on after {step}: {said}"
    );
}

/// What the next run says.
fn next_run(machine: &Machine, what: &str) -> String {
    let output = machine.qib(&["backup", "--always", "sys-net"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{what}: {said}");
    assert_eq!(machine.leftovers(), Vec::<String>::new(), "{what}");
    let kept = fs::read_dir(machine.state().join("set-up"));
    assert_eq!(kept.into_iter().flatten().count(), 0, "{what}");
    said
}

fn a_new_one(every: usize) {
    let machine = set_up();
    let (expected, tree) = (told(&machine, "work"), machine.tree("work"));
    let passphrase = machine.passphrase().display().to_string();
    let words = ["restore", "work", "--as", "again", "-p", &passphrase];
    machine.lab.calls().unwrap();
    machine.ok(&words);
    assert_eq!(told(&machine, "again"), expected);
    let calls = calls(&machine);
    let number = |begin: &str| {
        let found = calls.iter().find(|(_, call)| call.starts_with(begin));
        found.unwrap().0
    };
    let (create, begin, end) = (number(CREATE), number(BEGIN), number(END));
    let (mut finished, mut undone) = (0, 0);
    for step in steps(&calls, "again", every) {
        if exists(&machine, "again") {
            machine.lab.admin("admin.vm.Remove+", "again", "").unwrap();
        }
        cut_off(&machine, step, &words);
        let what = format!(
            "cut off after call {step}: {}",
            calls[usize::try_from(step).unwrap() - 1].1
        );
        let could_start = exists(&machine, "again") && !is_guarded(&machine, "again");
        let said = next_run(&machine, &what);
        if could_start && step == create {
            assert!(
                said.contains("again: a restore that was cut off may have made it"),
                "{said}"
            );
        } else if could_start {
            assert!(step > end, "{what}");
            assert_eq!(told(&machine, "again"), expected, "{what}");
        } else if step < end {
            assert!(!exists(&machine, "again"), "{what}");
            assert_eq!(
                said.contains("again: a restore of it was cut off, and is undone"),
                step >= create,
                "{what}: {said}"
            );
            undone += u32::from(step >= begin);
        } else {
            assert!(
                said.contains("again: a restore of it was cut off, and is finished now"),
                "{what}: {said}"
            );
            assert_eq!(told(&machine, "again"), expected, "{what}");
            assert_same(&tree, &machine.tree("again"));
            finished += 1;
        }
    }
    assert!(finished > 5 && undone > 0, "{finished} {undone}");
    machine.lab.start("sys-net").ok();
    machine.lab.start("again").unwrap();
}

fn a_replaced_one(every: usize) {
    let machine = set_up();
    let (expected, tree) = (told(&machine, "work"), machine.tree("work"));
    let passphrase = machine.passphrase().display().to_string();
    let words = ["restore", "work", "--replace", "--yes", "-p", &passphrase];
    let otherwise = || {
        for (method, payload) in [
            ("admin.vm.property.Set+netvm", ""),
            ("admin.vm.property.Set+memory", "700"),
            ("admin.vm.tag.Set+mine", ""),
            ("admin.vm.tag.Remove+mine", ""),
            ("admin.vm.notes.Set+", "nothing"),
        ] {
            machine.lab.admin(method, "work", payload).unwrap();
        }
        let image = machine.lab.image("work").unwrap();
        let bytes = fs::metadata(&image).unwrap().len();
        fs::write(&image, vec![7; usize::try_from(bytes).unwrap()]).unwrap();
        told(&machine, "work")
    };
    otherwise();
    machine.lab.calls().unwrap();
    machine.ok(&words);
    assert_eq!(told(&machine, "work"), expected);
    let calls = calls(&machine);
    let end = calls
        .iter()
        .find(|(_, call)| call.starts_with(END))
        .unwrap()
        .0;
    for step in steps(&calls, "work", every) {
        let other = otherwise();
        cut_off(&machine, step, &words);
        let what = format!("cut off after call {step}");
        let could_start = !is_guarded(&machine, "work");
        let before = told(&machine, "work");
        let said = next_run(&machine, &what);
        if step < end {
            assert_eq!(told(&machine, "work"), other, "{what}");
            assert!(
                fs::read(machine.lab.image("work").unwrap())
                    .unwrap()
                    .iter()
                    .all(|byte| *byte == 7)
            );
        } else {
            assert!(!could_start || before == expected, "{what}");
            assert_eq!(told(&machine, "work"), expected, "{what}");
            assert_same(&tree, &machine.tree("work"));
            assert_eq!(
                said.contains("work: a restore of it was cut off, and is finished now"),
                !could_start,
                "{what}: {said}"
            );
        }
    }
}

#[test]
fn a_new_qube_is_undone_or_finished_wherever_its_restore_is_cut_off() {
    a_new_one(SOME);
}

#[test]
fn a_qube_that_is_replaced_is_the_old_or_the_new_one_wherever_its_restore_is_cut_off() {
    a_replaced_one(SOME);
}

#[test]
#[ignore = "every call of a restore: many minutes"]
fn a_restore_is_cut_off_after_every_call() {
    a_new_one(1);
    a_replaced_one(1);
}

#[test]
fn a_qube_that_can_not_be_finished_stays_guarded_and_keeps_no_other_from_being_backed_up() {
    let machine = set_up();
    let expected = told(&machine, "work");
    let passphrase = machine.passphrase().display().to_string();
    machine.lab.trap(END, 1, Act::Kill).unwrap();
    let words = ["restore", "work", "--as", "again", "-p", &passphrase];
    assert_eq!(machine.qib(&words).status.code(), None);
    fs::remove_file(machine.state().join("set-up/again")).unwrap();
    let output = machine.qib(&["backup", "--always", "sys-net"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    for words in [
        "again: a restore of it was cut off, and could not be finished",
        "is lost",
        "--replace",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(is_guarded(&machine, "again"));
    let words = [&words[..], &["--replace", "--yes"]].concat();
    machine.ok(&words);
    assert_eq!(told(&machine, "again"), expected);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    assert_same(&machine.tree("work"), &machine.tree("again"));
}

#[test]
fn what_waits_for_a_qube_that_was_removed_since_is_forgotten() {
    let machine = set_up();
    let passphrase = machine.passphrase().display().to_string();
    machine.lab.trap(END, 1, Act::Kill).unwrap();
    let words = ["restore", "work", "--as", "again", "-p", &passphrase];
    assert_eq!(machine.qib(&words).status.code(), None);
    machine.lab.admin("admin.vm.Remove+", "again", "").unwrap();
    next_run(&machine, "it was removed");
    assert!(!exists(&machine, "again"));
}
