//! Files of a backup for a qube that is there: `qib restore QUBE --path PATH --to QUBE`.

use std::fs;
use std::os::unix::fs::symlink;

use crate::machine::{Machine, assert_same, skipped_without_root};
use qib_lab::compare::{self, Tree};
use serde_json::Value;

/// A machine with a backup of `work`, and a qube `taker` that runs.
fn machine() -> Machine {
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    let user = tree.join("home/user");
    fs::create_dir_all(user.join("Documents/über")).unwrap();
    fs::write(user.join("Documents/a.txt"), "a\n".repeat(1000)).unwrap();
    fs::write(user.join("Documents/über/ein Name\n mit Zeilen"), "b").unwrap();
    fs::write(user.join("Documents/big"), vec![7; 5_000_000]).unwrap();
    symlink("a.txt", user.join("Documents/link")).unwrap();
    symlink("/etc/passwd", user.join("Documents/outside")).unwrap();
    fs::write(user.join("other"), "c").unwrap();
    machine.lab.add_tree("work", &tree).unwrap();
    machine
        .lab
        .add_tree("taker", &machine.lab.scratch().join("tree"))
        .unwrap();
    machine.backup("work");
    machine
}

fn words<'a>(machine: &Machine, path: &'a str, to: &'a str) -> Vec<String> {
    let passphrase = machine.passphrase().display().to_string();
    let words = ["restore", "work", "--path", path, "--to", to, "-p"];
    let words = words.into_iter().map(str::to_owned);
    words.chain([passphrase]).collect()
}

fn hand(machine: &Machine, path: &str, to: &str, more: &[&str]) -> std::process::Output {
    let words = words(machine, path, to);
    let mut all: Vec<&str> = words.iter().map(String::as_str).collect();
    all.extend(more);
    machine.qib(&all)
}

/// What the taker holds in its `QubesIncoming`, below the folder of the helper that sent it.
fn incoming(machine: &Machine) -> Tree {
    let private = machine.lab.dir().join("qubes/taker/rw");
    let tree = compare::read_folder(&private).unwrap();
    let below = "home/user/QubesIncoming/disp-qib-";
    let inside = tree.into_iter().filter_map(|(path, node)| {
        let rest = path.strip_prefix(below.as_bytes())?;
        let slash = rest.iter().position(|byte| *byte == b'/')?;
        Some((rest[slash + 1..].to_vec(), node))
    });
    inside.collect()
}

#[test]
fn a_qube_gets_the_files_that_were_asked_for_once_its_user_agrees() {
    if skipped_without_root("a_qube_gets_the_files") {
        return;
    }
    let machine = machine();
    machine.lab.agree().unwrap();
    let output = hand(&machine, "home/user/Documents", "taker", &["--json"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["counts"]["files"], 3);
    assert_eq!(said["held_back"], 1);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    let (came, stored) = (incoming(&machine), machine.tree("work"));
    let names: Vec<String> = came
        .keys()
        .map(|name| String::from_utf8(name.clone()).unwrap())
        .collect();
    let below = "home/user/Documents";
    let expected = [
        "home".to_owned(),
        "home/user".to_owned(),
        below.to_owned(),
        format!("{below}/a.txt"),
        format!("{below}/big"),
        format!("{below}/link"),
        format!("{below}/über"),
        format!("{below}/über/ein Name\n mit Zeilen"),
    ];
    assert_eq!(names, expected);
    for name in ["a.txt", "big", "link", "über/ein Name\n mit Zeilen"] {
        let name = format!("{below}/{name}").into_bytes();
        assert_eq!(came[&name].content, stored[&name].content);
    }
}

#[test]
fn a_qube_gets_one_tar_of_everything() {
    if skipped_without_root("a_qube_gets_one_tar_of_everything") {
        return;
    }
    let machine = machine();
    machine.lab.agree().unwrap();
    let passphrase = machine.passphrase();
    let words = ["export", "work", "--to", "taker", "--json", "-p"];
    let said = machine.ok(&[&words[..], &[passphrase.to_str().unwrap()]].concat());
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["counts"]["files"], &said["held_back"]),
        (&4.into(), &0.into())
    );
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    let names: Vec<Vec<u8>> = incoming(&machine).into_keys().collect();
    let [name] = names.as_slice() else {
        panic!("{} files", names.len());
    };
    let name = str::from_utf8(name).unwrap();
    assert!(
        name.starts_with("work_20") && name.ends_with("_1.tar"),
        "{name}"
    );
    let rw = machine
        .lab
        .dir()
        .join("qubes/taker/rw/home/user/QubesIncoming");
    let of_helper = fs::read_dir(rw).unwrap().next().unwrap().unwrap().path();
    let unpacked = machine.lab.scratch().join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    let tar = qib_lab::tool("tar")
        .args(["--extract", "--preserve-permissions", "--file"])
        .arg(of_helper.join(name))
        .arg("--directory")
        .arg(&unpacked)
        .status();
    assert!(tar.unwrap().success());
    let (came, stored) = (compare::read_folder(&unpacked), machine.tree("work"));
    let mut came = came.unwrap();
    // The folder itself was there before.
    came.insert(Vec::new(), stored[&b""[..]].clone());
    assert_same(&stored, &came);
}

