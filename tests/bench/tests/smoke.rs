//! The whole benchmark, at a size that takes seconds, with what every machine of ours has.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The programs as they ship, each built alone.
fn programs() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    for package in ["qib", "qib-helper", "qib-storage", "qib-lab"] {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--quiet", "--locked", "-p", package]);
        let status = cargo.arg("--target-dir").arg(target).status().unwrap();
        assert!(status.success(), "building {package}");
    }
    target.join("release")
}

/// The benchmark where nothing but these programs is to be found, beside the system's own.
fn bench(folder: &Path, programs: &Path, words: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_qib-bench"))
        .args(["--scale", "0.002", "--rounds", "1", "--dir"])
        .arg(folder)
        .arg("--programs")
        .arg(programs)
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

fn cells(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("results.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn names(cells: &[Value]) -> Vec<String> {
    let name = |cell: &Value| {
        let part = |name: &str| cell[name].as_str().unwrap().to_owned();
        format!(
            "{} {} {}",
            part("workload"),
            part("temperature"),
            part("tool")
        )
    };
    let mut names: Vec<String> = cells.iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn a_run_measures_resumes_reports_and_clears_up() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: a_run_measures_resumes_reports_and_clears_up needs root");
        return;
    }
    let programs = programs();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let tools = "qib,tar|zstd|age";
    let first = ["--tool", tools, "--workload", "a", "--temperature", "cold"];
    bench(folder, &programs, &first);
    let before = cells(folder);
    assert_eq!(
        names(&before),
        ["a cold pipeline limit", "a cold qib", "a cold tar|zstd|age"]
    );
    for cell in before
        .iter()
        .filter(|cell| cell["tool"] != "pipeline limit")
    {
        for figure in ["seconds", "stored_bytes", "sent_bytes"] {
            assert!(cell[figure].as_f64().unwrap() > 0.0, "{figure}: {cell}");
        }
    }

    let all = ["--tool", tools, "--workload", "a,b,e,g,h"];
    let output = bench(folder, &programs, &all);
    let after = cells(folder);
    assert_eq!(before, after[..before.len()], "what was measured stays");
    assert_eq!(
        names(&after).len(),
        6 + 2 + 4 + 4 + 4,
        "{:?}",
        names(&after)
    );
    let restored = |cell: &&Value| cell["workload"] == "h" && cell["tool"] == "qib";
    for cell in after.iter().filter(restored) {
        assert!(cell["fetched_bytes"].as_f64().unwrap() > 0.0, "{cell}");
    }
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!said.contains("(a) cold 1"), "not measured again: {said}");
    for expected in [
        "### (a) home, first run: cold",
        "| tar\\|zstd\\|age | 1 |",
        "% of the machine's pipeline limit",
        "times as fast as tar|zstd|age",
        "% of the bytes of the changed 4 KiB blocks",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let plot = fs::read_to_string(folder.join("plot.svg")).unwrap();
    assert!(plot.starts_with("<svg") && plot.ends_with("</svg>\n"));
    assert_eq!(
        plot.matches("class=\"panel\"").count(),
        7,
        "times of five, stored, sent"
    );

    let output = bench(folder, &programs, &all);
    assert_eq!(after, cells(folder), "nothing is left to be measured");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!said.contains(" needs "), "no volume was set up: {said}");
    assert!(!folder.join("run").exists());
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(folder.to_str().unwrap()), "{mounts}");
}

#[test]
fn a_missing_peer_is_named_with_what_brings_it() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: a_missing_peer_is_named_with_what_brings_it needs root");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["qib", "qib-helper", "qib-storage", "qib-lab"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let bare = Command::new("/bin/sh")
        .args(["-c", "command -v bash"])
        .output()
        .unwrap();
    let bash = PathBuf::from(String::from_utf8(bare.stdout).unwrap().trim());
    let path = folder.path().join("path");
    fs::create_dir(&path).unwrap();
    std::os::unix::fs::symlink(bash, path.join("bash")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_qib-bench"))
        .env("PATH", &path)
        .arg("--dir")
        .arg(folder.path().join("work"))
        .arg("--programs")
        .arg(folder.path())
        .args(["--rounds", "0"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    for expected in [
        "missing: borg (to have it: apt-get install borgbackup)",
        "missing: rustic (to have it: cargo install --locked rustic-rs)",
        "missing: tar|zstd|age (to have it: apt-get install tar zstd age)",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}
