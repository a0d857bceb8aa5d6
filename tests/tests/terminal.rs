//! The passphrase at a terminal.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod machine;

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use machine::faults::{add, next_run_works};
use machine::{BINARY, Machine};
use qib_lab::LabBuilder;

/// Runs `qib` at a terminal at which `typed` is typed, line by line.
fn at_a_terminal(machine: &Machine, arguments: &str, typed: &[&str]) -> (bool, String) {
    let folder = machine.lab.dir();
    let command = format!("{BINARY} exec {} -- qib {arguments}", folder.display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    let script = script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    for line in typed {
        sleep(Duration::from_millis(700));
        writeln!(keyboard, "{line}").unwrap();
    }
    let output = child.wait_with_output().unwrap();
    drop(keyboard);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), shown)
}

#[test]
fn init_asks_twice_and_a_restore_once_and_nothing_typed_is_shown() {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    let (done, shown) = at_a_terminal(&machine, "init", &["one thing", "another"]);
    assert!(!done && shown.contains("differ"), "{shown}");
    let passphrase = "correct horse battery staple";
    let (done, shown) = at_a_terminal(&machine, "init", &[passphrase, passphrase]);
    assert!(done && shown.contains("again"), "{shown}");
    assert!(!shown.contains("horse"), "{shown}");
    add(&machine, "work", 1);
    machine.backup("work");
    let (done, shown) = at_a_terminal(&machine, "restore work --as again", &[passphrase]);
    assert!(done && !shown.contains("horse"), "{shown}");
    next_run_works(&machine);
}
