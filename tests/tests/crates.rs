//! What each shipped program is built from is a list that somebody has read.
//!
//! After a deliberate change: `tests/crates/update`.
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Names of all crates that end up in `package`, built alone, without versions.
fn crates(package: &str, edges: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package, "--edges", edges])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

fn listed(package: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("crates")
        .join(format!("{package}.txt"));
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn compare(package: &str) {
    let (found, listed) = (crates(package, "normal"), listed(package));
    let new: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{package}: new {new:?}, gone {gone:?}"
    );
}

#[test]
fn each_program_is_built_from_its_list() {
    for package in ["qib", "qib-helper", "qib-storage"] {
        compare(package);
    }
}

#[test]
fn dom0_has_at_most_60_crates_and_no_c_library_but_libc() {
    let found = crates("qib", "normal,build");
    assert!(found.len() <= 60, "{}", found.len());
    for name in &found {
        // linux-raw-sys is constants, qrexec-sys is ours.
        let binds = name.ends_with("-sys") && name != "linux-raw-sys" && name != "qrexec-sys";
        assert!(
            !binds && name != "cc" && name != "cmake" && name != "pkg-config",
            "{name}"
        );
    }
}

#[test]
fn dom0_and_storage_hold_no_parser_of_our_formats() {
    for package in ["qib", "qib-storage"] {
        let found = crates(package, "normal");
        for forbidden in ["tar", "zstd", "age", "qib-ext4", "qib-helper"] {
            assert!(!found.contains(forbidden), "{package} has {forbidden}");
        }
    }
}

#[test]
fn no_program_is_built_from_another() {
    let programs = ["qib", "qib-helper", "qib-storage"];
    for package in programs {
        let found = crates(package, "normal");
        assert_eq!(
            programs
                .iter()
                .filter(|name| found.contains(**name))
                .count(),
            1,
            "{package}"
        );
    }
}
