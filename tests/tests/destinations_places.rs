//! Several places of one storage qube: each is a destination with histories of its own.

use crate::machine::faults::{add, one_error};
use crate::machine::storages::{at, disk, feature, json, objects, restored_from, snapshots};
use crate::machine::{BINARY, Machine, assert_same, kill, process};
use qib_lab::LabBuilder;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

const FIRST: &str = "sys-backup";
const SECOND: &str = "sys-backup:second";
const DRIVE: &str = "sys-backup:drive";

/// The places of `sys-backup`; a disk of `drive`'s is not mounted.
const PLACES: &str = r#"
[place]
type = "folder"
path = "/rw/qib"

[named.second.place]
type = "folder"
path = "/rw/second"

[named.drive.place]
type = "folder"
path = "/rw/drive/qib"
mounted = "/rw/drive"
"#;

/// A machine whose storage qube has these places, with the small qubes `work` and `vault`.
fn machine() -> Machine {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    say(&machine, PLACES);
    machine.init();
    machine.ok(&["setup", "--storage", SECOND, "--yes"]);
    add(&machine, "work", 2);
    add(&machine, "vault", 1);
    machine
}

/// The daemon is started again, and then reads this.
fn say(machine: &Machine, places: &str) {
    let config = machine.storage().parent().unwrap().join("config/qib");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("storage.toml"), places).unwrap();
    kill(process(machine, "qib-storage").unwrap());
    let deadline = Instant::now() + Duration::from_secs(60);
    while process(machine, "qib-storage").is_none() {
        assert!(Instant::now() < deadline, "the daemon does not come back");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn one_storage_qube_keeps_two_places_and_each_has_a_history_of_its_own() {
    let machine = machine();
    feature(&machine, "vault", "qib.storage", SECOND);
    feature(
        &machine,
        "work",
        "qib.storage",
        &format!("{FIRST} {SECOND}"),
    );
    let report = json(&machine, &["backup", "--json", "vault", "work"]);
    let stored = report["qubes"].as_array().unwrap().iter();
    let stored: Vec<(&str, &str)> = stored
        .map(|one| {
            (
                one["qube"].as_str().unwrap(),
                one["storage"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(stored.len(), 3);
    for one in [("vault", SECOND), ("work", FIRST), ("work", SECOND)] {
        assert!(stored.contains(&one), "{one:?}: {stored:?}");
    }
    assert_eq!(objects(&machine, FIRST, "snapshot-").len(), 1);
    assert_eq!(objects(&machine, SECOND, "snapshot-").len(), 2);
    // The kit and the whole ledger are at both.
    assert_eq!(objects(&machine, SECOND, "kit-").len(), 1);
    let records = objects(&machine, FIRST, "ledger-").len();
    assert_eq!(objects(&machine, SECOND, "ledger-").len(), records);

    restored_from(&machine, "work", FIRST, "work-first");
    restored_from(&machine, "work", SECOND, "work-second");
    machine.restore("vault", &[], "vault-again");
    assert_same(&machine.tree("vault"), &machine.tree("vault-again"));
    machine.ok(&["verify"]);
    machine.ok(&["verify", "-d", SECOND, "work"]);
    machine.ok(&["scrub", "-d", SECOND]);
    let text = machine.ok(&["doctor"]);
    for line in [
        format!("storage-service: qib-storage at {SECOND} answers"),
        format!("the storage qube {FIRST} has a copy of the whole ledger"),
        format!("the storage qube {SECOND} has a copy of the whole ledger"),
    ] {
        assert!(text.contains(&line), "{line}: {text}");
    }

    // What is forgotten at one is still at the other.
    machine.ok(&["backup", "--always", "-d", SECOND, "work"]);
    machine.ok(&["forget", "work", "--keep-last", "1"]);
    machine.ok(&["prune"]);
    assert_eq!(snapshots(&machine, "work"), [at(FIRST, 1), at(SECOND, 2)]);
    restored_from(&machine, "work", FIRST, "work-left");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_disk_that_is_not_plugged_in_stops_no_other_and_what_it_lacks_comes_later() {
    let machine = machine();
    feature(&machine, "work", "qib.storage", &format!("{FIRST} {DRIVE}"));
    let (code, text) = machine.fails(&["backup", "work", "vault"]);
    assert_eq!(code, 3, "{text}");
    assert!(
        text.contains(&format!("work at {DRIVE}: ")) && text.contains("has no such place"),
        "{text}"
    );
    assert_eq!(snapshots(&machine, "work"), [at(FIRST, 1)]);
    assert_eq!(snapshots(&machine, "vault"), [at(FIRST, 1)]);
    let drive = disk(&machine, "sys-backup:drive");
    assert!(!drive.exists(), "it was written below an empty mount point");

    // Somebody plugs it in, and starts the daemon again.
    say(&machine, &PLACES.replace("mounted = \"/rw/drive\"\n", ""));
    machine.ok(&["backup", "--always", "work"]);
    assert!(snapshots(&machine, "work").contains(&at(DRIVE, 1)));
    restored_from(&machine, "work", DRIVE, "work-drive");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_new_dom0_recovers_from_a_place_by_its_name() {
    let machine = machine();
    machine.ok(&["backup", "-d", SECOND, "work"]);
    machine.ok(&["backup", "-d", FIRST, "vault"]);
    machine.lose_state();
    let config = machine.lab.dir().join("dom0/etc/qubes/qib.conf");
    let text = format!("storage = {SECOND}\nhelper_template = qib-dvm\n");
    fs::write(config, text).unwrap();
    machine.qib(&["setup", "--yes"]);
    let passphrase = machine.passphrase();
    let text = machine.ok(&["recover", "-p", passphrase.to_str().unwrap()]);
    assert!(text.contains(&format!("Recovered from {SECOND}")), "{text}");
    assert!(
        text.contains(&format!(
            "At {FIRST}, not here: what was stored there of vault"
        )),
        "{text}"
    );
    machine.restore("work", &[], "work-again");
    assert_same(&machine.tree("work"), &machine.tree("work-again"));
    machine.restore("vault", &[], "vault-again");
    assert_same(&machine.tree("vault"), &machine.tree("vault-again"));
    machine.ok(&["backup", "--always", "work"]);
    assert_eq!(snapshots(&machine, "work"), [at(SECOND, 1), at(SECOND, 2)]);
}

#[test]
fn a_place_that_has_another_name_now_keeps_its_histories() {
    let machine = machine();
    machine.ok(&["backup", "-d", SECOND, "work"]);
    say(&machine, &PLACES.replace("named.second", "named.shelf"));
    let (code, text) = machine.fails(&["backup", "-d", SECOND, "work"]);
    assert_eq!(code, 6, "{text}");
    one_error(&text, &["has no such place"]);
    let moved = ["--moved-from", SECOND, "--yes"];
    let wrong = [&["setup", "--storage", "sys-backup:drive"], &moved[..]].concat();
    machine.fails(&wrong);
    let right = [&["setup", "--storage", "sys-backup:shelf"], &moved[..]].concat();
    machine.ok(&right);
    machine.ok(&["backup", "--always", "-d", "sys-backup:shelf", "work"]);
    let shelf = "sys-backup:shelf";
    assert_eq!(snapshots(&machine, "work"), [at(shelf, 1), at(shelf, 2)]);
    restored_from(&machine, "work", shelf, "work-again");
}
