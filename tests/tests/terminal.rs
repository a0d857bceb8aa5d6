//! The passphrase at a terminal.

use crate::machine::faults::{add, next_run_works};
use crate::machine::terminal::at_a_terminal;
use crate::machine::{BINARY, Machine};
use qib_lab::LabBuilder;

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
    let restore = "restore work --as again";
    for answer in ["", "n", "no", "Nay"] {
        let (done, shown) = at_a_terminal(&machine, restore, &[answer]);
        assert!(!done && shown.contains("nothing was done"), "{shown}");
    }
    let (done, shown) = at_a_terminal(&machine, restore, &["y", passphrase]);
    assert!(done && !shown.contains("horse"), "{shown}");
    assert!(
        shown.contains("again: a new AppVM, based on debian-12-xfce"),
        "{shown}"
    );
    next_run_works(&machine);
}

#[test]
fn a_question_is_answered_once_and_only_yes_is_yes() {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    machine.init();
    add(&machine, "work", 1);
    let set = |qube: &str, property: &str, value: &str| {
        let method = format!("admin.vm.property.Set+{property}");
        machine.lab.admin(&method, qube, value).unwrap();
    };
    set("sys-backup", "provides_network", "True");
    for no in ["n", "", "maybe"] {
        let (done, shown) = at_a_terminal(&machine, "backup work", &[no]);
        assert!(!done && shown.contains("work has no network"), "{shown}");
    }
    let (done, shown) = at_a_terminal(&machine, "backup work", &["y"]);
    assert!(done, "{shown}");
    let (done, shown) = at_a_terminal(&machine, "backup --always work", &[]);
    assert!(done && !shown.contains("[y/N]"), "{shown}");
    set("qib-dvm", "netvm", "sys-backup");
    let (_, shown) = at_a_terminal(&machine, "setup", &["n"]);
    assert!(shown.contains("Nothing was done"), "{shown}");
    let netvm = || {
        machine
            .lab
            .admin("admin.vm.property.Get+netvm", "qib-dvm", "")
    };
    assert!(netvm().unwrap().ends_with("sys-backup"));
    at_a_terminal(&machine, "setup", &["yes"]);
    assert!(netvm().unwrap().ends_with("vm "));
}
