//! Damage at storage: what was changed, lost or swapped is found, and named.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::machine::{Machine, assert_same};

/// A machine with a qube of two backups.
fn machine() -> Machine {
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    fs::create_dir_all(tree.join("home/user")).unwrap();
    for number in 0..50 {
        fs::write(
            tree.join(format!("home/user/{number}")),
            format!("text {number}\n").repeat(999),
        )
        .unwrap();
    }
    machine.lab.add_tree("work", &tree).unwrap();
    machine.backup("work");
    machine
}

fn overwrite(path: &Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A restore fails with a message that names what is wrong, and leaves no qube.
fn restore_fails(machine: &Machine, words: &[&str]) {
    let passphrase = machine.passphrase();
    let arguments = [
        "restore",
        "work",
        "--as",
        "again",
        "-p",
        passphrase.to_str().unwrap(),
    ];
    let (code, text) = machine.fails(&arguments);
    assert_eq!(code, 1);
    for word in words {
        assert!(text.contains(word), "no '{word}' in: {text}");
    }
    let qubes = machine.lab.admin("admin.vm.List+", "dom0", "").unwrap();
    assert!(!qubes.contains("again"), "{qubes}");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

fn digest(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.split_once('-').unwrap().1.to_owned()
}

/// Damages each of `objects` in turn in several places; a restore finds each.
fn each_damage_is_found(machine: &Machine, objects: &[PathBuf]) {
    for object in objects {
        let whole = fs::read(object).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            overwrite(object, &damaged);
            restore_fails(machine, &["damaged", &digest(object)]);
        }
        overwrite(object, &whole[..whole.len() - 1]);
        restore_fails(machine, &["damaged", &digest(object)]);
        fs::remove_file(object).unwrap();
        restore_fails(machine, &["missing", &digest(object)]);
        fs::write(object, &whole).unwrap();
    }
    machine.restore("work", &[], "whole-again");
}

#[test]
fn a_damaged_or_missing_pack_is_found_and_named() {
    let machine = machine();
    each_damage_is_found(&machine, &machine.objects("pack-"));
}

#[test]
fn what_was_in_a_lost_pack_is_stored_again_by_the_next_backup() {
    let machine = machine();
    let packs = machine.objects("pack-");
    for (place, pack) in packs.iter().enumerate() {
        if place % 2 == 0 {
            fs::remove_file(pack).unwrap();
        } else {
            overwrite(pack, b"something else");
        }
    }
    // A restore stops at the first that it meets.
    for _ in &packs {
        restore_fails(&machine, &["object", "the next backup of work"]);
        machine.backup("work");
    }
    machine.restore("work", &[], "again");
    assert_same(&machine.tree("work"), &machine.tree("again"));
}

#[test]
fn a_damaged_or_missing_snapshot_is_found_and_named() {
    let machine = machine();
    each_damage_is_found(&machine, &machine.objects("snapshot-"));
}

#[test]
fn a_lost_or_damaged_index_costs_a_full_run_and_nothing_else() {
    let machine = machine();
    let index = machine.objects("index-");
    overwrite(&index[0], b"nothing");
    let report = machine.backup("work");
    assert!(
        report["counts"]["bytes_new"].as_u64().unwrap() > 0,
        "{report}"
    );
    for index in machine.objects("index-") {
        fs::remove_file(index).unwrap();
    }
    machine.backup("work");
    machine.backup("work");
    machine.restore("work", &[], "again");
    machine.restore("work", &["--snapshot", "1"], "first");
}

#[test]
fn an_object_of_another_qube_under_this_prefix_is_not_taken() {
    let machine = machine();
    let tree = machine.lab.scratch().join("other");
    fs::create_dir_all(tree.join("home")).unwrap();
    fs::write(tree.join("home/secret"), "of another qube").unwrap();
    machine.lab.add_tree("other", &tree).unwrap();
    machine.backup("other");
    // The other qube's snapshot in the place of this one's, under this one's name.
    let snapshots = machine.objects("snapshot-");
    let ours: Vec<_> = snapshots
        .iter()
        .filter(|path| path.starts_with(prefix(&machine, "work")))
        .collect();
    let others: Vec<_> = snapshots
        .iter()
        .filter(|path| path.starts_with(prefix(&machine, "other")))
        .collect();
    let whole = fs::read(ours[0]).unwrap();
    overwrite(ours[0], &fs::read(others[0]).unwrap());
    restore_fails(&machine, &["damaged", &digest(ours[0])]);
    overwrite(ours[0], &whole);
    machine.restore("work", &[], "again");
}

fn prefix(machine: &Machine, qube: &str) -> PathBuf {
    let json: serde_json::Value =
        serde_json::from_str(&machine.ok(&["snapshots", "--json", qube])).unwrap();
    machine
        .storage()
        .join(json["qubes"][0]["prefix"].as_str().unwrap())
}

#[test]
fn a_ledger_record_lost_at_storage_is_put_again() {
    let machine = machine();
    let records = machine.objects("ledger-");
    assert!(!records.is_empty());
    for record in &records {
        fs::remove_file(record).unwrap();
    }
    machine.backup("work");
    assert!(machine.objects("ledger-").len() > records.len());
}

#[test]
fn a_damaged_copy_of_the_ledger_is_a_warning() {
    let machine = machine();
    for record in machine.objects("ledger-") {
        overwrite(&record, b"something else");
    }
    let output = machine.qib(&["backup", "work"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("warning: the ledger's copy"), "{said}");
    machine.restore("work", &[], "again");
}

#[test]
fn storage_that_shows_nothing_of_the_qube_is_opaque() {
    let machine = machine();
    let names = machine.objects("");
    assert!(names.len() > 5);
    for path in names {
        let shown = path
            .to_str()
            .unwrap()
            .strip_prefix(machine.storage().to_str().unwrap())
            .unwrap()
            .to_owned();
        let bytes = fs::read(&path).unwrap();
        for word in ["work", "home", "user", "text 1"] {
            assert!(!shown.contains(word), "{shown}");
            let found = bytes
                .windows(word.len())
                .filter(|window| *window == word.as_bytes())
                .count();
            // Four letters can come up by chance in megabytes of ciphertext, more can not.
            assert!(found == 0 || word.len() <= 4, "{word} in {shown}");
        }
    }
}
