//! Every helper is confined while it works, and the storage daemon always, seen from outside.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::machine::faults::{add, machine};
use crate::machine::{Machine, kill, process_with, skipped_without_root};

/// What the kernel says of a thread.
struct Thread {
    calls_are_filtered: bool,
    gains_nothing: bool,
    has_no_capability: bool,
}

fn threads(process: i32) -> Option<Vec<Thread>> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    tasks
        .map(|task| {
            let status = fs::read_to_string(task.ok()?.path().join("status")).ok()?;
            let says = |line: &str| status.lines().any(|found| found == line);
            Some(Thread {
                calls_are_filtered: says("Seccomp:\t2"),
                gains_nothing: says("NoNewPrivs:\t1"),
                has_no_capability: says("CapPrm:\t0000000000000000"),
            })
        })
        .collect()
}

/// Runs `qib` and watches the helpers that do `work`: once all threads of one are confined, all
/// that it starts are.
fn confined(machine: &Machine, arguments: &[&str], work: &str, is_confined: fn(&Thread) -> bool) {
    let mut words = vec!["qib"];
    words.extend(arguments);
    let mut child = machine
        .lab
        .dom0(words)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (mut seen, mut most) = (BTreeMap::new(), 0);
    let mut is_over = false;
    while child.try_wait().unwrap().is_none() {
        let helper = process_with(machine, "qib-helper", work);
        if let Some((helper, threads)) = helper.and_then(|helper| Some((helper, threads(helper)?)))
        {
            let all = threads.iter().all(is_confined);
            let before = seen.insert(helper, all);
            assert!(
                all || before != Some(true),
                "{work}: a thread is not confined"
            );
            most = most.max(threads.len());
        }
        // Once it was seen at work, and once only: for a moment longer it is still there.
        is_over = is_over || (most > 1 && end_browsing(machine));
        sleep(Duration::from_millis(2));
    }
    assert!(child.wait().unwrap().success(), "{work}");
    // One that ended soon may have been seen at its begin alone.
    let any = seen.values().any(|confined| *confined);
    assert!(any && most > 1, "{work}: {most} threads at most");
}

/// Looks at what a helper shows, if one does by now, and shuts it down: `qib browse` waits for
/// that.
fn end_browsing(machine: &Machine) -> bool {
    let Some(helper) = process_with(machine, "qib-helper", "browse") else {
        return false;
    };
    let folder = format!("/proc/{helper}/root/run/qib");
    if !Path::new(&folder).join("window").exists() {
        return false;
    }
    let snapshots = fs::read_dir(Path::new(&folder).join("snapshots")).unwrap();
    for snapshot in snapshots {
        let photo = snapshot.unwrap().path().join("home/user/1");
        assert!(!fs::read(photo).unwrap().is_empty());
    }
    let threads = threads(helper).unwrap();
    assert!(threads.len() > 1 && threads.iter().all(|thread| thread.calls_are_filtered));
    kill(helper);
    true
}

#[test]
fn every_helper_that_works_is_confined_and_so_is_the_daemon() {
    if skipped_without_root("every_helper_that_works_is_confined_and_so_is_the_daemon") {
        return;
    }
    let machine = machine();
    let storage = process_with(&machine, "qib-storage", "").unwrap();
    let storage = threads(storage).unwrap();
    let wholly = |thread: &Thread| {
        thread.calls_are_filtered && thread.gains_nothing && thread.has_no_capability
    };
    assert!(storage.iter().all(wholly), "the storage daemon");
    add(&machine, "big", 120);
    let passphrase = machine.passphrase();
    let passphrase = passphrase.to_str().unwrap();
    confined(&machine, &["backup", "big"], "backup", wholly);
    let verify = ["verify", "big", "--open", "-p", passphrase];
    confined(&machine, &verify, "verify", wholly);
    machine.lab.agree().unwrap();
    let path = "home/user/1*";
    let files = [
        "restore", "big", "--path", path, "--to", "work", "-p", passphrase,
    ];
    confined(&machine, &files, "restore", wholly);
    confined(
        &machine,
        &["browse", "big", "-p", passphrase],
        "browse",
        wholly,
    );
    // It gives files their owners.
    let partly = |thread: &Thread| thread.calls_are_filtered && thread.gains_nothing;
    let restore = ["restore", "big", "--as", "other", "-p", passphrase];
    confined(&machine, &restore, "restore", partly);
}
