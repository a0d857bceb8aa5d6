//! A root volume that was restored starts a machine as the one did that was backed up.
#![allow(clippy::unwrap_used)]

mod bootable;
mod emulated;
mod machine;

use emulated::Boot;
use machine::Machine;

#[test]
fn a_restored_root_boots() {
    if emulated::skipped_without("a_restored_root_boots", &bootable::NEEDED) {
        return;
    }
    let machine = Machine::new();
    let disk = bootable::disk(machine.lab.scratch(), "as it was backed up");
    let before = emulated::start(&disk, Boot::Disk);
    let said = "the system says: as it was backed up";
    assert!(before.contains(said), "not even before: {before}");

    machine.lab.add_image("own", &disk, false).unwrap();
    let text = machine.ok(&["backup", "own"]);
    let by = "read by qib: a disk with partitions";
    assert!(text.contains(by), "{text}");
    machine.restore("own", &[], "again");
    let after = emulated::start(&machine.lab.image("again").unwrap(), Boot::Disk);
    assert!(after.contains(said), "{after}");
}
