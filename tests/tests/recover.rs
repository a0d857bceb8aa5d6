//! `qib recover`: an empty dom0 gets everything back, and no storage can make it believe less
//! or more than was there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::machine::{BINARY, Machine, age, assert_same};
use qib_lab::LabBuilder;
use serde_json::Value;

/// A machine with a qube of two backups.
fn machine() -> Machine {
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    fs::create_dir_all(tree.join("home/user")).unwrap();
    for number in 0..50 {
        let text = format!("text {number}\n").repeat(999);
        fs::write(tree.join(format!("home/user/{number}")), text).unwrap();
    }
    machine.lab.add_tree("work", &tree).unwrap();
    age(&machine.lab.image("work").unwrap(), 11..=80);
    machine.backup("work");
    machine.backup("work");
    machine
}

fn recover(machine: &Machine, arguments: &[&str]) -> Value {
    let passphrase = machine.passphrase();
    let fixed = ["recover", "--json", "-p", passphrase.to_str().unwrap()];
    serde_json::from_str(&machine.ok(&[&fixed, arguments].concat())).unwrap()
}

/// A recovery fails with one error that has these words, and leaves dom0 as it was.
fn recover_fails(machine: &Machine, arguments: &[&str], words: &[&str]) {
    let before = machine.known_files();
    let passphrase = machine.passphrase();
    let fixed = ["recover", "-q", "-p", passphrase.to_str().unwrap()];
    let (code, text) = machine.fails(&[&fixed, arguments].concat());
    let needs_a_person = words.contains(&"wrong passphrase");
    assert_eq!(code, if needs_a_person { 7 } else { 1 }, "{text}");
    assert_eq!(text.matches("qib: error: ").count(), 1, "{text}");
    for word in words {
        assert!(text.contains(word), "no '{word}' in: {text}");
    }
    assert_eq!(machine.known_files(), before);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

const CAN_BE_DONE: [&str; 3] = ["Nothing was written", "root/ledger", "docs/format.md"];

/// The ledger's objects at storage, the oldest first.
fn ledger_objects(machine: &Machine) -> Vec<PathBuf> {
    let folder = machine.storage().join("root/ledger");
    let arrivals = fs::read_to_string(folder.join("arrivals")).unwrap();
    let path = |digest: &str| folder.join(format!("ledger-{digest}"));
    arrivals.lines().map(path).collect()
}

fn overwrite(path: &Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Puts an object beside those of the ledger, as the one that came last.
fn add_newest(machine: &Machine, bytes: &[u8]) {
    let source = machine.lab.scratch().join("object");
    fs::write(&source, bytes).unwrap();
    let sum = std::process::Command::new("sha256sum")
        .arg(&source)
        .output();
    let digest = String::from_utf8(sum.unwrap().stdout).unwrap()[..64].to_owned();
    let folder = machine.storage().join("root/ledger");
    fs::write(folder.join(format!("ledger-{digest}")), bytes).unwrap();
    let mut arrivals = fs::read_to_string(folder.join("arrivals")).unwrap();
    arrivals.push_str(&format!("{digest}\n"));
    fs::write(folder.join("arrivals"), arrivals).unwrap();
}

#[test]
fn a_new_machine_gets_everything_back() {
    let old = machine();
    let new = Machine::before_init(LabBuilder::new(BINARY));
    new.take_disk_of(&old);
    let report = recover(&new, &[]);
    assert_eq!(report["qubes"][0]["qube"], "work");
    assert_eq!(report["qubes"][0]["snapshot"], 2);
    assert_eq!(report["records"], ledger_objects(&old).len());
    assert_eq!(new.known_files(), old.known_files());
    let listed = ["snapshots", "--json"];
    assert_eq!(new.ok(&listed), old.ok(&listed));
    new.restore("work", &[], "work");
    assert_same(&old.tree("work"), &new.tree("work"));
    // It is another qube to Qubes: it begins a history, and goes on in it.
    assert_eq!(new.backup("work")["snapshot"], 1);
    age(&new.lab.image("work").unwrap(), 11..=80);
    new.backup("work");
    let third = new.backup("work");
    assert_eq!(third["snapshot"], 3);
    assert_eq!(third["counts"]["bytes_new"], 0, "{third}");
    assert_eq!(new.leftovers(), Vec::<String>::new());
}

#[test]
fn a_kit_that_was_kept_elsewhere_does_as_well() {
    let machine = machine();
    let kit = machine.lab.scratch().join("kit");
    fs::copy(machine.state().join("recovery-kit.age"), &kit).unwrap();
    for object in machine.objects("kit-") {
        fs::remove_file(object).unwrap();
    }
    let before = machine.known_files();
    machine.lose_state();
    recover_fails(&machine, &[], &["no recovery kit", "--kit FILE"]);
    recover(&machine, &["--kit", kit.to_str().unwrap()]);
    assert_eq!(machine.known_files(), before);
}

#[test]
fn backups_of_a_qube_that_is_the_same_go_on_where_they_were() {
    let machine = machine();
    machine.lose_state();
    recover(&machine, &[]);
    let third = machine.backup("work");
    assert_eq!(third["snapshot"], 3);
    assert_eq!(third["counts"]["bytes_new"], 0, "{third}");
    assert_eq!(third["index_lost"], false);
    machine.restore("work", &[], "again");
    assert_same(&machine.tree("work"), &machine.tree("again"));
}

#[test]
fn what_is_there_is_never_overwritten() {
    let machine = machine();
    recover_fails(&machine, &[], &["set up already", "ledger"]);
    // Another installation's secret, without a ledger.
    fs::remove_file(machine.state().join("ledger")).unwrap();
    let secret = fs::read(machine.state().join("secret")).unwrap();
    fs::write(machine.state().join("secret"), [7; 32]).unwrap();
    recover_fails(&machine, &[], &["secret", "nothing is overwritten"]);
    // The same one: only the ledger was lost.
    fs::write(machine.state().join("secret"), secret).unwrap();
    recover(&machine, &[]);
    assert_eq!(machine.backup("work")["snapshot"], 3);
}

/// Everything stored, with its bytes.
fn stored(machine: &Machine) -> BTreeMap<PathBuf, Vec<u8>> {
    let objects = machine.objects("").into_iter();
    objects
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn an_init_beside_what_can_be_recovered_is_refused_and_makes_nothing() {
    let machine = machine();
    machine.lose_state();
    let before = stored(&machine);
    let passphrase = machine.passphrase();
    let (code, said) = machine.fails(&["init", "-p", passphrase.to_str().unwrap()]);
    assert_eq!(code, 1);
    for words in [
        "sys-backup holds the backups of an earlier",
        "'qib recover'",
        "--begin-anew",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(machine.known_files(), []);
    assert_eq!(stored(&machine), before);
    recover(&machine, &[]);
    assert_eq!(machine.backup("work")["snapshot"], 3);
}

#[test]
fn who_begins_anew_beside_an_earlier_installation_leaves_it_whole() {
    let machine = machine();
    machine.lose_state();
    let before = stored(&machine);
    let earlier = fs::read(machine.passphrase()).unwrap();
    fs::write(machine.passphrase(), "another passphrase\n").unwrap();
    let passphrase = machine.passphrase();
    machine.ok(&["init", "--begin-anew", "-p", passphrase.to_str().unwrap()]);
    assert_eq!(machine.backup("work")["snapshot"], 1);
    let after = stored(&machine);
    for (path, bytes) in &before {
        // Storage's own list of what came when only grows.
        assert!(after[path].starts_with(bytes), "{}", path.display());
    }
    machine.restore("work", &[], "anew");
    // The documented way back.
    let is_newer = |path: &&PathBuf| !before.contains_key(*path);
    let root = machine.storage().join("root");
    for path in after
        .keys()
        .filter(is_newer)
        .filter(|path| path.starts_with(&root))
    {
        fs::remove_file(path).unwrap();
    }
    machine.lose_state();
    fs::write(machine.passphrase(), earlier).unwrap();
    assert_eq!(recover(&machine, &[])["qubes"][0]["snapshot"], 2);
    machine.restore("work", &[], "earlier");
}

#[test]
fn a_wrong_passphrase_changes_nothing() {
    let machine = machine();
    machine.lose_state();
    fs::write(machine.passphrase(), "another one\n").unwrap();
    recover_fails(&machine, &[], &["wrong passphrase"]);
}

#[test]
fn a_missing_record_is_named() {
    let machine = machine();
    machine.lose_state();
    let objects = ledger_objects(&machine);
    for (place, object) in objects.iter().enumerate().rev() {
        let whole = fs::read(object).unwrap();
        fs::remove_file(object).unwrap();
        if place + 1 < objects.len() {
            let name = object.file_name().unwrap().to_str().unwrap();
            let record = format!("record {place} of the ledger");
            let words = [record.as_str(), "is missing", name];
            recover_fails(&machine, &[], &[&words[..], &CAN_BE_DONE].concat());
        }
        fs::write(object, whole).unwrap();
    }
    recover(&machine, &[]);
}

#[test]
fn a_record_that_is_cut_or_changed_is_named() {
    let machine = machine();
    machine.lose_state();
    let object = ledger_objects(&machine).remove(1);
    let whole = fs::read(&object).unwrap();
    let name = object.file_name().unwrap().to_str().unwrap().to_owned();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    for damaged in [&whole[..whole.len() - 1], &[], &changed] {
        overwrite(&object, damaged);
        let words = ["record 1 of the ledger", "is damaged", name.as_str()];
        recover_fails(&machine, &[], &[&words[..], &CAN_BE_DONE].concat());
    }
}

#[test]
fn records_that_changed_places_are_found() {
    let machine = machine();
    machine.lose_state();
    let objects = ledger_objects(&machine);
    let (first, second) = (
        fs::read(&objects[1]).unwrap(),
        fs::read(&objects[2]).unwrap(),
    );
    overwrite(&objects[1], &second);
    overwrite(&objects[2], &first);
    recover_fails(&machine, &[], &["record 2 of the ledger", "is damaged"]);
}

#[test]
fn a_forged_record_is_not_believed() {
    let machine = machine();
    let newest = fs::read(ledger_objects(&machine).pop().unwrap()).unwrap();
    machine.lose_state();
    let mut forged = newest.clone();
    // The next number, after the newest.
    forged[8] += 1;
    add_newest(&machine, &forged);
    let words = ["the newest record", "is not of this installation"];
    recover_fails(&machine, &[], &[&words[..], &CAN_BE_DONE].concat());
    let object = ledger_objects(&machine).pop().unwrap();
    fs::remove_file(object).unwrap();
    recover(&machine, &[]);
}

#[test]
fn a_record_of_another_installation_is_not_believed() {
    let (machine, other) = (machine(), Machine::new());
    machine.lose_state();
    let foreign = fs::read(ledger_objects(&other).pop().unwrap()).unwrap();
    add_newest(&machine, &foreign);
    let words = ["the newest record", "is not of this installation"];
    recover_fails(&machine, &[], &[&words[..], &CAN_BE_DONE].concat());
}

#[test]
fn an_older_state_of_the_storage_is_made_visible() {
    let machine = machine();
    let records = ledger_objects(&machine);
    machine.lose_state();
    // What the second backup added: its snapshot is the last record.
    for object in records.iter().rev().take(1) {
        fs::remove_file(object).unwrap();
    }
    let passphrase = machine.passphrase();
    let said = machine.ok(&["recover", "-p", passphrase.to_str().unwrap()]);
    let newest = format!("the newest is record {} of 20", records.len() - 2);
    assert!(said.contains(&newest), "{said}");
    assert!(said.contains("work: snapshot 1 of 20"), "{said}");
    assert!(said.contains("Do you know of anything newer?"), "{said}");
}

#[test]
fn a_receipt_tells_an_older_state_from_the_newest() {
    let machine = machine();
    let said = machine.ok(&["receipt"]);
    let receipt = said.split_whitespace().next().unwrap();
    let report: Value = serde_json::from_str(&machine.ok(&["receipt", "--json"])).unwrap();
    assert_eq!(report["receipt"], receipt);
    let records = ledger_objects(&machine);
    assert_eq!(report["record"], records.len() - 1);
    machine.lose_state();
    let newest = fs::read(records.last().unwrap()).unwrap();
    fs::remove_file(records.last().unwrap()).unwrap();
    let words = ["older state than the receipt", "Nothing was written"];
    recover_fails(&machine, &["--receipt", receipt], &words);
    fs::write(records.last().unwrap(), newest).unwrap();
    let last = if receipt.ends_with('z') { "y" } else { "z" };
    let slip = [&receipt[..receipt.len() - 1], last].concat();
    recover_fails(&machine, &["--receipt", &slip], &["slip"]);
    recover(&machine, &["--receipt", &receipt.to_uppercase()]);
    assert_eq!(machine.ok(&["receipt"]), said);
    let said = machine.ok(&["backup", "--always", "work"]);
    let now = machine.ok(&["receipt"]);
    let line = format!("receipt {}\n", now.split_whitespace().next().unwrap());
    assert!(said.ends_with(&line) && !line.contains(receipt), "{said}");
}

#[test]
fn a_receipt_of_another_installation_is_told_so() {
    let (machine, other) = (machine(), Machine::new());
    let said = other.ok(&["receipt"]);
    machine.lose_state();
    let receipt = said.split_whitespace().next().unwrap();
    recover_fails(&machine, &["--receipt", receipt], &["another installation"]);
}

/// One frame of the protocol.
fn frame(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap();
    let head = [b"qib\x01".as_slice(), &kind.to_le_bytes(), &[0, 0]].concat();
    [head.as_slice(), &length.to_le_bytes(), body].concat()
}

/// Has the storage qube answer so whatever it is asked, the second part without end.
fn storage_says(machine: &Machine, first: &[u8], endless: &[u8]) {
    let script = b"#!/bin/sh\ncat /run/first\nwhile cat /run/endless; do :; done\n".as_slice();
    for (path, bytes) in [
        ("/run/first", first),
        ("/run/endless", endless),
        ("/run/qubes-rpc/qib.Records", script),
    ] {
        let command = format!("root:cat > {path}; chmod 755 {path}");
        let words = ["qrexec-client", "-d", "sys-backup", &command];
        let output = machine.lab.exec_with(words, bytes).unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn a_storage_without_end_is_cut_off() {
    let machine = machine();
    let kit = machine.lab.scratch().join("kit");
    fs::copy(machine.state().join("recovery-kit.age"), &kit).unwrap();
    machine.lose_state();
    // Newest: some ledger object. Object: so many bytes.
    let newest = frame(63, &[&[1, 6, 0, 0, 0][..], &[9; 32]].concat());
    let object = |bytes: u64| [newest.clone(), frame(21, &bytes.to_le_bytes())].concat();
    let data = frame(2, &[0; 1 << 18]);
    let arguments = ["--kit", kit.to_str().unwrap()];
    for (first, endless, word) in [
        (object(u64::MAX), &data, "too large"),
        (object(8 << 20), &data, "is damaged"),
        (
            newest.clone(),
            &newest,
            "two sides may have different versions",
        ),
    ] {
        storage_says(&machine, &first, endless);
        recover_fails(&machine, &arguments, &[word]);
    }
}
