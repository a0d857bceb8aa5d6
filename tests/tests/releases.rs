//! A machine like Qubes 4.2, where qubesd's words are others; every other test has 4.3.

use std::fs;

use crate::machine::faults::add;
use crate::machine::{BINARY, Machine, assert_same, is_root, noise::noise};
use qib_lab::{LabBuilder, Release};

fn machine_like_4_2() -> Machine {
    let machine = Machine::before_init(LabBuilder::new(BINARY).release(Release::R4_2));
    machine.init();
    machine
}

fn raw(machine: &Machine, call: &str) -> String {
    let answer = machine.lab.qubesd("qubesd.sock", call.as_bytes()).unwrap();
    String::from_utf8(answer).unwrap()
}

/// The calls that qubesd got, without what it said to them.
fn calls(machine: &Machine) -> String {
    fs::read_to_string(machine.lab.dir().join("qubesd.log")).unwrap()
}

#[test]
fn backup_and_restore_on_4_2() {
    let machine = machine_like_4_2();
    add(&machine, "work", 20);
    if is_root() {
        machine.lab.start("work").unwrap();
    }
    machine.backup("work");
    machine.restore("work", &[], "again");
    if is_root() {
        machine.lab.stop("work").unwrap();
    }
    assert_same(&machine.tree("work"), &machine.tree("again"));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    let calls = calls(&machine);
    let reading = "block.Attach+dom0+loop";
    assert!(calls.contains(reading), "{calls}");
    for options in [
        "read-only=yes frontend-dev=xvdi\n",
        "read-only=no frontend-dev=xvdi\n",
    ] {
        assert!(calls.contains(options), "{options}");
    }
    for newer in ["block.Attached", "_read-only"] {
        assert!(!calls.contains(newer), "{newer}");
    }
}

#[test]
fn a_qube_that_was_made_anew_on_4_2_is_another() {
    let machine = machine_like_4_2();
    add(&machine, "work", 1);
    machine.backup("work");
    machine.lab.admin("admin.vm.Remove+", "work", "").unwrap();
    add(&machine, "work", 1);
    assert_eq!(
        machine.backup("work")["snapshot"],
        1,
        "of a history of its own"
    );
}

#[test]
fn qubesd_s_bytes_of_4_2() {
    let machine = machine_like_4_2();
    let list = raw(&machine, "admin.vm.List+ dom0 name dom0\0");
    let expected = "0\0debian-12-xfce class=TemplateVM state=Halted\n\
                    dom0 class=AdminVM state=Running\n\
                    qib-dvm class=AppVM state=Halted\n\
                    sys-backup class=AppVM state=Running\n";
    assert_eq!(list, expected);
    for newer in [
        "admin.vm.device.block.Attached+ dom0 name sys-backup\0",
        "admin.vm.device.block.Assigned+ dom0 name sys-backup\0",
        "admin.vm.notes.Get+ dom0 name sys-backup\0",
    ] {
        assert_eq!(raw(&machine, newer), "", "{newer}");
    }
    let uuid = raw(&machine, "admin.vm.property.Get+uuid dom0 name qib-dvm\0");
    assert!(uuid.starts_with("0\0default=False type=str "), "{uuid}");
    let call = b"internal.GetSystemInfo+ dom0 name dom0\0";
    let info = machine.lab.qubesd("qubesd.internal.sock", call).unwrap();
    assert!(!String::from_utf8(info).unwrap().contains("uuid"));
}

#[test]
fn devices_of_4_2() {
    let machine = machine_like_4_2();
    let lab = &machine.lab;
    let pool = lab.dir().join("pool/qubes/snapshot.img");
    fs::write(&pool, noise(1 << 20, 1)).unwrap();
    let find = ["losetup", "--read-only", "--find", "--show"];
    let output = lab.exec(find.into_iter().chain(pool.to_str())).unwrap();
    let device = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let name = device.strip_prefix("/dev/").unwrap();
    if !is_root() {
        let mode = format!("/qubes-block-devices/{name}/mode");
        lab.exec(["qubesdb-write", &mode, "r"]).unwrap();
    }
    let call = |method: &str, qube: &str, payload: &str| {
        let method = format!("admin.vm.device.block.{method}");
        raw(&machine, &format!("{method} dom0 name {qube}\0{payload}"))
    };
    let offered = call(&format!("Available+{name}"), "dom0", "");
    assert!(offered.starts_with(&format!("0\0{name} mode=r size=1048576 ")));
    assert!(offered.contains(&format!(" device_node=/dev/{name} description=")));

    let attach = format!("Attach+dom0+{name}");
    let halted = call(&attach, "qib-dvm", "read-only=yes");
    assert!(
        halted.starts_with("2\0QubesVMNotRunningError\0"),
        "{halted}"
    );
    assert_eq!(call(&attach, "sys-backup", "_read-only"), "", "4.3's form");
    let wanted = "read-only=True frontend-dev=xvdi";
    assert_eq!(call(&attach, "sys-backup", wanted), "0\0");
    let twice = call(&attach, "sys-backup", wanted);
    assert!(twice.starts_with("2\0DeviceAlreadyAttached\0"), "{twice}");
    let attached = call("List+", "sys-backup", "");
    let line = format!("0\0dom0+{name} read-only=yes frontend-dev=xvdi persistent=no\n");
    assert_eq!(attached, line);
    let detach = format!("Detach+dom0+{name}");
    assert_eq!(call(&detach, "sys-backup", ""), "0\0");
    let twice = call(&detach, "sys-backup", "");
    assert!(twice.starts_with("2\0DeviceNotAttached\0"), "{twice}");
    lab.exec(["losetup", "-d", &device]).unwrap();
}
