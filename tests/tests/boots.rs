//! A root volume that was restored starts a machine as the one did that was backed up.
#![allow(clippy::unwrap_used)]

mod bootable;
mod machine;

use machine::Machine;

#[test]
fn a_restored_root_boots() {
    let missing = bootable::missing();
    if !missing.is_empty() {
        println!("skipped: a_restored_root_boots needs {}", missing.join(" "));
        return;
    }
    let machine = Machine::new();
    let disk = bootable::disk(machine.lab.scratch(), "as it was backed up");
    let before = bootable::start(&disk);
    let said = "the system says: as it was backed up";
    assert!(before.contains(said), "not even before: {before}");

    machine.lab.add_image("own", &disk, false).unwrap();
    let text = machine.ok(&["backup", "own"]);
    let by = "read by qib: a disk with partitions";
    assert!(text.contains(by), "{text}");
    machine.restore("own", &[], "again");
    let after = bootable::start(&machine.lab.image("again").unwrap());
    assert!(after.contains(said), "{after}");
}
