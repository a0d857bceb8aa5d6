//! A root volume that was restored starts a machine as the one did that was backed up.

use crate::emulated::Boot;
use crate::machine::Machine;

#[test]
fn a_restored_root_boots() {
    if crate::emulated::skipped_without("a_restored_root_boots", &crate::bootable::NEEDED) {
        return;
    }
    let machine = Machine::new();
    let disk = crate::bootable::disk(machine.lab.scratch(), "as it was backed up");
    let before = crate::emulated::start(&disk, Boot::Disk);
    let said = "the system says: as it was backed up";
    assert!(before.contains(said), "not even before: {before}");

    machine.lab.add_image("own", &disk, false).unwrap();
    let text = machine.ok(&["backup", "own"]);
    let by = "read by qib: a disk with partitions";
    assert!(text.contains(by), "{text}");
    machine.restore("own", &[], "again");
    let after = crate::emulated::start(&machine.lab.image("again").unwrap(), Boot::Disk);
    assert!(after.contains(said), "{after}");
}
