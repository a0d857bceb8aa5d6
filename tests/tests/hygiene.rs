//! A qubesd that says yes and does not do what was asked: no helper works unconfined.

use crate::machine::faults::{add, machine, one_error};
use crate::machine::{BINARY, Machine};
use qib_lab::{LabBuilder, Release};

/// The backup fails with these words, and no session was begun.
fn refused(machine: &Machine, words: &[&str]) {
    let (code, text) = machine.fails(&["backup", "work"]);
    assert_eq!(code, 1);
    one_error(&text, words);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    let log = std::fs::read_to_string(machine.lab.dir().join("qrexec.log")).unwrap();
    assert!(!log.contains("qib.Put"), "{log}");
}

#[test]
fn a_helper_that_did_not_become_what_was_asked_is_never_started() {
    for (call, word) in [
        ("admin.vm.property.Set+netvm", "'netvm'"),
        ("admin.vm.property.Set+default_dispvm", "'default_dispvm'"),
        ("admin.vm.property.Set+maxmem", "'maxmem'"),
        ("admin.vm.feature.Set+internal", "'internal'"),
        ("admin.vm.tag.Set+qib-confined", "'qib-confined'"),
    ] {
        let machine = machine();
        add(&machine, "sys-net", 0);
        let set = |qube: &str, property: &str, value: &str| {
            let method = format!("admin.vm.property.Set+{property}");
            machine.lab.admin(&method, qube, value).unwrap();
        };
        set("sys-net", "provides_network", "True");
        set("qib-dvm", "netvm", "sys-net");
        set("qib-dvm", "default_dispvm", "qib-dvm");
        machine.lab.deaf_to(call).unwrap();
        let before = starts(&machine);
        refused(&machine, &["not confined", word]);
        assert_eq!(starts(&machine), before, "{call}: it was started");
    }
}

#[test]
fn a_device_that_was_not_attached_is_noticed() {
    let machine = machine();
    machine.lab.deaf_to("admin.vm.device.block.Attach").unwrap();
    refused(&machine, &["was not attached as asked"]);
}

#[test]
fn a_device_that_was_attached_writable_is_noticed_before_its_helper_has_a_job() {
    for release in [Release::R4_2, Release::R4_3] {
        let machine = Machine::before_init(LabBuilder::new(BINARY).release(release));
        machine.init();
        add(&machine, "work", 1);
        machine.lab.attach_writable().unwrap();
        refused(&machine, &["was not attached as asked"]);
        let log = std::fs::read_to_string(machine.lab.dir().join("qrexec.log")).unwrap();
        assert!(!log.contains("qib.Backup"), "{log}");
    }
}

/// How often helpers were started.
fn starts(machine: &Machine) -> usize {
    let log = std::fs::read_to_string(machine.lab.dir().join("qubesd.log")).unwrap();
    let is_start = |line: &&str| line.starts_with("admin.vm.Start+ dom0 disp-qib-");
    log.lines().filter(is_start).count()
}
