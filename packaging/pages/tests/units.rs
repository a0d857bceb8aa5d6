//! What systemd is told agrees with the programs, with policy and with itself.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use clap::{Command, Parser};
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(name: &str) -> String {
    fs::read_to_string(project().join(name)).unwrap()
}

/// The units of dom0 and of the storage qube, by name.
fn units() -> Vec<(String, String)> {
    let mut units = Vec::new();
    for folder in ["packaging/systemd/dom0", "packaging/systemd/vm"] {
        for entry in fs::read_dir(project().join(folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            units.push((name, fs::read_to_string(entry.path()).unwrap()));
        }
    }
    units.sort();
    units
}

/// Every value of a key.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    let lines = unit.lines().filter_map(|line| line.split_once('='));
    lines
        .filter(|(name, _)| *name == key)
        .map(|(_, value)| value)
        .collect()
}

#[test]
fn each_unit_calls_its_program_as_the_program_can_be_called() {
    for (name, unit) in units() {
        for line in values(&unit, "ExecStart") {
            let words: Vec<&str> = line.split(' ').collect();
            let (path, command): (&str, Command) = match name.as_str() {
                "qib-storage.service" | "qib-storage-network.service" => {
                    ("/usr/lib/qib/qib-storage", qib_pages::storage())
                }
                _ => ("/usr/bin/qib", qib_pages::qib()),
            };
            assert_eq!(words.first(), Some(&path), "{name}");
            command.try_get_matches_from(words).unwrap();
        }
    }
}

#[test]
fn each_unit_names_man_pages_that_are_written() {
    let folder = tempfile::tempdir().unwrap();
    qib_pages::write_manual(folder.path()).unwrap();
    for (name, unit) in units() {
        let pages = values(&unit, "Documentation");
        assert!(!pages.is_empty(), "{name}");
        for page in pages {
            let (page, section) = page.strip_prefix("man:").unwrap().split_once('(').unwrap();
            let file = format!("{page}.{}", section.trim_end_matches(')'));
            assert!(folder.path().join(&file).exists(), "{name}: {file}");
        }
    }
}

#[test]
fn what_is_enabled_can_be_and_all_that_can_be_is_enabled() {
    let presets = ["70-qib-dom0.preset", "70-qib-storage.preset"];
    let presets: String = presets
        .map(|name| read(&format!("packaging/systemd/{name}")))
        .concat();
    let mut enabled: Vec<&str> = presets
        .lines()
        .filter_map(|line| line.strip_prefix("enable "))
        .collect();
    enabled.sort_unstable();
    let units = units();
    let installable = units
        .iter()
        .filter(|(_, unit)| unit.contains("\n[Install]\n"));
    assert_eq!(
        enabled,
        installable
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
    );
}

#[test]
fn the_storage_daemon_listens_where_qrexec_looks_and_keeps_what_the_unit_lets_it_write() {
    let storage = qib_storage::cli::Cli::parse_from(["qib-storage"]);
    for service in ["qib.Put", "qib.Get", "qib.Permit", "qib.Records"] {
        let link = project().join("policy/storage").join(service);
        assert_eq!(fs::read_link(link).unwrap(), storage.socket);
    }
    let unit = read("packaging/systemd/vm/qib-storage.service");
    let folder = qib_storage::place::DEFAULT_FOLDER;
    assert_eq!(values(&unit, "ReadWritePaths"), [folder]);
    let network = read("packaging/systemd/vm/qib-storage-network.service");
    assert!(values(&network, "ReadWritePaths")[0].ends_with(folder));
    let run = Path::new("/run").join(values(&unit, "RuntimeDirectory").first().unwrap());
    assert_eq!(storage.socket.parent(), Some(run.as_path()));
}

#[test]
fn the_formula_and_the_example_name_the_same_qubes() {
    let example = read("packaging/qib.conf");
    for (key, sls) in [("storage", "storage"), ("helper_template", "helper")] {
        let formula = read(&format!("packaging/salt/qib/{sls}.sls"));
        let line = example
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{key} = ")));
        let default = format!("salt['pillar.get']('qib:{key}', '{}')", line.unwrap());
        assert!(formula.contains(&default), "{default}");
    }
}

/// A root with the machine's own units, ours, and something to run at each path.
fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("usr/lib/systemd/system");
    fs::create_dir_all(&folder).unwrap();
    let all = process::Command::new("cp")
        .arg("-a")
        .arg("/lib/systemd/system/.")
        .arg(&folder)
        .status();
    assert!(all.unwrap().success());
    for (name, unit) in units() {
        fs::write(folder.join(name), unit).unwrap();
    }
    for path in ["usr/bin/qib", "usr/lib/qib/qib-storage", "usr/bin/mkdir"] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy("/bin/true", path).unwrap();
    }
    root
}

#[test]
fn systemd_understands_every_line() {
    let root = root();
    let mut verify = process::Command::new("systemd-analyze");
    verify.args(["verify", "--man=no", "--recursive-errors=no"]);
    verify.arg(format!("--root={}", root.path().display()));
    verify.args(units().into_iter().map(|(name, _)| name));
    let output = verify
        .output()
        .expect("systemd-analyze, of systemd, is needed");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}

/// By systemd's own measure, where 10 is a service with every right. What works in dom0 needs
/// devices and CAP_SYS_ADMIN, for losetup and LVM.
#[test]
fn services_are_exposed_no_more_than_they_must_be() {
    for (name, threshold) in [
        ("dom0/qib-backup.service", "32"),
        ("dom0/qib-due.service", "32"),
        ("dom0/qib-watch.service", "32"),
        ("vm/qib-storage.service", "10"),
        ("vm/qib-storage-network.service", "35"),
    ] {
        let mut security = process::Command::new("systemd-analyze");
        security.args(["security", "--offline=true", "--no-pager"]);
        security.arg(format!("--threshold={threshold}"));
        let unit = project().join("packaging/systemd").join(name);
        let output = security.arg(unit).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
    }
}
