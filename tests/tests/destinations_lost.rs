//! Several storage qubes, of which one lies, one is lost, or one goes by another name.

use crate::machine::storages::{
    USB, add_storage, at, disk, feature, json, machine, objects, restored_from, snapshots,
};
use crate::machine::{Machine, assert_same};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// A machine where `work` lies at `sys-backup`, `vault` at the other, and `both` at both.
fn stored() -> Machine {
    let machine = machine();
    crate::machine::faults::add(&machine, "both", 1);
    feature(&machine, "vault", "qib.storage", USB);
    let two = format!("{USB} sys-backup");
    feature(&machine, "both", "qib.storage", &two);
    machine.ok(&["backup", "work", "vault", "both"]);
    machine
}

/// From now on dom0 is a new one, and knows this storage qube.
fn start_anew(machine: &Machine, storage: &str) {
    machine.lose_state();
    let config = machine.lab.dir().join("dom0/etc/qubes/qib.conf");
    let text = format!("storage = {storage}\nhelper_template = qib-dvm\n");
    fs::write(config, text).unwrap();
    machine.qib(&["setup", "--yes"]);
}

fn recover(machine: &Machine) -> String {
    machine.ok(&["recover", "-p", machine.passphrase().to_str().unwrap()])
}

/// Gives a new storage qube the disk of another.
fn carry_disk(machine: &Machine, from: &str, to: &str) {
    machine.lab.stop(from).unwrap();
    let target = disk(machine, to);
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    let mut copy = Command::new("cp");
    copy.arg("--archive").arg(disk(machine, from)).arg(&target);
    assert!(copy.status().unwrap().success());
}

#[test]
fn what_one_storage_qube_has_of_another_is_not_taken_for_its_own() {
    let machine = stored();
    machine.lab.stop(USB).unwrap();
    // Of each kind it answers with what the other one has.
    for kind in ["pack-", "snapshot-"] {
        let theirs = objects(&machine, "sys-backup", kind);
        for (path, other) in objects(&machine, USB, kind)
            .iter()
            .zip(theirs.iter().cycle())
        {
            fs::copy(other, path).unwrap();
        }
    }
    let passphrase = machine.passphrase();
    let from = ["-d", USB, "--as", "no", "-p", passphrase.to_str().unwrap()];
    let (code, text) = machine.fails(&[&["restore", "both"][..], &from].concat());
    assert_eq!(code, 1, "{text}");
    assert!(machine.lab.image("no").is_err(), "nothing is left of it");
    let output = machine.qib(&["verify", "--json"]);
    assert_eq!(output.status.code(), Some(4));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    for one in found["qubes"].as_array().unwrap() {
        assert_eq!(one["storage"] == USB, one["ok"] == false, "{found}");
    }
    restored_from(&machine, "both", "sys-backup", "both-backup");
    // The next backup mends what the qube still has.
    machine.ok(&["backup", "vault", "both"]);
    restored_from(&machine, "both", USB, "both-usb");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn recovery_from_one_says_what_lies_elsewhere() {
    let machine = stored();
    start_anew(&machine, USB);
    let said = recover(&machine);
    assert!(said.contains(&format!("Recovered from {USB}")), "{said}");
    assert!(
        said.contains("  vault: snapshot 1") && !said.contains("  work: "),
        "{said}"
    );
    assert!(
        said.contains("At sys-backup, not here: what was stored there of both, work."),
        "{said}"
    );
    machine.restore("vault", &[], "vault-again");
    assert_same(&machine.tree("vault"), &machine.tree("vault-again"));
    restored_from(&machine, "both", USB, "both-usb");
    // The other one is still there, and serves what it has.
    restored_from(&machine, "work", "sys-backup", "work-again");
    machine.ok(&["backup", "--always", "vault", "both"]);
    assert_eq!(
        snapshots(&machine, "both"),
        [
            at("sys-backup", 1),
            at("sys-backup", 2),
            at(USB, 1),
            at(USB, 2)
        ]
    );
}

#[test]
fn a_new_dom0_finds_out_what_a_disk_holds_whatever_its_qube_is_named() {
    let machine = stored();
    add_storage(&machine, "carried");
    carry_disk(&machine, USB, "carried");
    machine.lab.admin("admin.vm.Remove+", USB, "").unwrap();
    start_anew(&machine, "carried");
    let said = recover(&machine);
    assert!(
        said.contains("  vault: snapshot 1") && !said.contains(USB),
        "{said}"
    );
    assert_eq!(snapshots(&machine, "vault"), [at("carried", 1)]);
    restored_from(&machine, "vault", "carried", "vault-again");
    restored_from(&machine, "both", "carried", "both-again");
}

#[test]
fn a_disk_that_was_carried_over_is_believed_only_if_everything_is_on_it() {
    let machine = stored();
    add_storage(&machine, "carried");
    let moved = [
        "setup",
        "--yes",
        "--storage",
        "carried",
        "--moved-from",
        USB,
    ];
    let (code, text) = machine.fails(&moved);
    assert_eq!(code, 1);
    assert!(
        text.contains("carried does not hold what was stored of"),
        "{text}"
    );
    assert_eq!(snapshots(&machine, "vault"), [at(USB, 1)]);
    machine.lab.stop("carried").unwrap();
    fs::remove_dir_all(disk(&machine, "carried")).unwrap();
    carry_disk(&machine, USB, "carried");
    machine.ok(&moved);
    assert_eq!(snapshots(&machine, "vault"), [at("carried", 1)]);
    restored_from(&machine, "vault", "carried", "vault-again");
    feature(&machine, "vault", "qib.storage", "carried");
    let report = json(&machine, &["backup", "--always", "--json", "vault"]);
    assert_eq!(report["qubes"][0]["counts"]["bytes_new"], 0);
}
