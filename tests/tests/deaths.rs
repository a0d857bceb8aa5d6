//! A part that dies in the middle of the work: one clear message and a non-zero
//! exit, nothing is lost, and the next run works.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::machine::faults::{add, backup_under_way, machine, next_run_works, one_error};
use crate::machine::{Machine, kill, process, process_with, skipped_without_root};

#[test]
fn a_helper_that_dies_is_an_error_and_what_it_stored_is_not_believed() {
    if skipped_without_root("a_helper_that_dies_is_an_error") {
        return;
    }
    let machine = machine();
    add(&machine, "big", 80);
    let mut child = machine
        .lab
        .dom0(["qib", "backup", "big"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let helper = loop {
        if let Some(helper) = process_with(&machine, "qib-helper", "backup") {
            break helper;
        }
        assert!(child.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(2));
    };
    kill(helper);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    one_error(
        &String::from_utf8(output.stderr).unwrap(),
        &["big: ", "helper"],
    );
    assert!(!machine.ok(&["snapshots"]).contains("big "));
    machine.backup("big");
    next_run_works(&machine);
}

#[test]
fn a_storage_daemon_that_dies_is_an_error_and_the_next_run_works() {
    if skipped_without_root("a_storage_daemon_that_dies_is_an_error_and_the_next_run_works") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 100);
    let child = backup_under_way(&machine);
    kill(process(&machine, "qib-storage").expect("the daemon runs"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(6));
    one_error(
        &String::from_utf8(output.stderr).unwrap(),
        &["work: ", "storage"],
    );
    sleep(Duration::from_secs(2));
    next_run_works(&machine);
}

#[test]
fn a_killed_qib_is_cleared_up_by_the_next() {
    if skipped_without_root("a_killed_qib_is_cleared_up_by_the_next") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 100);
    let child = backup_under_way(&machine);
    kill(process(&machine, "qib").expect("it runs"));
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    assert!(!machine.leftovers().is_empty(), "it was killed at work");
    next_run_works(&machine);
}

#[test]
fn an_interrupted_qib_ends_in_order() {
    if skipped_without_root("an_interrupted_qib_ends_in_order") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 100);
    let child = backup_under_way(&machine);
    let number = process(&machine, "qib").expect("it runs").to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &number])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    next_run_works(&machine);
}

#[test]
fn ending_the_permit_call_cuts_an_open_put_within_a_second() {
    if skipped_without_root("ending_the_permit_call_cuts_an_open_put_within_a_second") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 200);
    let child = backup_under_way(&machine);
    let permit = process_with(&machine, "qrexec-client", "qib.Permit").expect("a permit is held");
    kill(permit);
    sleep(Duration::from_secs(1));
    let then = machine.objects("pack-").len();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(6));
    assert_eq!(
        machine.objects("pack-").len(),
        then,
        "objects were stored without a permit"
    );
    one_error(
        &String::from_utf8(output.stderr).unwrap(),
        &["work: ", "storage"],
    );
    next_run_works(&machine);
}

#[test]
fn two_qib_at_once_are_one_too_many() {
    if skipped_without_root("two_qib_at_once_are_one_too_many") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 100);
    let first = backup_under_way(&machine);
    let (code, text) = machine.fails(&["backup", "work"]);
    assert_eq!(code, 5);
    one_error(&text, &["another qib"]);
    assert!(first.wait_with_output().unwrap().status.success());
    next_run_works(&machine);
}

/// Kills `program` in the middle of a restore; what was made of the qube must go. The exit code
/// and words of the error are those of `qib`, unless that is killed.
fn dies_in_a_restore(program: &str, error: Option<(i32, [&str; 2])>) {
    let machine = Machine::new();
    add(&machine, "work", 100);
    machine.backup("work");
    let passphrase = machine.passphrase();
    let passphrase = passphrase.to_str().unwrap();
    let arguments = ["qib", "restore", "work", "--as", "again", "-p", passphrase];
    let mut command = machine.lab.dom0(arguments);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    while process_with(&machine, "qrexec-client-vm", "qib.Get").is_none() {
        assert!(child.try_wait().unwrap().is_none(), "nothing was fetched");
        sleep(Duration::from_millis(2));
    }
    kill(process(&machine, program).expect("it runs"));
    let output = child.wait_with_output().unwrap();
    if let Some((code, words)) = error {
        assert_eq!(output.status.code(), Some(code));
        one_error(&String::from_utf8(output.stderr).unwrap(), &words);
        let qubes = machine.lab.admin("admin.vm.List+", "dom0", "").unwrap();
        assert!(!qubes.contains("again"), "{qubes}");
        assert_eq!(machine.leftovers(), Vec::<String>::new());
    } else {
        assert!(!machine.leftovers().is_empty(), "it was killed at work");
    }
    sleep(Duration::from_secs(2));
    machine.restore("work", &[], "again");
    next_run_works(&machine);
}

#[test]
fn a_helper_that_dies_in_a_restore_leaves_no_qube() {
    if !skipped_without_root("a_helper_that_dies_in_a_restore_leaves_no_qube") {
        dies_in_a_restore("qib-helper", Some((1, ["again: ", "helper"])));
    }
}

#[test]
fn a_storage_daemon_that_dies_in_a_restore_leaves_no_qube() {
    if !skipped_without_root("a_storage_daemon_that_dies_in_a_restore_leaves_no_qube") {
        dies_in_a_restore("qib-storage", Some((6, ["again: ", "storage"])));
    }
}

#[test]
fn a_qib_killed_in_a_restore_is_cleared_up_by_the_next() {
    if !skipped_without_root("a_qib_killed_in_a_restore_is_cleared_up_by_the_next") {
        dies_in_a_restore("qib", None);
    }
}

#[test]
fn a_qube_made_since_under_the_name_of_a_killed_restore_is_spared() {
    let test = "a_qube_made_since_under_the_name_of_a_killed_restore_is_spared";
    if skipped_without_root(test) {
        return;
    }
    let machine = machine();
    machine.backup("work");
    let undo = machine.state().join("undo");
    std::fs::write(&undo, "import own\nqube own\nguard own\n").unwrap();
    add(&machine, "own", 1);
    machine.backup("work");
    assert!(!undo.exists());
    let qubes = machine.lab.admin("admin.vm.List+", "dom0", "").unwrap();
    assert!(qubes.contains("own "), "{qubes}");
    machine.backup("own");
}
