//! Forgetting, pruning and calling back, by the real programs: what is kept always restores.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::machine::noise::noise;
use crate::machine::{Machine, assert_same, kill, process, skipped_without_root};
use qib_lab::compare::{Mounted, Tree};
use serde_json::Value;

const FILES: u64 = 24;

fn fill(folder: &Path, from: u64, step: usize, seed: u64) {
    for number in (from..FILES).step_by(step) {
        let data = noise(300_000, seed * 100 + number);
        fs::write(folder.join(format!("file{number}")), data).unwrap();
    }
}

fn machine() -> Machine {
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    fs::create_dir(&tree).unwrap();
    fill(&tree, 0, 1, 0);
    machine.lab.add_tree("work", &tree).unwrap();
    machine
}

/// Changes a part of the files, another one each time, and backs up: the state that is stored.
fn snapshot(machine: &Machine, number: u64) -> Tree {
    if number > 1 {
        let volume = Mounted::writable(&machine.lab.image("work").unwrap()).unwrap();
        fill(volume.path(), number % 4, 4, number);
        let _absent = fs::remove_file(volume.path().join(format!("file{}", number + 8)));
    }
    assert_eq!(machine.backup("work")["snapshot"], number);
    machine.tree("work")
}

fn json(machine: &Machine, arguments: &[&str]) -> Value {
    let said = machine.ok(&[arguments, &["--json"]].concat());
    let report: Value = serde_json::from_str(&said).unwrap();
    report["qubes"][0].clone()
}

fn numbers(machine: &Machine) -> Vec<u64> {
    let listed = json(machine, &["snapshots", "work"]);
    let snapshots = listed["snapshots"].as_array().unwrap().iter();
    snapshots
        .map(|snapshot| snapshot["snapshot"].as_u64().unwrap())
        .collect()
}

fn restores(machine: &Machine, number: u64, expected: &Tree, target: &str) {
    machine.restore("work", &["--snapshot", &number.to_string()], target);
    assert_same(expected, &machine.tree(target));
}