#[test]
fn after_a_compromise_documents_come_alone() {
    if skipped_without_root("after_a_compromise_documents_come_alone") {
        return;
    }
    let machine = machine();
    machine.lab.agree().unwrap();
    let passphrase = machine.passphrase();
    let fixed = ["restore", "work", "--documents-only", "--json", "-p"];
    let common = [&fixed[..], &[passphrase.to_str().unwrap()]].concat();
    let said = machine.ok(&[&common[..], &["--to", "taker"]].concat());
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["counts"]["files"], &said["held_back"]),
        (&4.into(), &2.into())
    );
    let came = incoming(&machine);
    assert!(came.values().all(|node| node.kind != "link"));
    let said = machine.ok(&[&common[..], &["--as", "clean"]].concat());
    let said: Value = serde_json::from_str(&said).unwrap();
    let volume = &said["qubes"][0]["volumes"][0];
    assert_eq!(
        (&volume["counts"]["files"], &volume["held_back"]),
        (&4.into(), &2.into())
    );
    let clean = machine.tree("clean");
    assert!(clean.values().all(|node| node.kind != "link"));
    assert!(clean.contains_key(b"home/user/other".as_slice()));
    let only = ["restore", "work", "--hold-back", "links", "--as", "x"];
    assert!(
        machine
            .fails(&only)
            .1
            .contains("there are: hidden, executable, link")
    );
}

#[test]
fn without_the_users_yes_nothing_is_handed_over_and_nothing_left() {
    if skipped_without_root("without_the_users_yes") {
        return;
    }
    let machine = machine();
    machine.lab.start("taker").unwrap();
    let output = hand(&machine, "home/user/other", "taker", &[]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(7), "{error}");
    assert!(error.contains("it was not agreed to"), "{error}");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    assert_eq!(incoming(&machine).len(), 0);
}

#[test]
fn what_can_not_be_handed_over_is_said_before_the_passphrase() {
    if skipped_without_root("what_can_not_be_handed_over") {
        return;
    }
    let machine = machine();
    let nowhere = "/nowhere/passphrase";
    for (arguments, why) in [
        (
            vec!["work", "--path", "home/user/other", "--to", "absent"],
            "there is no qube absent",
        ),
        (vec!["work", "--to", "taker"], "--path names"),
        (
            vec!["dom0", "--path", "etc", "--to", "/nowhere/dom0"],
            "of dom0 everything comes back",
        ),
        (
            vec!["work", "--path", "home", "--to", "../taker"],
            "not a qube's name",
        ),
        (
            vec!["work", "--path", "home", "--to", "taker", "--as", "new"],
            "cannot be used with",
        ),
    ] {
        let mut words = vec!["restore"];
        words.extend(arguments);
        words.extend(["-p", nowhere]);
        let (_, error) = machine.fails(&words);
        assert!(error.contains(why), "{error}");
    }
    let dry = machine.qib(&[
        "restore",
        "work",
        "--path",
        "home",
        "--to",
        "taker",
        "--dry-run",
    ]);
    assert!(dry.status.success());
    let shown = String::from_utf8(dry.stderr).unwrap();
    assert!(
        shown.contains("taker: files from snapshot 1 of work"),
        "{shown}"
    );
}
