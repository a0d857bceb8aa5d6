//! Whole runs as a person can read them: every call that qib makes of qubesd, of qubes and of
//! dom0's programs, with the answers. They are compared with the files beside this one, for both
//! releases of Qubes.
//!
//! `QIB_TRANSCRIPTS=write cargo test -p qib-lab --test transcripts` writes them anew; read what
//! changed before you keep it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../machine/mod.rs"]
mod machine;
mod stable;

use std::fs;
use std::path::{Path, PathBuf};

use machine::faults::add;
use machine::{BINARY, Machine, skipped_without_root};
use qib_lab::{Act, Driver, LabBuilder, Release};
use stable::Stable;

/// A machine with a running qube `work`, whose volumes are in a thin pool.
fn machine(release: Release) -> Machine {
    let builder = LabBuilder::new(BINARY).driver(Driver::LvmThin);
    let machine = Machine::before_init(builder.release(release));
    machine.init();
    add(&machine, "work", 1);
    machine.lab.start("work").unwrap();
    machine.lab.calls().unwrap();
    machine
}

/// What qib did since the last look.
fn transcript(machine: &Machine, stable: &mut Stable, title: &str) -> String {
    let mut text = format!("# {title}\n\n");
    let mut last = String::new();
    for call in machine.lab.calls().unwrap() {
        let call = stable.text(&call);
        if call != last {
            text.push_str(&call);
            text.push('\n');
        }
        last = call;
    }
    text
}

fn golden(release: Release, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    folder.join(release.to_string()).join(name)
}

fn compare(release: Release, name: &str, found: &str) {
    let path = golden(release, name);
    if std::env::var_os("QIB_TRANSCRIPTS").is_some_and(|word| word == "write") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let lines = expected.lines().zip(found.lines()).enumerate();
    let first = lines
        .map(|(number, pair)| (number + 1, pair))
        .find(|(_, (a, b))| a != b);
    assert!(
        expected == found,
        "{}: the first difference is {first:?}; is it wanted? Then see transcripts/main.rs",
        path.display()
    );
}

fn runs_of(release: Release) {
    let machine = machine(release);
    let mut stable = Stable::new(&machine);
    machine.ok(&["backup", "work"]);
    let backup = transcript(
        &machine,
        &mut stable,
        "qib backup work (a running qube, for the first time)",
    );
    compare(release, "backup.txt", &backup);

    let mut stable = Stable::new(&machine);
    machine.restore("work", &[], "again");
    let restore = transcript(&machine, &mut stable, "qib restore work --as again");
    compare(release, "restore.txt", &restore);

    let mut stable = Stable::new(&machine);
    let attach = "qubesd admin.vm.device.block.Attach";
    machine.lab.trap(attach, 1, Act::Kill).unwrap();
    assert!(!machine.qib(&["backup", "work"]).status.success());
    let crash = transcript(
        &machine,
        &mut stable,
        "qib backup work, killed after the last of these calls",
    );
    machine.ok(&["backup", "work"]);
    let sweep = transcript(
        &machine,
        &mut stable,
        "qib backup work, which first clears up",
    );
    compare(release, "crash.txt", &format!("{crash}\n{sweep}"));
}

#[test]
fn runs_on_4_2() {
    if !skipped_without_root("runs_on_4_2") {
        runs_of(Release::R4_2);
    }
}

#[test]
fn runs_on_4_3() {
    if !skipped_without_root("runs_on_4_3") {
        runs_of(Release::R4_3);
    }
}
