//! The passphrase at a terminal.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod machine;

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use machine::faults::{add, next_run_works};
use machine::{BINARY, Machine};
use qib_lab::LabBuilder;

/// Runs `qib` at a terminal. Whenever it shows a colon at the end of a prompt, the
/// next of `typed` is typed.
fn at_a_terminal(machine: &Machine, arguments: &str, typed: &[&str]) -> (bool, String) {
    let folder = machine.lab.dir();
    let command = format!("{BINARY} exec {} -- qib {arguments}", folder.display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    let script = script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let (mut shown, mut typed) = (Vec::new(), typed.iter());
    let mut byte = [0];
    while screen.read(&mut byte).unwrap() == 1 {
        shown.push(byte[0]);
        if shown.ends_with(b": ")
            && let Some(line) = typed.next()
        {
            writeln!(keyboard, "{line}").unwrap();
        }
    }
    let done = child.wait().unwrap().success();
    drop(keyboard);
    (done, String::from_utf8_lossy(&shown).into_owned())
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
