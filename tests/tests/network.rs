//! A qube without network is not stored where there is one, unless somebody accepted that.

use crate::machine::Machine;
use crate::machine::faults::{add, machine, one_error};

fn set(machine: &Machine, qube: &str, property: &str, value: &str) {
    let method = format!("admin.vm.property.Set+{property}");
    machine.lab.admin(&method, qube, value).unwrap();
}

/// A machine whose storage qube has a network, through `sys-firewall`, from `sys-net`.
fn machine_with_network() -> Machine {
    let machine = machine();
    for name in ["sys-net", "sys-firewall"] {
        add(&machine, name, 0);
        set(&machine, name, "provides_network", "True");
    }
    set(&machine, "sys-firewall", "netvm", "sys-net");
    set(&machine, "sys-backup", "netvm", "sys-firewall");
    machine
}

fn accepted(machine: &Machine, qube: &str) -> Option<String> {
    let method = "admin.vm.feature.Get+qib.networked-storage";
    machine.lab.admin(method, qube, "").ok()
}

fn refused(machine: &Machine) {
    let objects = machine.objects("").len();
    let (code, text) = machine.fails(&["backup", "work"]);
    assert_eq!(code, 7);
    one_error(
        &text,
        &["work: it has no network", "--accept-networked-storage work"],
    );
    assert_eq!(machine.objects("").len(), objects);
    assert_eq!(accepted(machine, "work"), None);
}

#[test]
fn a_choice_is_asked_for_once_and_recorded() {
    let machine = machine_with_network();
    refused(&machine);
    let helpers = std::fs::read_to_string(machine.lab.dir().join("qubesd.log")).unwrap();
    let started = helpers.matches("admin.vm.Start+ dom0 disp-qib-").count();
    assert_eq!(started, 1, "the key helper of 'qib init' alone");
    // That of another qube is not this one's.
    let other = ["backup", "--accept-networked-storage", "sys-net", "work"];
    assert_eq!(machine.fails(&other).0, 7);
    machine.ok(&["backup", "--accept-networked-storage", "work", "work"]);
    assert_eq!(accepted(&machine, "work").as_deref(), Some("sys-backup"));
    machine.backup("work");
    // It was not accepted for whatever storage qube may come.
    let method = "admin.vm.feature.Set+qib.networked-storage";
    machine.lab.admin(method, "work", "sys-other").unwrap();
    assert_eq!(machine.fails(&["backup", "--always", "work"]).0, 7);
}

#[test]
fn qubes_with_a_network_are_stored_as_ever() {
    let machine = machine_with_network();
    for netvm in ["sys-firewall", "sys-net"] {
        set(&machine, "work", "netvm", netvm);
        machine.backup("work");
    }
    machine.backup("sys-net");
    assert_eq!(accepted(&machine, "work"), None);
}

#[test]
fn a_chain_that_leads_nowhere_is_no_network() {
    let machine = machine_with_network();
    add(&machine, "plain", 0);
    // qubesd lets nobody name one that provides none, but it may cease to.
    set(&machine, "plain", "provides_network", "True");
    set(&machine, "work", "netvm", "plain");
    set(&machine, "plain", "provides_network", "False");
    refused(&machine);
    set(&machine, "work", "netvm", "sys-firewall");
    set(&machine, "sys-net", "provides_network", "False");
    refused(&machine);
    set(&machine, "sys-net", "provides_network", "True");
    set(&machine, "sys-net", "netvm", "sys-firewall");
    refused(&machine);
}

#[test]
fn a_storage_qube_that_provides_network_has_one() {
    let machine = machine();
    machine.backup("work");
    set(&machine, "sys-backup", "provides_network", "True");
    let (code, text) = machine.fails(&["backup", "--always", "work"]);
    assert_eq!(code, 7);
    one_error(&text, &["work: it has no network"]);
}

#[test]
fn doctor_names_those_that_somebody_has_to_decide_about() {
    let machine = machine_with_network();
    set(&machine, "work", "include_in_backups", "True");
    let text = machine.ok(&["doctor"]);
    let line = text
        .lines()
        .find(|line| line.contains("  network: "))
        .unwrap();
    assert!(
        line.starts_with("warning") && line.contains("work"),
        "{line}"
    );
    assert!(!line.contains("sys-net"), "{line}");
}
