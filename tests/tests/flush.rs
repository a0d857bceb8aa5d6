//! A running qube is asked to write to its disk what it holds; whether it does or not, it is
//! backed up.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::machine::faults::add;
use crate::machine::{Machine, process, process_with, skipped_without_root};

fn running() -> Machine {
    let machine = Machine::new();
    add(&machine, "work", 1);
    machine.lab.start("work").unwrap();
    machine
}

/// A file on the running qube's own disk.
fn file(machine: &Machine, name: &str) -> PathBuf {
    machine.lab.dir().join("qubes/work/rw").join(name)
}

fn assert_silent(output: &Output) {
    for said in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(said).contains("noise"));
    }
}

#[test]
fn a_running_qube_is_asked_and_not_heard() {
    if skipped_without_root("a_running_qube_is_asked_and_not_heard") {
        return;
    }
    let machine = running();
    let output = machine.qib(&["backup", "work", "--last-shutdown"]);
    assert!(output.status.success());
    assert!(
        !file(&machine, "synced").exists(),
        "its state now is not wanted"
    );
    let output = machine.qib(&["backup", "work"]);
    assert!(output.status.success());
    assert!(file(&machine, "synced").exists());
    assert_silent(&output);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!said.contains("warning"), "{said}");
    machine.lab.stop("work").unwrap();
    fs::remove_file(file(&machine, "synced")).unwrap();
    machine.backup("work");
    assert!(
        !file(&machine, "synced").exists(),
        "a halted qube is not started"
    );
}

#[test]
fn a_qube_that_never_answers_is_backed_up_after_ten_seconds() {
    if skipped_without_root("a_qube_that_never_answers_is_backed_up_after_ten_seconds") {
        return;
    }
    let machine = running();
    fs::write(file(&machine, "sync-hangs"), "").unwrap();
    let began = Instant::now();
    let output = machine.qib(&["backup", "work"]);
    let took = began.elapsed().as_secs();
    assert!((10..20).contains(&took), "{took} s");
    assert!(output.status.success());
    assert_silent(&output);
    let said = String::from_utf8(output.stdout).unwrap();
    let warning =
        "  warning: it did not write to its disk what it still held (sync) in 10 seconds\n";
    assert!(said.contains(warning), "{said}");
    assert_eq!(process_with(&machine, "qrexec-client", "sync"), None);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn who_waits_for_a_qube_can_be_stopped() {
    if skipped_without_root("who_waits_for_a_qube_can_be_stopped") {
        return;
    }
    let machine = running();
    fs::write(file(&machine, "sync-hangs"), "").unwrap();
    let mut command = machine.lab.dom0(["qib", "backup", "work"]);
    let child = command.stderr(Stdio::null()).stdout(Stdio::null());
    let mut child = child.spawn().unwrap();
    while !file(&machine, "synced").exists() {
        assert!(child.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(5));
    }
    let number = process(&machine, "qib").expect("it runs").to_string();
    let mut interrupt = Command::new("kill");
    assert!(
        interrupt
            .args(["-INT", &number])
            .status()
            .unwrap()
            .success()
    );
    let asked = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(asked.elapsed().as_secs() < 5);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}
