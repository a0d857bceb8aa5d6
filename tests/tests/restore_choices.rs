//! What a person chooses in a restore, and what one failure does to the rest.

use std::fs;

use crate::machine::faults::{add, machine};
use crate::machine::{Machine, assert_same};

fn set(machine: &Machine, method: &str, payload: &str) {
    machine.lab.admin(method, "work", payload).unwrap();
}

fn get(machine: &Machine, qube: &str, property: &str) -> String {
    let method = format!("admin.vm.property.Get+{property}");
    machine.lab.admin(&method, qube, "").unwrap()
}

fn tags(machine: &Machine, qube: &str) -> String {
    machine.lab.admin("admin.vm.tag.List+", qube, "").unwrap()
}

fn restore(machine: &Machine, arguments: &[&str]) -> String {
    let passphrase = machine.passphrase();
    let fixed = ["restore", "-p", passphrase.to_str().unwrap()];
    machine.ok(&[&fixed, arguments].concat())
}

fn fails(machine: &Machine, arguments: &[&str]) -> (i32, String) {
    let passphrase = machine.passphrase();
    let fixed = ["restore", "-p", passphrase.to_str().unwrap()];
    machine.fails(&[&fixed, arguments].concat())
}

/// A qube with a tag and its memory set, backed up; then all of that is otherwise.
fn changed() -> Machine {
    let machine = machine();
    set(&machine, "admin.vm.property.Set+memory", "600");
    set(&machine, "admin.vm.tag.Set+old", "");
    machine.backup("work");
    set(&machine, "admin.vm.property.Reset+memory", "");
    set(&machine, "admin.vm.property.Set+vcpus", "7");
    set(&machine, "admin.vm.tag.Remove+old", "");
    set(&machine, "admin.vm.tag.Set+new", "");
    machine
}

#[test]
fn a_qube_is_replaced_and_what_it_held_stays_as_a_revision() {
    let machine = changed();
    let stored = machine.tree("work");
    let image = machine.lab.image("work").unwrap();
    let other = fs::read(&image).unwrap();
    fs::write(&image, vec![7; other.len()]).unwrap();
    let (code, text) = fails(&machine, &["work", "--replace"]);
    assert_eq!(code, 7);
    assert!(
        text.contains("ATTENTION: it exists, and is replaced"),
        "{text}"
    );
    assert!(text.contains("  sets property memory to '600'\n"), "{text}");
    assert_eq!(
        fs::read(&image).unwrap(),
        vec![7; other.len()],
        "nothing was done"
    );
    restore(&machine, &["work", "--replace", "--yes"]);
    assert_same(&stored, &machine.tree("work"));
    assert_eq!(
        get(&machine, "work", "memory"),
        "default=False type=int 600"
    );
    assert_eq!(get(&machine, "work", "vcpus"), "default=True type=int 2");
    assert_eq!(tags(&machine, "work"), "created-by-dom0\nold\n");
    let method = "admin.vm.volume.ListSnapshots+private";
    let revisions = machine.lab.admin(method, "work", "").unwrap();
    let keeps = machine
        .lab
        .admin("admin.pool.Info+varlibqubes", "dom0", "")
        .unwrap();
    assert_eq!(
        revisions.lines().count(),
        usize::from(!keeps.contains("driver=file\n"))
    );
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    machine.backup("work");
}

#[test]
fn settings_come_back_without_data_and_data_without_settings() {
    let machine = changed();
    let before = fs::read(machine.lab.image("work").unwrap()).unwrap();
    restore(&machine, &["work", "--replace", "--settings-only", "--yes"]);
    assert_eq!(
        fs::read(machine.lab.image("work").unwrap()).unwrap(),
        before
    );
    assert_eq!(tags(&machine, "work"), "created-by-dom0\nold\n");
    set(&machine, "admin.vm.tag.Remove+old", "");
    let stored = machine.tree("work");
    restore(&machine, &["work", "--as", "data", "--data-only"]);
    assert_same(&stored, &machine.tree("data"));
    assert_eq!(tags(&machine, "data"), "created-by-dom0\n");
    assert_eq!(get(&machine, "data", "netvm"), "default=False type=vm ");
    assert_eq!(
        get(&machine, "data", "label"),
        "default=False type=label blue"
    );
    restore(&machine, &["work", "--as", "set-up", "--settings-only"]);
    assert_eq!(
        get(&machine, "set-up", "memory"),
        "default=False type=int 600"
    );
    restore(&machine, &["work", "--skip-conflicting"]);
    assert_eq!(tags(&machine, "work"), "created-by-dom0\n");
    restore(&machine, &["work", "--rename-conflicting"]);
    assert_same(&stored, &machine.tree("work-1"));
}

