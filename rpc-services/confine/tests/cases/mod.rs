//! Cases of what a confined program can not do: each in a process of its own.

use landlock::{AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr};
use std::io;
use std::path::PathBuf;
use std::process::Command;

/// Runs one of the ignored tests of this program in a new process.
pub fn in_a_process(case: &str) {
    let own = std::env::current_exe().unwrap();
    // One thread: the test's own, as the program's when it is confined.
    let arguments = ["--exact", case, "--ignored", "--test-threads=1"];
    let output = Command::new(own).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{why}");
    assert!(said.contains("1 passed"), "{said}");
}

#[track_caller]
pub fn refused<T>(done: io::Result<T>) {
    let error = done.err().expect("it was done");
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
}

/// A confined thread can not remove it.
pub fn folder() -> PathBuf {
    tempfile::tempdir().unwrap().keep()
}

/// Whether this kernel has Landlock.
pub fn has_landlock() -> bool {
    let rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let has = rules.handle_access(AccessFs::Execute).is_ok();
    if !has {
        println!("skipped: what only Landlock refuses, which this kernel lacks");
    }
    has
}
