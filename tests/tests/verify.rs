//! `qib verify`: what is stored is proved, and whatever was done to it is noticed and named.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::machine::noise::noise;
use crate::machine::{Machine, assert_same, skipped_without_root};
use qib_lab::compare::Mounted;
use serde_json::Value;

/// A machine with a qube of two snapshots that differ.
fn machine() -> Machine {
    let machine = Machine::new();
    add(&machine, "work");
    machine.backup("work");
    machine
}

fn add(machine: &Machine, name: &str) {
    let tree = machine.lab.scratch().join(name);
    fs::create_dir_all(tree.join("home/user")).unwrap();
    for number in 0..30 {
        let text = format!("{name} {number}\n").repeat(999);
        fs::write(tree.join(format!("home/user/{number}")), text).unwrap();
    }
    let seed = u64::try_from(name.len()).unwrap();
    fs::write(tree.join("home/user/photo"), noise(3 << 20, seed)).unwrap();
    machine.lab.add_tree(name, &tree).unwrap();
}

/// Exit code, and what was found of the first volume.
fn verify(machine: &Machine, arguments: &[&str]) -> (i32, Value) {
    let output = machine.qib(&[&["verify", "--json"], arguments].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value = serde_json::from_slice(&output.stdout).expect(&said);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    (output.status.code().unwrap(), report["qubes"][0].clone())
}

fn all_is_whole(machine: &Machine) {
    let (code, found) = verify(machine, &[]);
    assert_eq!((code, &found["ok"]), (0, &Value::Bool(true)), "{found}");
}

fn overwrite(path: &Path, bytes: &[u8]) {
    if path.exists() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    fs::write(path, bytes).unwrap();
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The only object that is not whole, and what it is.
fn named(machine: &Machine, object: &Path, what: &str) -> Value {
    let (code, found) = verify(machine, &[]);
    assert_eq!(code, 4, "{found}");
    let not_whole = found["not_whole"].as_array().unwrap();
    assert_eq!(not_whole.len(), 1, "{found}");
    assert_eq!(not_whole[0]["object"], name(object), "{found}");
    assert_eq!(not_whole[0]["is"], what, "{found}");
    not_whole[0].clone()
}

/// The objects under a qube's prefix whose names begin so.
fn objects(machine: &Machine, qube: &str, start: &str) -> Vec<PathBuf> {
    let json = machine.ok(&["snapshots", "--json", qube]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let prefix = json["qubes"][0]["prefix"].as_str().unwrap().to_owned();
    let mut found = machine.objects(start);
    found.retain(|path| path.to_str().unwrap().contains(&prefix));
    assert!(!found.is_empty(), "no {start} of {qube}");
    found
}

#[test]
fn what_is_whole_is_counted_and_what_is_new_with_it() {
    let machine = machine();
    let (code, first) = verify(&machine, &["work"]);
    assert_eq!(code, 0, "{first}");
    let stored = ["pack-", "index-", "snapshot-", "key-"];
    let count: usize = stored
        .map(|start| machine.objects(start).len())
        .iter()
        .sum();
    assert_eq!(first["objects"], count);
    let bytes: u64 = stored
        .iter()
        .flat_map(|start| machine.objects(start))
        .map(|path| fs::metadata(path).unwrap().len())
        .sum();
    assert_eq!(first["bytes"], bytes);
    let (code, sample) = verify(&machine, &["work", "--sample", "20"]);
    assert_eq!(code, 0);
    let of_sample = sample["objects"].as_u64().unwrap();
    assert!((1..first["objects"].as_u64().unwrap()).contains(&of_sample));
    let (code, recent) = verify(&machine, &["work", "--since", "1h"]);
    assert_eq!((code, &recent["objects"]), (0, &first["objects"]));
    let one = machine.fails(&["verify", "work", "--snapshot", "7"]);
    assert!(one.0 == 1 && one.1.contains("no such snapshot"), "{one:?}");
}

#[test]
fn checking_nothing_is_a_failure() {
    let machine = Machine::new();
    let (code, text) = machine.fails(&["verify"]);
    assert_eq!(code, 1);
    assert!(text.contains("nothing was checked"), "{text}");
    let (code, _) = machine.fails(&["verify", "nobody"]);
    assert_eq!(code, 1);
}

#[test]
fn objects_of_every_kind_that_are_missing_cut_grown_or_changed_are_named() {
    let machine = machine();
    for kind in ["pack-", "snapshot-", "index-", "key-"] {
        let object = &machine.objects(kind)[0];
        let whole = fs::read(object).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        let grown = [whole.as_slice(), b"x"].concat();
        for bytes in [&flipped, &whole[..whole.len() - 1], &[], &grown] {
            overwrite(object, bytes);
            named(&machine, object, "damaged");
        }
        fs::remove_file(object).unwrap();
        named(&machine, object, "missing");
        overwrite(object, &whole);
    }
}

#[test]
fn what_another_qube_stored_in_the_place_of_ours_is_named() {
    let machine = machine();
    add(&machine, "other");
    machine.backup("other");
    for kind in ["pack-", "snapshot-", "index-", "key-"] {
        let ours = &objects(&machine, "work", kind)[0];
        let whole = fs::read(ours).unwrap();
        let theirs = fs::read(&objects(&machine, "other", kind)[0]).unwrap();
        overwrite(ours, &theirs);
        let (code, found) = verify(&machine, &["work"]);
        assert_eq!(code, 4);
        assert_eq!(found["not_whole"][0]["object"], name(ours), "{found}");
        overwrite(ours, &whole);
    }
}

#[test]
fn an_older_snapshot_in_the_place_of_the_newest_is_named() {
    let machine = machine();
    let first = fs::read(&machine.objects("snapshot-")[0]).unwrap();
    let old = machine.objects("snapshot-")[0].clone();
    machine.backup("work");
    let mut snapshots = machine.objects("snapshot-");
    snapshots.retain(|path| *path != old);
    overwrite(&snapshots[0], &first);
    let found = named(&machine, &snapshots[0], "damaged");
    assert_eq!(found["snapshots"], serde_json::json!([2]));
}

#[test]
fn a_repository_that_was_set_back_is_noticed() {
    let machine = machine();
    let before = machine.lab.scratch().join("before");
    let copy = |from: &Path, to: &Path| {
        let _old = fs::remove_dir_all(to);
        let copied = std::process::Command::new("cp")
            .arg("-a")
            .args([from, to])
            .status();
        assert!(copied.unwrap().success());
    };
    copy(&machine.storage(), &before);
    machine.backup("work");
    machine.lab.stop("sys-backup").unwrap();
    copy(&before, &machine.storage());
    let (code, found) = verify(&machine, &["work"]);
    assert_eq!(code, 4, "{found}");
    // Nothing but the snapshot itself was new then.
    let missing = found["not_whole"].as_array().unwrap();
    assert_eq!(missing.len(), 1, "{found}");
    assert_eq!(missing[0]["is"], "missing", "{found}");
    let object = missing[0]["object"].as_str().unwrap();
    assert!(object.starts_with("snapshot-"), "{found}");
}

#[test]
fn invented_and_doubled_objects_are_not_taken_for_ours() {
    let machine = machine();
    let pack = machine.objects("pack-")[0].clone();
    let (_, before) = verify(&machine, &["work"]);
    let digit = |path: &Path, digit: &str| {
        let mut name = name(path);
        name.replace_range(name.len() - 1.., digit);
        path.with_file_name(name)
    };
    let invented = digit(&pack, if name(&pack).ends_with('0') { "1" } else { "0" });
    fs::copy(&pack, &invented).unwrap();
    fs::write(pack.with_file_name("pack-nonsense"), "x").unwrap();
    let (code, after) = verify(&machine, &["work"]);
    assert_eq!((code, &after["objects"]), (0, &before["objects"]));
    // The double is no help once the real one is gone.
    fs::remove_file(&pack).unwrap();
    named(&machine, &pack, "missing");
}

#[test]
fn what_is_lost_is_stored_again_by_the_next_backup_also_of_an_unchanged_qube() {
    let machine = machine();
    let packs = machine.objects("pack-");
    fs::remove_file(&packs[0]).unwrap();
    let key = machine.objects("key-")[0].clone();
    fs::remove_file(&key).unwrap();
    let (code, found) = verify(&machine, &["work"]);
    assert_eq!(code, 4, "{found}");
    machine.ok(&["backup", "work"]);
    assert!(key.exists(), "the sealed identity was not stored again");
    let (code, found) = verify(&machine, &["work", "--snapshot", "2"]);
    assert_eq!(code, 0, "{found}");
    machine.restore("work", &[], "again");
    assert_same(&machine.tree("work"), &machine.tree("again"));
}

#[test]
fn with_the_passphrase_it_is_told_how_many_files_suffer() {
    if skipped_without_root("with_the_passphrase_it_is_told_how_many_files_suffer") {
        return;
    }
    let machine = machine();
    let passphrase = machine.passphrase();
    let with = ["work", "-p", passphrase.to_str().unwrap()];
    let first = machine.objects("pack-");
    let mounted = Mounted::writable(&machine.lab.image("work").unwrap()).unwrap();
    fs::write(mounted.path().join("home/user/new"), noise(1 << 20, 7)).unwrap();
    drop(mounted);
    machine.backup("work");
    let newer: Vec<_> = machine.objects("pack-");
    let newer: Vec<_> = newer.iter().filter(|pack| !first.contains(pack)).collect();
    // Data is what is long.
    let data = |packs: &[&PathBuf]| {
        let length = |pack: &&PathBuf| fs::metadata(pack).unwrap().len();
        packs.iter().copied().max_by_key(length).unwrap().clone()
    };
    fs::remove_file(data(&newer)).unwrap();
    let (code, found) = verify(&machine, &with);
    let suffers = |snapshot: u64, files: u64, bytes: u64| {
        serde_json::json!({
            "snapshot": snapshot, "all": false, "files": files, "file_bytes": bytes, "folders": 0,
        })
    };
    assert_eq!(code, 4, "{found}");
    assert_eq!(
        found["affected"],
        serde_json::json!([suffers(2, 1, 1 << 20)])
    );

    // The rest of it comes back.
    let (_, said) = machine.fails(&["restore", "work", "--as", "never", "-p", with[2]]);
    assert!(said.contains("--hold-back lost"), "{said}");
    let rest = ["--hold-back", "lost", "-p", with[2]];
    machine.ok(&[&["restore", "work", "--as", "rest"], &rest[..]].concat());
    let mut whole = machine.tree("work");
    assert!(whole.remove(&b"home/user/new"[..]).is_some());
    assert_same(&whole, &machine.tree("rest"));

    fs::remove_file(&machine.objects("snapshot-")[0]).unwrap();
    let all: Vec<&PathBuf> = first.iter().collect();
    fs::remove_file(data(&all)).unwrap();
    let (_, found) = verify(&machine, &with);
    let affected = found["affected"].as_array().unwrap();
    assert_eq!(affected.len(), 2, "{found}");
    let lost = affected.iter().filter(|one| one["all"] == true);
    assert_eq!(lost.count(), 1, "{found}");
    let told = machine.qib(&[&["verify"], &with[..]].concat());
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("nothing of it can be restored"), "{told}");
    assert!(told.contains(" can not be restored\n"), "{told}");
    let told = String::from_utf8(machine.qib(&["verify"]).stdout).unwrap();
    assert!(told.contains("with the passphrase (-p)"), "{told}");
}

#[test]
fn a_disk_that_is_away_makes_nothing_lost() {
    let machine = machine();
    let (storage, aside) = (machine.storage(), machine.lab.scratch().join("aside"));
    machine.lab.stop("sys-backup").unwrap();
    let moved = std::process::Command::new("mv")
        .args([&storage, &aside])
        .status();
    assert!(moved.unwrap().success());
    fs::create_dir(&storage).unwrap();
    let (code, text) = (
        4,
        String::from_utf8(machine.qib(&["verify"]).stdout).unwrap(),
    );
    assert_eq!(code, 4);
    assert!(
        text.contains("is the storage qube's disk attached"),
        "{text}"
    );
    machine.lab.stop("sys-backup").unwrap();
    fs::remove_dir_all(&storage).unwrap();
    let moved = std::process::Command::new("mv")
        .args([&aside, &storage])
        .status();
    assert!(moved.unwrap().success());
    all_is_whole(&machine);
    // Nothing was noted as lost, so nothing is stored again.
    let report = machine.backup("work");
    assert!(
        report["counts"]["bytes_new"].as_u64().unwrap() < 1 << 20,
        "{report}"
    );
}

/// Exit code, and what was found of dom0's own objects.
fn verify_own(machine: &Machine, arguments: &[&str]) -> (i32, Value) {
    let output = machine.qib(&[&["verify", "--json"], arguments].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), report["own"][0].clone())
}

#[test]
fn what_is_dom0s_own_is_counted_and_named_when_it_is_not_whole() {
    let machine = machine();
    let homes = machine.lab.dir().join("dom0/home/user");
    fs::create_dir_all(&homes).unwrap();
    fs::write(homes.join("notes"), noise(2 << 20, 5)).unwrap();
    machine.ok(&["backup", "dom0"]);
    let ours = |start: &str| machine.objects(start);
    let all = [ours("settings-"), ours("dom0-")].concat();
    assert!(all.len() >= 3, "{all:?}");
    let (code, own) = verify_own(&machine, &[]);
    assert_eq!((code, &own["ok"]), (0, &Value::Bool(true)), "{own}");
    assert_eq!(own["objects"], all.len());
    let lengths = all.iter().map(|path| fs::metadata(path).unwrap().len());
    assert_eq!(own["bytes"], lengths.sum::<u64>());
    let (_, own) = verify_own(&machine, &["work"]);
    assert_eq!(own["objects"], ours("settings-").len());
    let (_, own) = verify_own(&machine, &["--sample", "20"]);
    assert_eq!(own, Value::Null);

    for object in &all {
        let whole = fs::read(object).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        let another = all.iter().find(|other| *other != object).unwrap();
        let another = fs::read(another).unwrap();
        for (bytes, what) in [
            (None, "missing"),
            (Some(&flipped), "damaged"),
            (Some(&another), "damaged"),
        ] {
            match bytes {
                None => fs::remove_file(object).unwrap(),
                Some(bytes) => overwrite(object, bytes),
            }
            let (code, own) = verify_own(&machine, &[]);
            let not_whole = own["not_whole"].as_array().unwrap();
            let named =
                |found: &Value| found["object"] == name(object).as_str() && found["is"] == what;
            assert_eq!((code, not_whole.len()), (4, 1), "{what}: {own}");
            assert!(named(&not_whole[0]), "{what}: {own}");
        }
        overwrite(object, &whole);
    }
    let (code, _) = verify_own(&machine, &[]);
    assert_eq!(code, 0);
}
