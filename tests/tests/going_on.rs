//! A restore whose storage qube or helper goes away in the middle goes on when it is back, with
//! what came so far.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::machine::faults::{add, next_run_works};
use crate::machine::{Machine, assert_same, kill, process, skipped_without_root};

/// The qube has so many mebibytes, each a file of its own.
const MEBIBYTES: u64 = 150;

/// So many are to come before anything happens.
const FIRST: u64 = 40;

/// A helper tells how far it is about twice a second.
const A_WORD: Duration = Duration::from_secs(2);

fn machine() -> Machine {
    let machine = Machine::new();
    add(&machine, "work", usize::try_from(MEBIBYTES).unwrap());
    machine.backup("work");
    machine
}

fn signal(process: i32, signal: &str) {
    let mut command = Command::new("kill");
    let done = command.args([signal, &process.to_string()]).status();
    assert!(done.unwrap().success());
}

fn storage(machine: &Machine) -> i32 {
    process(machine, "qib-storage").expect("the daemon runs")
}

/// Starts a restore, and holds the storage daemon up when some data came.
fn restore_under_way(machine: &Machine) -> Child {
    let passphrase = machine.passphrase();
    let mut command = machine.lab.dom0(["qib", "restore", "work"]);
    let mut child = command
        .args(["--as", "again", "--json", "-p"])
        .arg(passphrase)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let import = machine.lab.dir().join("pool/qubes/appvms/again");
    let import = import.join("private-import.img");
    let deadline = Instant::now() + Duration::from_secs(60);
    while fs::metadata(&import).map_or(0, |file| file.blocks() * 512) < FIRST << 20 {
        assert!(
            Instant::now() < deadline && child.try_wait().unwrap().is_none(),
            "nothing came"
        );
        sleep(Duration::from_millis(2));
    }
    signal(storage(machine), "-STOP");
    sleep(A_WORD);
    child
}

/// It ended well, was interrupted once, and fetched less than everything in the end.
fn went_on(machine: &Machine, output: &Output) {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert_eq!(told.matches("going on in 5 s").count(), 1, "{told}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let volume = &json["qubes"][0]["volumes"][0];
    let fetched = volume["bytes_fetched"].as_u64().unwrap() >> 20;
    assert!(fetched < MEBIBYTES - FIRST / 2, "{fetched} MiB");
    assert_eq!(volume["counts"]["bytes_read"], MEBIBYTES << 20);
    assert_same(&machine.tree("work"), &machine.tree("again"));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_storage_daemon_that_died_and_is_back_is_asked_for_the_rest() {
    if skipped_without_root("a_storage_daemon_that_died_and_is_back_is_asked_for_the_rest") {
        return;
    }
    let machine = machine();
    let child = restore_under_way(&machine);
    kill(storage(&machine));
    went_on(&machine, &child.wait_with_output().unwrap());
    next_run_works(&machine);
}

#[test]
fn another_helper_goes_on_where_one_died() {
    if skipped_without_root("another_helper_goes_on_where_one_died") {
        return;
    }
    let machine = machine();
    let child = restore_under_way(&machine);
    kill(process(&machine, "qib-helper").expect("it runs"));
    signal(storage(&machine), "-CONT");
    went_on(&machine, &child.wait_with_output().unwrap());
    next_run_works(&machine);
}

#[test]
fn who_does_not_want_to_wait_says_so_and_nothing_is_left() {
    if skipped_without_root("who_does_not_want_to_wait_says_so_and_nothing_is_left") {
        return;
    }
    let machine = machine();
    let child = restore_under_way(&machine);
    kill(process(&machine, "qib-helper").expect("it runs"));
    signal(storage(&machine), "-CONT");
    sleep(A_WORD);
    signal(process(&machine, "qib").expect("it waits"), "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let qubes = machine.lab.admin("admin.vm.List+", "dom0", "").unwrap();
    assert!(!qubes.contains("again"), "{qubes}");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    next_run_works(&machine);
}
