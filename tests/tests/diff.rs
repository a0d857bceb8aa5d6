//! `qib diff`: in what two snapshots of a qube differ.

use std::fs;

use crate::machine::{Machine, skipped_without_root};
use qib_lab::compare::Mounted;
use serde_json::Value;

#[test]
fn numbers_of_two_snapshots_come_without_names() {
    if skipped_without_root("numbers_of_two_snapshots_come_without_names") {
        return;
    }
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    fs::create_dir_all(tree.join("home/user")).unwrap();
    for number in 0..10 {
        fs::write(tree.join(format!("home/user/{number}")), [number; 1000]).unwrap();
    }
    machine.lab.add_tree("work", &tree).unwrap();
    machine.backup("work");
    {
        let volume = Mounted::writable(&machine.lab.image("work").unwrap()).unwrap();
        let user = volume.path().join("home/user");
        fs::remove_file(user.join("3")).unwrap();
        fs::write(user.join("4"), [9; 2000]).unwrap();
        fs::create_dir(user.join("secret name")).unwrap();
        fs::write(user.join("secret name/new"), [1; 50]).unwrap();
    }
    machine.backup("work");
    let passphrase = machine.passphrase();
    let with = ["-p", passphrase.to_str().unwrap()];
    let said = machine.ok(&[&["diff", "work", "1", "--json"][..], &with].concat());
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["older"]["snapshot"], &said["newer"]["snapshot"]),
        (&1.into(), &2.into())
    );
    let files = |what: &str| {
        (
            said[what]["files"].as_u64().unwrap(),
            said[what]["file_bytes"].as_u64().unwrap(),
        )
    };
    assert_eq!(files("added"), (1, 50));
    assert_eq!(said["added"]["folders"], 1);
    assert_eq!(files("removed"), (1, 1000));
    assert_eq!(files("changed"), (1, 2000));
    let text = machine.ok(&[&["diff", "work", "1", "2"][..], &with].concat());
    assert!(
        text.contains("  changed: 1 file, 1.9 KiB; 0 folders"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
    assert!(
        machine
            .fails(&["diff", "work", "9"])
            .1
            .contains("work has no such snapshot")
    );
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}
