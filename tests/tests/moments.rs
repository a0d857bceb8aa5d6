//! Of a running qube: its state now, or what its last shutdown left.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod machine;

use machine::faults::add;
use machine::{BINARY, Machine, assert_same, skipped_without_root};
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
