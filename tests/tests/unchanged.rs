//! A qube that nothing was written to costs no helper; whatever may have changed is read.

use std::fs;

use crate::machine::faults::add;
use crate::machine::{BINARY, Machine, is_root, skipped_without_root};
use qib_lab::{Driver, LabBuilder, tool};
use serde_json::Value;

/// A machine with a halted qube that was backed up once.
fn stored(builder: LabBuilder) -> Machine {
    let machine = Machine::before_init(builder);
    machine.init();
    add(&machine, "work", 1);
    assert!(machine.ok(&["backup", "work"]).contains("snapshot 1 of"));
    machine
}

fn helpers(machine: &Machine) -> usize {
    let log = fs::read_to_string(machine.lab.dir().join("qubesd.log")).unwrap();
    log.matches("admin.vm.Create.DispVM").count()
}

fn assert_unchanged_since(machine: &Machine, sequence: u64) {
    let before = helpers(machine);
    let said = machine.ok(&["backup", "work"]);
    let expected = format!("work: unchanged since snapshot {sequence} of ");
    assert!(said.starts_with(&expected), "{said}");
    let report = machine.ok(&["backup", "--json", "work"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    let work = &report["qubes"][0];
    let found = (&work["ok"], &work["unchanged"], work["snapshot"].as_u64());
    assert_eq!(found, (&true.into(), &true.into(), Some(sequence)));
    assert_eq!(helpers(machine), before, "a helper was started");
}

fn assert_read_as(machine: &Machine, sequence: u64) {
    let said = machine.ok(&["backup", "work"]);
    let expected = format!("work: snapshot {sequence} of ");
    assert!(said.starts_with(&expected), "{said}");
}

/// Changes a byte of a file in a volume.
fn write_to(machine: &Machine) {
    let image = machine.lab.image("work").unwrap();
    let mut debugfs = tool("debugfs");
    debugfs.args(["-w", "-R", "rm /home/user/0"]).arg(image);
    assert!(debugfs.output().unwrap().status.success());
}

#[test]
fn a_halted_qube_is_read_once_and_again_after_each_change() {
    let machine = stored(LabBuilder::new(BINARY));
    assert_unchanged_since(&machine, 1);
    write_to(&machine);
    assert_read_as(&machine, 2);
    assert_unchanged_since(&machine, 2);
    let said = machine.ok(&["backup", "--always", "work"]);
    assert!(said.starts_with("work: snapshot 3 of "), "{said}");
    assert!(
        machine
            .ok(&["backup", "--dry-run", "work"])
            .contains("dry run")
    );
    fs::write(machine.state().join("unchanged"), "damaged\n").unwrap();
    assert_read_as(&machine, 4);
    assert_unchanged_since(&machine, 4);
}

#[test]
fn a_qube_that_is_only_set_up_otherwise_has_that_stored_without_a_helper() {
    let machine = stored(LabBuilder::new(BINARY));
    let set = |netvm: &str, payload| machine.lab.admin(netvm, "work", payload).unwrap();
    let before = helpers(&machine);
    set("admin.vm.property.Set+netvm", "");
    let said = machine.ok(&["backup", "work"]);
    assert!(
        said.starts_with("work: unchanged since snapshot 1 of "),
        "{said}"
    );
    assert!(said.contains("; its new settings were stored\n"), "{said}");
    assert_eq!(helpers(&machine), before, "a helper was started");
    assert_eq!(machine.objects("settings-").len(), 2);
    set("admin.vm.property.Set+memory", "600");
    let report = machine.ok(&["backup", "--json", "work"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["qubes"][0]["new_settings"], true);
    assert_eq!(machine.objects("settings-").len(), 3);
    assert_unchanged_since(&machine, 1);
    assert_eq!(machine.objects("settings-").len(), 3);
}

#[test]
fn a_qube_that_was_started_is_read_again() {
    if skipped_without_root("a_qube_that_was_started_is_read_again") {
        return;
    }
    let machine = stored(LabBuilder::new(BINARY).driver(Driver::Reflink));
    assert_unchanged_since(&machine, 1);
    machine.lab.start("work").unwrap();
    assert_read_as(&machine, 2);
    assert_read_as(&machine, 3);
    machine.lab.stop("work").unwrap();
    assert_read_as(&machine, 4);
    assert_unchanged_since(&machine, 4);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_thin_pool_can_not_tell() {
    if skipped_without_root("a_thin_pool_can_not_tell") {
        return;
    }
    let machine = stored(LabBuilder::new(BINARY).driver(Driver::LvmThin));
    assert_read_as(&machine, 2);
}

#[test]
fn a_qube_whose_stored_packs_were_found_lost_is_read_again() {
    let machine = stored(LabBuilder::new(BINARY));
    let pack = machine.objects("pack-").pop().unwrap();
    fs::remove_file(pack).unwrap();
    let passphrase = machine.passphrase();
    let passphrase = passphrase.to_str().unwrap();
    machine.fails(&["restore", "work", "--as", "again", "-p", passphrase]);
    assert_read_as(&machine, 2);
    machine.restore("work", &[], "again");
    assert_unchanged_since(&machine, 2);
}

#[test]
fn a_qube_whose_last_snapshot_was_found_lost_is_read_again() {
    let machine = stored(LabBuilder::new(BINARY));
    let snapshot = machine.objects("snapshot-").pop().unwrap();
    fs::remove_file(snapshot).unwrap();
    let passphrase = machine.passphrase();
    let passphrase = passphrase.to_str().unwrap();
    machine.fails(&["restore", "work", "--as", "again", "-p", passphrase]);
    assert_read_as(&machine, 2);
    machine.restore("work", &[], "again");
}

#[test]
fn one_volume_of_two_that_changed_has_both_read() {
    if !is_root() {
        println!("skipped: one_volume_of_two_that_changed_has_both_read needs root");
        return;
    }
    let machine = Machine::new();
    let call = b"admin.vm.Create.StandaloneVM+ dom0 name dom0\0name=own label=red";
    machine.lab.qubesd("qubesd.sock", call).unwrap();
    let private = machine.lab.image("own").unwrap();
    for volume in ["private", "root"] {
        let image = private.with_file_name(format!("{volume}.img"));
        let mut mke2fs = tool("mke2fs");
        let made = mke2fs.args(["-q", "-F", "-t", "ext4"]).arg(image).status();
        assert!(made.unwrap().success());
    }
    machine.ok(&["backup", "own"]);
    let said = machine.ok(&["backup", "own"]);
    assert_eq!(
        said.matches("unchanged since snapshot 1").count(),
        2,
        "{said}"
    );
    let root = private.with_file_name("root.img");
    let file = fs::OpenOptions::new().write(true).open(root).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"boot", 0).unwrap();
    let said = machine.ok(&["backup", "own"]);
    assert_eq!(said.matches("snapshot 2 of").count(), 2, "{said}");
}