#[test]
fn what_is_kept_restores_after_a_prune_and_what_was_forgotten_can_be_called_back() {
    if skipped_without_root("what_is_kept_restores_after_a_prune") {
        return;
    }
    let machine = machine();
    let trees: Vec<Tree> = (1..=5).map(|number| snapshot(&machine, number)).collect();
    let tree = |number: usize| &trees[number - 1];
    machine.ok(&["lock", "work", "2"]);
    let before = machine.stored_bytes();
    let dry = json(
        &machine,
        &["forget", "work", "--keep-last", "2", "--dry-run"],
    );
    assert_eq!(numbers(&machine), [1, 2, 3, 4, 5], "{dry}");
    let done = json(&machine, &["forget", "work", "--keep-last", "2"]);
    for key in ["forgotten", "kept", "freed_bytes", "shared_bytes_at_most"] {
        assert_eq!(dry[key], done[key], "{key}");
    }
    assert_eq!(done["forgotten"], serde_json::json!([1, 3]));
    assert_eq!(numbers(&machine), [2, 4, 5]);
    // Within the days of grace nothing that was forgotten goes.
    machine.ok(&["prune"]);
    assert_eq!(machine.objects("snapshot-").len(), 5);
    let pruned = json(&machine, &["prune", "--grace", "0"]);
    assert_eq!(pruned["missing"], 0, "{pruned}");
    let listed = json(&machine, &["usage", "work", "--at-storage"]);
    assert_eq!(listed["snapshots"].as_array().unwrap().len(), 3);
    let trash = listed["in_trash"]["bytes"].as_u64().unwrap();
    assert!(
        trash >= done["freed_bytes"].as_u64().unwrap(),
        "{listed} {done}"
    );
    assert_eq!(machine.stored_bytes(), before_with_ledger(&machine, before));
    for (number, target) in [(2, "two"), (4, "four"), (5, "five")] {
        restores(
            &machine,
            number,
            tree(usize::try_from(number).unwrap()),
            target,
        );
    }
    let passphrase = machine.passphrase();
    let words = [
        "restore",
        "work",
        "--as",
        "x",
        "-p",
        passphrase.to_str().unwrap(),
    ];
    let (code, said) = machine.fails(&[&words[..], &["--snapshot", "3"]].concat());
    assert!(code == 1 && said.contains("no such snapshot"), "{said}");
    machine.ok(&["undelete", "work", "3"]);
    restores(&machine, 3, tree(3), "three");
    let sixth = snapshot(&machine, 6);
    machine.ok(&["prune", "--grace", "0"]);
    restores(&machine, 6, &sixth, "six");
    restores(&machine, 3, tree(3), "again");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

/// Moving to the trash changes no byte; only the ledger's copy has grown since.
fn before_with_ledger(machine: &Machine, before: u64) -> u64 {
    let newer = machine.objects("ledger-");
    let count = newer.len();
    assert!(count > 2);
    let now = machine.stored_bytes();
    assert!(now >= before && now - before < 20_000, "{before} {now}");
    now
}

#[test]
fn whoever_dies_in_a_prune_loses_nothing_that_is_kept() {
    if skipped_without_root("whoever_dies_in_a_prune_loses_nothing_that_is_kept") {
        return;
    }
    let machine = machine();
    let trees: Vec<Tree> = (1..=7).map(|number| snapshot(&machine, number)).collect();
    let deaths = [
        (1, "qib", 40),
        (2, "qib", 150),
        (3, "qib", 300),
        (5, "qib-storage", 100),
        (6, "qib-storage", 250),
    ];
    for (number, program, wait) in deaths {
        machine.ok(&["forget", "work", "--snapshot", &number.to_string()]);
        let mut command = machine.lab.dom0(["qib", "prune", "--grace", "0"]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(wait));
        if let Some(process) = process(&machine, program) {
            kill(process);
        }
        child.wait().unwrap();
        // The lab starts a dead daemon again.
        sleep(Duration::from_secs(2));
    }
    assert_eq!(numbers(&machine), [4, 7]);
    let pruned = json(&machine, &["prune", "--grace", "0"]);
    assert_eq!(pruned["missing"], 0, "{pruned}");
    let listed = json(&machine, &["usage", "work", "--at-storage"]);
    assert!(
        listed["in_trash"]["objects"].as_u64().unwrap() > 5,
        "{listed}"
    );
    restores(&machine, 4, &trees[3], "four");
    restores(&machine, 7, &trees[6], "seven");
    let eighth = snapshot(&machine, 8);
    restores(&machine, 8, &eighth, "eight");
}

#[test]
fn a_storage_that_hides_or_trashes_what_is_kept_is_told_of_and_loses_no_snapshot() {
    if skipped_without_root("a_storage_that_hides_or_trashes_what_is_kept") {
        return;
    }
    let machine = machine();
    let first = snapshot(&machine, 1);
    let second = snapshot(&machine, 2);
    let pack = machine.objects("pack-").remove(0);
    let aside = pack.with_extension("aside");
    fs::rename(&pack, &aside).unwrap();
    let output = machine.qib(&["prune", "--grace", "0"]);
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("does not list 1 object"), "{said}");
    assert_eq!(numbers(&machine), [1, 2]);
    // It comes back, but in the trash.
    let prefix = pack.ancestors().nth(3).unwrap();
    let bin = prefix.join("trash/1000-1000");
    fs::create_dir_all(&bin).unwrap();
    fs::rename(&aside, bin.join(pack.file_name().unwrap())).unwrap();
    let pruned = json(&machine, &["prune", "--grace", "0", "--trash-days", "0"]);
    assert_eq!(pruned["came_back"], 1, "{pruned}");
    assert_eq!(pruned["missing"], 0, "{pruned}");
    restores(&machine, 1, &first, "one");
    restores(&machine, 2, &second, "two");
}

