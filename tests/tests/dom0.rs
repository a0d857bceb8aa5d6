//! dom0 itself: kept sealed, brought back beside, told apart from now.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::machine::Machine;
use crate::machine::noise::noise;
use serde_json::Value;

/// dom0's user's home.
fn home(machine: &Machine) -> PathBuf {
    machine.lab.dir().join("dom0/home/user")
}

/// A machine whose dom0 has something of everything.
fn machine() -> Machine {
    let machine = Machine::new();
    let home = home(&machine);
    fs::create_dir_all(home.join("Documents/empty folder")).unwrap();
    fs::create_dir_all(home.join(".cache/thumbnails")).unwrap();
    fs::write(home.join(".cache/thumbnails/1"), "cached").unwrap();
    fs::write(home.join("Documents/notes"), "remember the milk\n").unwrap();
    fs::write(home.join("Documents/empty"), "").unwrap();
    fs::write(home.join("large"), noise(6 << 20, 3)).unwrap();
    fs::write(home.join(OsStr::from_bytes(b"odd \x1b[31m\n\xff")), "odd").unwrap();
    fs::write(home.join("tool"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(home.join("tool"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::set_permissions(home.join("Documents"), fs::Permissions::from_mode(0o500)).unwrap();
    symlink("/etc/shadow", home.join("link")).unwrap();
    symlink("Documents", home.join("folder link")).unwrap();
    let made = Command::new("mkfifo").arg(home.join("pipe")).status();
    assert!(made.unwrap().success());
    machine
}

fn backup(machine: &Machine) -> Value {
    let said = machine.ok(&["backup", "--json", "dom0"]);
    serde_json::from_str::<Value>(&said).unwrap()["dom0"][0].clone()
}

/// Restores to a fresh folder.
fn restored(machine: &Machine, name: &str, arguments: &[&str]) -> PathBuf {
    let to = machine.lab.scratch().join(name);
    let fixed = ["restore", "dom0", "--to", to.to_str().unwrap()];
    machine.ok(&[&fixed, arguments].concat());
    to
}

/// Names, kinds, rights, owners, times, targets and contents below a folder, as other programs
/// see them.
fn listed(folder: &Path) -> Vec<String> {
    let format = "%P|%y|%m|%U|%G|%T@|%l\\0";
    let mut find = Command::new("find");
    let output = find.arg(folder).args(["-printf", format]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut lines: Vec<String> = output
        .stdout
        .split(|byte| *byte == 0)
        .map(|line| line.escape_ascii().to_string())
        .collect();
    let mut sums = Command::new("find");
    let sums = sums.args([".", "-type", "f", "-exec", "sha256sum", "--zero", "{}", "+"]);
    let output = sums.current_dir(folder).output().unwrap();
    let sums = output.stdout.split(|byte| *byte == 0);
    lines.extend(sums.map(|line| line.escape_ascii().to_string()));
    lines.sort();
    lines
}

fn as_it_was(path: &Path, below: &Path) -> PathBuf {
    below.join("files").join(path.strip_prefix("/").unwrap())
}

#[test]
fn dom0_comes_back_beside_with_everything_as_it_was() {
    let machine = machine();
    let report = backup(&machine);
    assert_eq!(report["snapshot"]["snapshot"], 1, "{report}");
    let left_out = report["left_out"].to_string();
    assert!(left_out.contains("pipe: neither"), "{report}");
    let listing = machine.ok(&["snapshots"]);
    assert!(
        listing.contains("dom0  ") && listing.contains("by dom0"),
        "{listing}"
    );
    let to = restored(&machine, "dom0-again", &[]);
    let home = home(&machine);
    fs::remove_dir_all(home.join(".cache")).unwrap();
    fs::remove_file(home.join("pipe")).unwrap();
    let (mut was, mut is) = (listed(&home), listed(&as_it_was(&home, &to)));
    // The home's own time changed just now.
    let is_home = |line: &String| line.starts_with("|d|");
    was.retain(|line| !is_home(line));
    is.retain(|line| !is_home(line));
    assert_eq!(was, is);
    assert!(was.len() > 15, "{was:?}");
    let policy = to.join("files/etc/qubes/policy.d/10-qib.policy");
    let shipped = machine
        .lab
        .dir()
        .join("dom0/etc/qubes/policy.d/10-qib.policy");
    assert_eq!(fs::read(policy).unwrap(), fs::read(shipped).unwrap());
    let text = |name: &str| fs::read_to_string(to.join("system").join(name)).unwrap();
    let packages = "qubes-core-dom0-4.2.30-1.fc37.x86_64\nxen-4.17.4-6.fc37.x86_64\n";
    assert_eq!(text("packages"), packages);
    assert!(text("labels").contains("red 0xcc0000\n"));
    assert!(text("properties").contains("default_netvm default="));
    let mode = fs::metadata(&to).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let again = ["restore", "dom0", "--to", to.to_str().unwrap()];
    let (code, said) = machine.fails(&again);
    assert!(code == 1 && said.contains("exists"), "{said}");
}

#[test]
fn what_is_stored_is_not_stored_again() {
    let machine = machine();
    let objects = |report: &Value| report["objects"].as_u64().unwrap();
    assert!(objects(&backup(&machine)) >= 3);
    let second = backup(&machine);
    assert_eq!((objects(&second), &second["unchanged"]), (0, &true.into()));
    let home = home(&machine);
    fs::write(home.join("new"), "twelve bytes").unwrap();
    fs::rename(home.join("large"), home.join("renamed")).unwrap();
    let third = backup(&machine);
    assert_eq!(third["bytes_new"], 12, "{third}");
    assert_eq!(
        (objects(&third), &third["snapshot"]["snapshot"]),
        (2, &2.into())
    );
    let always = machine.ok(&["backup", "--always", "--json", "dom0"]);
    let always: Value = serde_json::from_str(&always).unwrap();
    assert!(always["dom0"][0]["bytes_new"].as_u64().unwrap() > 6 << 20);
    let first = restored(&machine, "first", &["--snapshot", "1"]);
    let last = restored(&machine, "last", &[]);
    assert!(as_it_was(&home, &first).join("large").exists());
    let renamed = as_it_was(&home, &last).join("renamed");
    assert_eq!(
        fs::read(renamed).unwrap(),
        fs::read(home.join("renamed")).unwrap()
    );
}

#[test]
fn what_differs_from_now_is_listed() {
    let machine = machine();
    backup(&machine);
    let none = machine.ok(&["restore", "dom0", "--diff"]);
    assert!(none.starts_with("dom0: 0 differences"), "{none}");
    let home = home(&machine);
    fs::write(home.join("Documents/notes"), "remember the bread\n").unwrap();
    fs::write(home.join(OsStr::from_bytes(b"new \x1b[2J")), "").unwrap();
    fs::remove_file(home.join("large")).unwrap();
    fs::set_permissions(home.join("tool"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(home.join("link")).unwrap();
    fs::write(home.join("link"), "a file").unwrap();
    let said = machine.ok(&["restore", "dom0", "--diff"]);
    for (how, name) in [
        ("changed     ", "/Documents/notes\n"),
        ("new         ", "/new \\x1b[2J\n"),
        ("gone        ", "/large\n"),
        ("other rights", "/tool\n"),
        ("another kind", "/link\n"),
    ] {
        let is_it = |line: &str| line.starts_with(how) && format!("{line}\n").ends_with(name);
        assert!(said.lines().any(is_it), "{how} {name}: {said}");
    }
    assert!(
        said.ends_with("\n") && said.contains("dom0: 5 differences"),
        "{said}"
    );
    let json = machine.ok(&["restore", "dom0", "--diff", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["differences"].as_array().unwrap().len(), 5);
}

#[test]
fn dom0_is_never_restored_over_itself() {
    let machine = machine();
    for (words, expected, said) in [
        (&["restore", "dom0"][..], 2, "restored beside, never over"),
        (
            &["restore", "dom0", "--to", "/tmp/x"],
            1,
            "dom0 has no such snapshot",
        ),
        (&["restore", "work", "--diff"], 2, "--diff is of dom0"),
        (
            &["restore", "work", "--to", "/tmp/x"],
            2,
            "--to is for files",
        ),
    ] {
        let (code, text) = machine.fails(words);
        assert!(code == expected && text.contains(said), "{code}: {text}");
    }
}

#[test]
fn all_includes_dom0_unless_it_is_excluded() {
    let machine = machine();
    let all = |arguments: &[&str]| {
        let said = machine.ok(&[&["backup", "--all", "--json"], arguments].concat());
        serde_json::from_str::<Value>(&said).unwrap()
    };
    let folder = machine.lab.scratch().join("tree");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("file"), "text").unwrap();
    machine.lab.add_tree("work", &folder).unwrap();
    assert!(all(&["-x", "dom0"]).get("dom0").is_none());
    assert_eq!(all(&[])["dom0"][0]["snapshot"]["snapshot"], 1);
    let text = machine.ok(&["backup", "--dry-run", "dom0"]);
    assert!(text.contains("dry run, no snapshot"), "{text}");
}

#[test]
fn a_list_of_ones_own_says_what_is_kept() {
    let machine = machine();
    let folder = machine.lab.dir().join("dom0/etc/qubes/qib");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("dom0"), "# mine\n~\n- ~/large\n/var/lib/qib\n").unwrap();
    backup(&machine);
    let to = restored(&machine, "mine", &[]);
    let home = as_it_was(&home(&machine), &to);
    assert!(home.join(".cache/thumbnails/1").exists() && !home.join("large").exists());
    assert!(!to.join("files/etc").exists() && !to.join("files/var/lib/qib").exists());
    fs::write(folder.join("dom0"), "~\nDocuments\n").unwrap();
    let (code, said) = machine.fails(&["backup", "dom0"]);
    assert!(code == 1 && said.contains("line 2"), "{said}");
}

#[test]
fn a_recovered_dom0_has_its_files_again() {
    let machine = machine();
    backup(&machine);
    let home = home(&machine);
    let large = fs::read(home.join("large")).unwrap();
    machine.lose_state();
    fs::remove_file(home.join("large")).unwrap();
    let passphrase = machine.passphrase();
    machine.ok(&["recover", "-p", passphrase.to_str().unwrap()]);
    let to = restored(&machine, "recovered", &[]);
    assert_eq!(
        fs::read(as_it_was(&home, &to).join("large")).unwrap(),
        large
    );
}

#[test]
fn damage_at_storage_is_found_and_what_is_stored_says_nothing() {
    let machine = machine();
    backup(&machine);
    let objects = machine.objects("dom0-");
    assert!(objects.len() >= 3);
    for object in &objects {
        let whole = fs::read(object).unwrap();
        for word in ["milk", "Documents", "policy"] {
            let mut windows = whole.windows(word.len());
            assert!(!windows.any(|window| window == word.as_bytes()), "{word}");
        }
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        let other = fs::read(objects.iter().find(|other| *other != object).unwrap()).unwrap();
        fs::set_permissions(object, fs::Permissions::from_mode(0o600)).unwrap();
        for damaged in [&flipped[..], &whole[..whole.len() - 1], &other] {
            fs::write(object, damaged).unwrap();
            restore_fails(&machine, "damaged");
        }
        fs::remove_file(object).unwrap();
        restore_fails(&machine, "missing");
        fs::write(object, whole).unwrap();
    }
    restored(&machine, "whole", &[]);
}

fn restore_fails(machine: &Machine, word: &str) {
    let to = machine.lab.scratch().join("broken");
    let (code, said) = machine.fails(&["restore", "dom0", "--to", to.to_str().unwrap()]);
    assert!(code == 1 && said.contains(word), "{said}");
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
}
