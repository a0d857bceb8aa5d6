//! `qib setup`: what is missing is made, once, and nothing else is touched.

use std::fs;

use crate::machine::faults::add;
use crate::machine::{BINARY, Machine};
use qib_lab::LabBuilder;

/// A machine as Qubes is before anybody heard of qib, but for the programs.
fn bare() -> Machine {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    let admin = |method: &str, qube: &str| machine.lab.admin(method, qube, "").unwrap();
    admin("admin.vm.Remove+", "qib-dvm");
    admin("admin.vm.tag.Remove+qib-storage", "sys-backup");
    fs::remove_file(config(&machine)).unwrap();
    machine
}

fn config(machine: &Machine) -> std::path::PathBuf {
    machine.lab.dir().join("dom0/etc/qubes/qib.conf")
}

fn state(machine: &Machine) -> String {
    fs::read_to_string(machine.lab.dir().join("state.json")).unwrap()
}

#[test]
fn a_bare_machine_is_set_up_once() {
    let machine = bare();
    let before = state(&machine);
    let plan = machine.ok(&["setup", "--storage", "sys-backup", "--dry-run"]);
    for step in [
        "write /etc/qubes/qib.conf",
        "make the qube qib-dvm, based on debian-12-xfce",
        "qib-dvm: set netvm to none",
        "qib-dvm: set template_for_dispvms to True",
        "sys-backup: add the tag qib-storage",
    ] {
        assert!(plan.contains(step), "no '{step}' in {plan}");
    }
    assert!(!config(&machine).exists() && state(&machine) == before);

    // Only 'qib init' is missing then.
    let output = machine.qib(&["setup", "--storage", "sys-backup", "--yes"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let wrong: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("wrong"))
        .collect();
    assert!(
        matches!(wrong.as_slice(), [one] if one.contains("qib init")),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(4));
    let property = |name: &str| {
        let method = format!("admin.vm.property.Get+{name}");
        machine.lab.admin(&method, "qib-dvm", "").unwrap()
    };
    assert_eq!(property("netvm"), "default=False type=vm ");
    assert_eq!(property("default_dispvm"), "default=False type=vm ");
    assert_eq!(
        property("include_in_backups"),
        "default=False type=bool False"
    );

    machine.init();
    let done = state(&machine);
    let again = machine.ok(&["setup"]);
    assert!(again.contains("is there"), "{again}");
    assert_eq!(state(&machine), done, "a second run changes nothing");
    add(&machine, "work", 1);
    machine.backup("work");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn what_was_loosened_is_tightened_and_the_rest_left_alone() {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    machine.init();
    let set = |qube: &str, property: &str, value: &str| {
        let method = format!("admin.vm.property.Set+{property}");
        machine.lab.admin(&method, qube, value).unwrap();
    };
    add(&machine, "sys-net", 0);
    set("sys-net", "provides_network", "True");
    set("qib-dvm", "netvm", "sys-net");
    set("qib-dvm", "memory", "900");
    set("sys-backup", "netvm", "");
    let said = machine.ok(&["setup", "--yes"]);
    assert!(said.contains("qib-dvm: set netvm to none"), "{said}");
    assert!(!said.contains("memory"), "{said}");
    let memory = machine
        .lab
        .admin("admin.vm.property.Get+memory", "qib-dvm", "");
    assert_eq!(memory.unwrap(), "default=False type=int 900");
}

#[test]
fn what_can_not_be_is_refused_and_nothing_is_done() {
    let machine = bare();
    add(&machine, "other", 0);
    let before = state(&machine);
    let cases: [(&[&str], i32, &str); 4] = [
        (&["setup", "--yes"], 2, "--storage QUBE"),
        (
            &["setup", "--yes", "--storage", "nobody"],
            6,
            "does not exist",
        ),
        (
            &["setup", "--yes", "--storage", "debian-12-xfce"],
            1,
            "can not keep the backups",
        ),
        (&["setup", "--storage", "sys-backup"], 7, "pass --yes"),
    ];
    for (words, expected, said) in cases {
        let (code, text) = machine.fails(words);
        assert_eq!(code, expected, "{text}");
        assert!(text.contains(said), "{text}");
        assert!(!config(&machine).exists() && state(&machine) == before);
    }
    let makes = "admin.vm.property.Set+template_for_dispvms";
    machine.lab.admin(makes, "other", "True").unwrap();
    let (_, text) = machine.fails(&["setup", "--yes", "--storage", "other"]);
    assert!(text.contains("disposables are made from it"), "{text}");
    machine.qib(&["setup", "--yes", "--storage", "sys-backup"]);
    let (_, text) = machine.fails(&["setup", "--yes", "--storage", "nobody"]);
    assert!(text.contains("nobody does not exist"), "{text}");
}
