//! Of a running qube: its state now, or what its last shutdown left.

use crate::machine::faults::add;
use crate::machine::{BINARY, Machine, assert_same, skipped_without_root};
use qib_lab::{Driver, LabBuilder, tool};

const GONE: &str = "home/user/0";

fn both_states_can_be_read(driver: Driver) {
    let machine = Machine::before_init(LabBuilder::new(BINARY).driver(driver));
    machine.init();
    add(&machine, "work", 2);
    let at_shutdown = machine.tree("work");
    machine.lab.start("work").unwrap();
    let image = machine.lab.image("work").unwrap();
    let mut debugfs = tool("debugfs");
    debugfs
        .args(["-w", "-R", &format!("rm /{GONE}")])
        .arg(image);
    assert!(debugfs.output().unwrap().status.success());

    let text = machine.ok(&["backup", "--last-shutdown", "work"]);
    let said = "(as it was left at its last shutdown)";
    assert!(text.contains(said), "{text}");
    machine.restore("work", &[], "before");
    assert_same(&at_shutdown, &machine.tree("before"));

    let text = machine.ok(&["backup", "work"]);
    assert!(text.contains("(as it is now)"), "{text}");
    machine.restore("work", &[], "after");
    assert_same(&machine.tree("work"), &machine.tree("after"));
    let has_it = |qube| {
        machine
            .tree(qube)
            .keys()
            .any(|path| path.ends_with(GONE.as_bytes()))
    };
    assert!(has_it("before") && !has_it("after"));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn both_states_of_a_running_qube_on_a_reflink_pool() {
    if !skipped_without_root("both_states_of_a_running_qube_on_a_reflink_pool") {
        both_states_can_be_read(Driver::Reflink);
    }
}

#[test]
fn both_states_of_a_running_qube_on_a_thin_pool() {
    if !skipped_without_root("both_states_of_a_running_qube_on_a_thin_pool") {
        both_states_can_be_read(Driver::LvmThin);
    }
}

#[test]
fn both_states_of_a_running_qube_on_zfs() {
    if !skipped_without_root("both_states_of_a_running_qube_on_zfs") {
        both_states_can_be_read(Driver::Zfs);
    }
}

/// A qube that writes to what its last shutdown left, as a person can have it since Qubes 4.3.
fn in_place(driver: Driver) {
    let machine = Machine::before_init(LabBuilder::new(BINARY).driver(driver));
    machine.init();
    add(&machine, "work", 1);
    let method = "admin.vm.volume.Set.revisions_to_keep+private";
    machine.lab.admin(method, "work", "-1").unwrap();
    let text = machine.ok(&["backup", "--last-shutdown", "work"]);
    let left = "(as it was left at its last shutdown)";
    assert!(text.contains(left), "{text}");

    machine.lab.start("work").unwrap();
    let (code, said) = machine.fails(&["backup", "--last-shutdown", "work"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("it writes to what its last shutdown left"),
        "{said}"
    );
    let text = machine.ok(&["backup", "work"]);
    assert!(text.contains("(as it is now)"), "{text}");
    machine.restore("work", &[], "again");
    assert_same(&machine.tree("work"), &machine.tree("again"));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_qube_that_writes_in_place_on_a_reflink_pool() {
    if !skipped_without_root("a_qube_that_writes_in_place_on_a_reflink_pool") {
        in_place(Driver::Reflink);
    }
}

#[test]
fn a_qube_that_writes_in_place_on_a_thin_pool() {
    if !skipped_without_root("a_qube_that_writes_in_place_on_a_thin_pool") {
        in_place(Driver::LvmThin);
    }
}

#[test]
fn a_qube_that_writes_in_place_on_zfs() {
    if !skipped_without_root("a_qube_that_writes_in_place_on_zfs") {
        in_place(Driver::Zfs);
    }
}
