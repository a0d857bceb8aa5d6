//! What proves a backup beyond digests: opening it, a drill, and what `qib status` says of them;
//! and the alarm about a backup that differs too much.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::machine::noise::noise;
use crate::machine::{Machine, image};
use serde_json::Value;

const FILES: u32 = 120;

/// The files of a qube in one of its states.
fn tree(folder: &Path, content: impl Fn(u32) -> Option<Vec<u8>>) {
    let home = folder.join("home/user");
    fs::create_dir_all(&home).unwrap();
    for number in 0..FILES {
        if let Some(content) = content(number) {
            fs::write(home.join(number.to_string()), content).unwrap();
        }
    }
}

fn text(number: u32) -> Vec<u8> {
    format!("line of {number}\n").repeat(20_000).into_bytes()
}

fn machine() -> Machine {
    let machine = Machine::new();
    let folder = machine.lab.scratch().join("tree");
    tree(&folder, |number| Some(text(number)));
    machine.lab.add_tree("work", &folder).unwrap();
    machine.backup("work");
    machine
}

/// The halted qube's volume holds these files from now on.
fn becomes(machine: &Machine, content: impl Fn(u32) -> Option<Vec<u8>>) {
    let folder = machine.lab.scratch().join("next");
    let _old = fs::remove_dir_all(&folder);
    tree(&folder, content);
    let volume = machine.lab.image("work").unwrap();
    let megabytes = fs::metadata(&volume).unwrap().len() >> 20;
    image(&folder, megabytes, &volume);
}

fn open(machine: &Machine, more: &[&str]) -> (i32, Value, String) {
    let passphrase = machine.passphrase();
    let fixed = [
        "verify",
        "work",
        "--json",
        "-p",
        passphrase.to_str().unwrap(),
    ];
    let output = machine.qib(&[&fixed, more].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value = serde_json::from_slice(&output.stdout).expect(&said);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    (
        output.status.code().unwrap(),
        report["qubes"][0].clone(),
        said,
    )
}

fn status(machine: &Machine) -> (i32, Value) {
    let output = machine.qib(&["status", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), report["qubes"][0].clone())
}

#[test]
fn a_snapshot_is_opened_and_compared_and_status_says_when() {
    let machine = machine();
    let stored = machine.backup("work");
    let (code, before) = status(&machine);
    assert_eq!((code, &before["proved"]["opened"]), (0, &Value::Null));
    assert_eq!(before["proved"]["identity"], Value::Null, "unproven");
    let (code, found, _) = open(&machine, &[]);
    assert_eq!(code, 0, "{found}");
    for count in ["files", "folders", "others", "file_bytes"] {
        assert_eq!(found["opened"][count], stored["counts"][count], "{count}");
    }
    let (code, found, _) = open(&machine, &["--snapshot", "1"]);
    assert_eq!(code, 0, "{found}");
    let (code, after) = status(&machine);
    assert_eq!(code, 0, "{after}");
    for proof in ["digests", "opened", "identity"] {
        assert!(after["proved"][proof].is_number(), "{proof}: {after}");
    }
    assert_eq!(after["snapshots"], 2);
}

#[test]
fn what_is_lost_is_named_also_with_the_passphrase_and_in_the_status() {
    let machine = machine();
    let pack = machine.objects("pack-")[0].clone();
    fs::set_permissions(&pack, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&pack, "something else").unwrap();
    let (code, found, _) = open(&machine, &[]);
    assert_eq!(code, 4, "{found}");
    let name = pack.file_name().unwrap().to_str().unwrap();
    assert_eq!(found["not_whole"][0]["object"], name);
    assert_eq!(found["opened"], Value::Null);
    let (code, standing) = status(&machine);
    assert_eq!(code, 4);
    assert_eq!(standing["lost"][0]["object"], name, "{standing}");
    assert_eq!(standing["lost"][0]["snapshots"], serde_json::json!([1]));
}

#[test]
fn a_wrong_passphrase_proves_nothing() {
    let machine = machine();
    let verify = ["qib", "verify", "work", "-p", "-"];
    let output = machine.lab.exec_with(verify, b"not it\n").unwrap();
    assert_eq!(output.status.code(), Some(7));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("wrong passphrase"), "{said}");
    assert_eq!(status(&machine).1["proved"]["opened"], Value::Null);
}

#[test]
fn files_that_were_encrypted_or_deleted_raise_an_alarm_until_it_is_thawed() {
    let machine = machine();
    for round in 0..4_u32 {
        becomes(&machine, |number| {
            let is_new = number == round;
            Some(if is_new {
                text(1000 + round)
            } else {
                text(number)
            })
        });
        let report = machine.backup("work");
        assert_eq!(report["alarm"], Value::Null, "{report}");
    }
    let (code, calm) = status(&machine);
    assert_eq!((code, &calm["alarm"]), (0, &Value::Null), "{calm}");
    becomes(&machine, |number| {
        (number % 10 == 0).then(|| noise(340_000, number.into()))
    });
    let output = machine.qib(&["backup", "work"]);
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("ALARM") && said.contains("of its files are gone"),
        "{said}"
    );
    let (code, standing) = status(&machine);
    assert_eq!(code, 4);
    assert_eq!(standing["alarm"]["snapshot"], 6, "{standing}");
    let (code, said) = machine.fails(&["forget", "work", "--snapshot", "1"]);
    assert!(code == 1 && said.contains("qib thaw work"), "{said}");
    machine.ok(&["thaw", "work"]);
    let (code, standing) = status(&machine);
    assert_eq!((code, &standing["alarm"]), (0, &Value::Null));
    assert_eq!(machine.fails(&["thaw", "work"]).0, 1);
}

#[test]
fn the_page_is_whole_by_itself() {
    let machine = machine();
    let page = machine.lab.scratch().join("status.html");
    fs::write(&page, "").unwrap();
    machine.ok(&["status", "--html", page.to_str().unwrap()]);
    let page = fs::read_to_string(&page).unwrap();
    assert!(
        page.contains("<h2>work</h2>") && page.contains("<svg"),
        "{page}"
    );
    for word in ["<script", "http:", "https:", "url(", "@import", "onload"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn a_drill_leaves_nothing_but_its_record() {
    let machine = machine();
    let before = machine.lab.admin("admin.vm.List+", "dom0", "").unwrap();
    let passphrase = machine.passphrase();
    let passphrase = passphrase.to_str().unwrap();
    let said = machine.ok(&["drill", "work", "-p", passphrase]);
    assert!(said.contains("read back and thrown away"), "{said}");
    let after = machine.lab.admin("admin.vm.List+", "dom0", "").unwrap();
    assert_eq!(before, after);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    let (code, standing) = status(&machine);
    assert_eq!(code, 0);
    assert!(standing["proved"]["drilled"].is_number(), "{standing}");
    let snapshot = machine.objects("snapshot-")[0].clone();
    fs::remove_file(snapshot).unwrap();
    let (code, text) = machine.fails(&["drill", "work", "-p", passphrase]);
    assert!(code == 4 && text.contains("missing"), "{code}: {text}");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}
