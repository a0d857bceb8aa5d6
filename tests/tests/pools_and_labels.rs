//! A restored qube lies in the pools that it had and has its label, colour included; what this
//! machine has not, or does not take, is said in the plan.

use crate::machine::{BINARY, Machine};
use qib_lab::{LabBuilder, Release, tool};

fn ask(machine: &Machine, method: &str, qube: &str, payload: &str) -> String {
    machine.lab.admin(method, qube, payload).unwrap()
}

/// A machine with a pool and a label of its own, and two qubes, `one` and `two`, that have them.
fn machine(release: Release) -> Machine {
    let machine = Machine::before_init(LabBuilder::new(BINARY).release(release));
    machine.init();
    machine.lab.pools(&["ssd"]).unwrap();
    ask(&machine, "admin.label.Create+mine", "dom0", "0x12abCD");
    for name in ["one", "two"] {
        let method = "admin.vm.CreateInPool.AppVM+debian-12-xfce";
        let payload = format!("name={name} label=mine pool:private=ssd");
        ask(&machine, method, "dom0", &payload);
        let bytes = (32u64 << 20).to_string();
        ask(&machine, "admin.vm.volume.Resize+private", name, &bytes);
        let mut mke2fs = tool("mke2fs");
        let mke2fs = mke2fs.args(["-q", "-F", "-t", "ext4"]);
        let made = mke2fs.arg(machine.lab.image(name).unwrap()).status();
        assert!(made.unwrap().success());
    }
    machine.ok(&["backup", "one", "two"]);
    machine
}

fn pool(machine: &Machine, qube: &str, volume: &str) -> String {
    let info = ask(machine, &format!("admin.vm.volume.Info+{volume}"), qube, "");
    let mut lines = info.lines();
    lines
        .find_map(|line| line.strip_prefix("pool="))
        .unwrap()
        .to_owned()
}

fn label(machine: &Machine, qube: &str) -> String {
    ask(machine, "admin.vm.property.Get+label", qube, "")
}

fn restore(machine: &Machine, arguments: &[&str]) -> String {
    let passphrase = machine.passphrase();
    let fixed = ["restore", "-p", passphrase.to_str().unwrap()];
    machine.ok(&[&fixed, arguments].concat())
}

fn come_back(release: Release) {
    let machine = machine(release);
    for name in ["one", "two"] {
        ask(&machine, "admin.vm.Remove+", name, "");
    }
    ask(&machine, "admin.label.Remove+mine", "dom0", "");
    let labels = || ask(&machine, "admin.label.List+", "dom0", "");
    let before = labels();

    let plan = machine.ok(&["restore", "one", "two", "--dry-run"]);
    let made = "its label mine is made, with the colour 0x12abCD";
    assert_eq!(plan.matches(made).count(), 2, "{plan}");
    assert_eq!(labels(), before, "it was a plan");
    restore(&machine, &["one", "two"]);
    assert_eq!(
        ask(&machine, "admin.label.Get+mine", "dom0", ""),
        "0x12abCD"
    );
    for name in ["one", "two"] {
        assert_eq!(label(&machine, name), "default=False type=label mine");
        assert_eq!(pool(&machine, name, "private"), "ssd");
        assert_eq!(pool(&machine, name, "volatile"), "varlibqubes");
    }

    // One that is there, in a machine whose labels are the usual ones.
    for name in ["one", "two"] {
        ask(&machine, "admin.vm.property.Set+label", name, "red");
    }
    ask(&machine, "admin.label.Remove+mine", "dom0", "");
    restore(&machine, &["one", "--replace", "--yes"]);
    assert_eq!(label(&machine, "one"), "default=False type=label mine");

    machine.lab.pools(&["fast"]).unwrap();
    let plan = machine.ok(&["restore", "two", "--as", "three", "--dry-run"]);
    let missing = "its private volume lies in the default pool, as there is no ssd";
    assert!(plan.contains(missing), "{plan}");
    restore(&machine, &["two", "--as", "three"]);
    assert_eq!(pool(&machine, "three", "private"), "varlibqubes");
    let (code, said) = machine.fails(&["restore", "two", "--as", "four", "--pool", "ssd=slow"]);
    assert_eq!(code, 1);
    assert!(said.contains("there is no pool slow"), "{said}");
    restore(&machine, &["two", "--as", "four", "--pool", "ssd=fast"]);
    assert_eq!(pool(&machine, "four", "private"), "fast");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn pools_and_labels_come_back_on_qubes_4_2() {
    come_back(Release::R4_2);
}

#[test]
fn pools_and_labels_come_back_on_qubes_4_3() {
    come_back(Release::R4_3);
}

#[test]
fn notes_that_qubesd_does_not_take_are_told_in_the_plan_and_are_no_failure() {
    let machine = machine(Release::R4_3);
    // As long as they may be, for a name of three letters.
    let header = "admin.vm.notes.Set+ dom0 name one\0".len();
    let notes = "x".repeat(65_536 - header);
    ask(&machine, "admin.vm.notes.Set+", "one", &notes);
    machine.ok(&["backup", "one"]);
    let told = "its notes are not restored: its 65,502 bytes are more than qubesd takes at once";
    let plan = machine.ok(&["restore", "one", "--as", "others", "--dry-run"]);
    assert!(plan.contains(told), "{plan}");
    let passphrase = machine.passphrase();
    let words = [
        "restore",
        "one",
        "--as",
        "others",
        "-p",
        passphrase.to_str().unwrap(),
    ];
    let output = machine.qib(&words);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && !said.contains("warning"),
        "{said}"
    );
    assert_eq!(ask(&machine, "admin.vm.notes.Get+", "others", ""), "");
    restore(&machine, &["one", "--as", "six"]);
    assert_eq!(ask(&machine, "admin.vm.notes.Get+", "six", ""), notes);
}