#[test]
fn a_running_qube_is_not_replaced() {
    if crate::machine::skipped_without_root("a_running_qube_is_not_replaced") {
        return;
    }
    let machine = changed();
    machine.lab.start("work").unwrap();
    let (code, text) = fails(&machine, &["work", "--replace", "--yes"]);
    assert_eq!(code, 1);
    assert!(text.contains("work runs; shut it down first"), "{text}");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn one_that_fails_does_not_stop_the_rest_and_leaves_nothing() {
    let machine = machine();
    for qube in ["a-bad", "b-good"] {
        add(&machine, qube, 1);
    }
    machine.backup("a-bad");
    for pack in machine.objects("pack-") {
        fs::remove_file(pack).unwrap();
    }
    machine.backup("b-good");
    let stored = machine.tree("b-good");
    for qube in ["a-bad", "b-good"] {
        machine.lab.admin("admin.vm.Remove+", qube, "").unwrap();
    }
    let (code, text) = fails(&machine, &["a-bad", "b-good", "nobody"]);
    assert_eq!(code, 3);
    for words in [
        "qib: error: a-bad: ",
        "qib: error: nobody: nobody was never backed up",
    ] {
        assert!(text.contains(words), "{text}");
    }
    let qubes = machine.lab.admin("admin.vm.List+", "dom0", "").unwrap();
    assert!(!qubes.contains("a-bad"), "{qubes}");
    assert_same(&stored, &machine.tree("b-good"));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    assert_eq!(tags(&machine, "b-good"), "created-by-dom0\n");
}

#[test]
fn a_failed_replacement_leaves_the_qube_as_it_was() {
    let machine = changed();
    for pack in machine.objects("pack-") {
        fs::remove_file(pack).unwrap();
    }
    let before = fs::read(machine.lab.image("work").unwrap()).unwrap();
    let (code, _) = fails(&machine, &["work", "--replace", "--yes"]);
    assert_eq!(code, 1);
    assert_eq!(
        fs::read(machine.lab.image("work").unwrap()).unwrap(),
        before
    );
    assert_eq!(tags(&machine, "work"), "created-by-dom0\nnew\n");
    assert_eq!(get(&machine, "work", "vcpus"), "default=False type=int 7");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn what_qubesd_refuses_is_told_and_the_rest_is_set() {
    let machine = machine();
    add(&machine, "net", 1);
    let flag = |value| {
        let method = "admin.vm.property.Set+provides_network";
        machine.lab.admin(method, "net", value).unwrap();
    };
    flag("True");
    set(&machine, "admin.vm.property.Set+netvm", "net");
    set(&machine, "admin.vm.tag.Set+mine", "");
    machine.backup("work");
    flag("False");
    let passphrase = machine.passphrase();
    let words = [
        "restore",
        "work",
        "--as",
        "again",
        "-p",
        passphrase.to_str().unwrap(),
    ];
    let output = machine.qib(&words);
    assert!(output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    let warning = "qib: warning: again: not set: property netvm to 'net': qubesd: \
                   The 'net' qube does not provide network";
    assert!(text.contains(warning), "{text}");
    assert_eq!(
        get(&machine, "again", "netvm"),
        "default=False type=vm ",
        "it is offline"
    );
    assert_eq!(tags(&machine, "again"), "created-by-dom0\nmine\n");
    restore(
        &machine,
        &["work", "--as", "offline", "--netvm", "net=none"],
    );
    restore(
        &machine,
        &["work", "--as", "usual", "--netvm", "net=default"],
    );
    assert_eq!(get(&machine, "usual", "netvm"), "default=True type=vm ");
}

#[test]
fn what_is_for_one_qube_is_not_for_several() {
    let machine = machine();
    add(&machine, "other", 1);
    machine.ok(&["backup", "work", "other"]);
    let (code, text) = fails(&machine, &["work", "other", "--as", "again"]);
    assert_eq!(code, 2);
    assert!(text.contains("--as is for one qube alone"), "{text}");
    for wrong in [
        &["work", "--all"][..],
        &["--all", "--as", "x"],
        &["work", "--replace", "--skip-conflicting"],
        &["work", "--settings-only", "--data-only"],
        &["work", "--template", "a"],
    ] {
        assert_eq!(fails(&machine, wrong).0, 2, "{wrong:?}");
    }
}