#[test]
fn mostly_dead_packs_are_stored_again_and_freed_with_the_older_snapshots() {
    if skipped_without_root("mostly_dead_packs_are_stored_again") {
        return;
    }
    let machine = machine();
    machine.backup("work");
    let large = machine.objects("pack-");
    {
        let volume = Mounted::writable(&machine.lab.image("work").unwrap()).unwrap();
        for number in 3..FILES {
            fs::remove_file(volume.path().join(format!("file{number}"))).unwrap();
        }
    }
    machine.backup("work");
    let pruned = json(&machine, &["prune", "--grace", "0"]);
    assert!(pruned["packs_sent_again"].as_u64().unwrap() > 0, "{pruned}");
    let report = machine.backup("work");
    let new = report["counts"]["bytes_new"].as_u64().unwrap();
    assert!((900_000..2_000_000).contains(&new), "{report}");
    machine.ok(&["forget", "work", "--keep-last", "1"]);
    machine.ok(&["prune", "--grace", "0"]);
    let still_there: Vec<_> = large.iter().filter(|pack| pack.exists()).collect();
    assert!(still_there.is_empty(), "{still_there:?}");
    restores(&machine, 3, &machine.tree("work"), "again");
}

#[test]
fn policies_are_features_of_qubes_and_gone_qubes_are_asked_about() {
    if skipped_without_root("policies_are_features_of_qubes_and_gone_qubes_are_asked_about") {
        return;
    }
    let machine = machine();
    for number in 1..=3 {
        snapshot(&machine, number);
    }
    let (code, said) = machine.fails(&["forget", "work"]);
    assert!(code == 1 && said.contains("--keep-daily"), "{said}");
    for (arguments, expected, words) in [
        (
            &["forget", "work", "--keep-last", "0"][..],
            2,
            "keeps nothing",
        ),
        (&["forget", "work", "--snapshot", "9"], 1, "no snapshot 9"),
        (
            &["forget", "nobody", "--keep-last", "1"],
            1,
            "never backed up",
        ),
    ] {
        let (code, said) = machine.fails(arguments);
        assert!(code == expected && said.contains(words), "{code}: {said}");
    }
    let set = |value: &str| {
        let call = "admin.vm.feature.Set+qib.retention";
        machine.lab.admin(call, "work", value).unwrap();
    };
    set("dayly=1");
    let (_, said) = machine.fails(&["forget", "work"]);
    assert!(said.contains("qib.retention"), "{said}");
    set("last=2");
    machine.ok(&["forget", "--all"]);
    assert_eq!(numbers(&machine), [2, 3]);
    machine.lab.admin("admin.vm.Remove+", "work", "").unwrap();
    let (code, said) = machine.fails(&["forget", "work", "--keep-last", "1"]);
    assert!(code == 7 && said.contains("--yes"), "{said}");
    assert_eq!(numbers(&machine), [2, 3]);
    machine.ok(&["forget", "work", "--keep-last", "1", "--yes"]);
    assert_eq!(numbers(&machine), [3]);
    machine.ok(&["forget", "work", "--snapshot", "3", "--yes"]);
    machine.ok(&["prune", "--grace", "0"]);
    assert!(machine.objects("pack-").iter().all(|pack| {
        let path = pack.to_str().unwrap();
        path.contains("/trash/")
    }));
}

#[test]
fn a_scrub_names_what_a_disk_has_lost() {
    let machine = machine();
    machine.backup("work");
    let whole = json(&machine, &["scrub"]);
    assert!(whole["objects"].as_u64().unwrap() >= 4, "{whole}");
    assert_eq!(whole["damaged"], serde_json::json!([]));
    let pack = machine.objects("pack-").remove(0);
    let mut bytes = fs::read(&pack).unwrap();
    bytes[1000] ^= 1;
    fs::remove_file(&pack).unwrap();
    fs::write(&pack, bytes).unwrap();
    let output = machine.qib(&["scrub", "work"]);
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains(pack.file_name().unwrap().to_str().unwrap()),
        "{said}"
    );
    // In parts, from where the last one ended.
    let parts = [0; 4].map(|_| json_of(&machine, &["scrub", "--share", "25"]));
    let objects = parts.iter().map(|part| part["objects"].as_u64().unwrap());
    assert_eq!(objects.sum::<u64>(), whole["objects"].as_u64().unwrap());
}

/// As [`json`], also of a command that ends with something found.
fn json_of(machine: &Machine, arguments: &[&str]) -> Value {
    let output = machine.qib(&[arguments, &["--json"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["qubes"][0].clone()
}
