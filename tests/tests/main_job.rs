//! The main job: backup, change, incremental backup, restore, with what it may cost.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::machine::noise::noise;
use crate::machine::{Machine, age, assert_same, skipped_without_root};
use qib_lab::compare::Mounted;

/// A small tree of text that compresses and of bytes that do not.
fn small_tree(folder: &Path) {
    fs::create_dir_all(folder.join("home/user/Documents")).unwrap();
    for number in 0..200u32 {
        let text = format!("line {number}\n").repeat(50 + 10 * usize::try_from(number).unwrap());
        fs::write(
            folder.join(format!("home/user/Documents/{number}.txt")),
            text,
        )
        .unwrap();
    }
    fs::write(folder.join("home/user/photo"), noise(5 << 20, 1)).unwrap();
    fs::write(folder.join("home/user/empty"), "").unwrap();
}

fn machine_with(fill: impl FnOnce(&Path)) -> Machine {
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    fs::create_dir(&tree).unwrap();
    fill(&tree);
    machine.lab.add_tree("work", &tree).unwrap();
    machine
}

fn number(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap()
}

#[test]
fn a_halted_qube_comes_back_as_it_was() {
    let machine = machine_with(small_tree);
    let report = machine.backup("work");
    assert_eq!(report["snapshot"], 1);
    assert!(number(&report["counts"]["files"]) >= 202);
    machine.restore("work", &[], "work-again");
    let (source, restored) = (machine.tree("work"), machine.tree("work-again"));
    assert_same(&source, &restored);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn single_files_come_back_as_a_qube_of_their_own() {
    let machine = machine_with(small_tree);
    machine.backup("work");
    let path = "/home/user/Documents/1?.txt";
    let words = ["--path", path, "--path", "home/user/empty", "--json"];
    machine.restore("work", &words, "notes");
    let found = machine.tree("notes");
    let mut expected: Vec<String> = (10..20)
        .map(|number| format!("home/user/Documents/{number}.txt"))
        .collect();
    expected.extend(
        [
            "",
            "home",
            "home/user",
            "home/user/Documents",
            "home/user/empty",
        ]
        .map(str::to_owned),
    );
    let names: BTreeSet<&[u8]> = found.keys().map(Vec::as_slice).collect();
    let expected: BTreeSet<&[u8]> = expected.iter().map(String::as_bytes).collect();
    assert_eq!(names, expected);
    let source = machine.tree("work");
    let is_file = |name: &&Vec<u8>| name.ends_with(b".txt");
    for name in found.keys().filter(is_file) {
        assert_eq!(found[name], source[name]);
    }
    let refused = [
        "restore",
        "work",
        "--as",
        "nothing",
        "--path",
        "home/user/absent",
    ];
    let passphrase = machine.passphrase();
    let passphrase = ["-p", passphrase.to_str().unwrap()];
    let output = machine.qib(&[&refused[..], &passphrase].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("a path is not in the snapshot"), "{said}");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_running_qube_is_backed_up_as_it_is_now() {
    if skipped_without_root("a_running_qube_is_backed_up_as_it_is_now") {
        return;
    }
    let machine = machine_with(small_tree);
    machine.lab.start("work").unwrap();
    {
        let volume = Mounted::writable(&machine.lab.image("work").unwrap()).unwrap();
        fs::write(volume.path().join("home/user/since the start"), "new").unwrap();
    }
    machine.backup("work");
    machine.restore("work", &[], "work-again");
    let restored = machine.tree("work-again");
    assert!(restored.contains_key(b"home/user/since the start".as_slice()));
    assert_same(&machine.tree("work"), &restored);
}

#[test]
fn an_ordinary_user_gets_everything_back() {
    if skipped_without_root("an_ordinary_user_gets_everything_back") {
        return;
    }
    let machine = Machine::of_nobody();
    let tree = machine.lab.scratch().join("tree");
    fs::create_dir(&tree).unwrap();
    small_tree(&tree);
    std::os::unix::fs::symlink("photo", tree.join("home/user/link")).unwrap();
    fs::hard_link(tree.join("home/user/photo"), tree.join("home/user/again")).unwrap();
    fs::hard_link(tree.join("home/user/link"), tree.join("home/user/same")).unwrap();
    machine.lab.add_tree("work", &tree).unwrap();
    machine.backup("work");
    machine.restore("work", &[], "work-again");
    assert_same(&machine.tree("work"), &machine.tree("work-again"));
}

#[test]
fn every_snapshot_restores_by_its_number() {
    if skipped_without_root("every_snapshot_restores_by_its_number") {
        return;
    }
    let machine = machine_with(small_tree);
    machine.backup("work");
    let first = machine.tree("work");
    {
        let volume = Mounted::writable(&machine.lab.image("work").unwrap()).unwrap();
        let home = volume.path().join("home/user");
        fs::rename(home.join("Documents/1.txt"), home.join("renamed")).unwrap();
        fs::remove_file(home.join("Documents/2.txt")).unwrap();
        fs::write(home.join("Documents/3.txt"), "other words").unwrap();
        fs::create_dir(home.join("new folder")).unwrap();
    }
    let second = machine.tree("work");
    assert_eq!(machine.backup("work")["snapshot"], 2);
    machine.restore("work", &["--snapshot", "1"], "before");
    machine.restore("work", &[], "after");
    assert_same(&first, &machine.tree("before"));
    assert_same(&second, &machine.tree("after"));
}

#[test]
fn an_unchanged_qube_sends_under_one_percent_and_reads_no_old_file() {
    let machine = machine_with(small_tree);
    age(&machine.lab.image("work").unwrap(), 11..=300);
    let first = machine.backup("work");
    let second = machine.backup("work");
    let (first_bytes, second_bytes) = (
        number(&first["counts"]["bytes_stored"]),
        number(&second["counts"]["bytes_stored"]),
    );
    assert!(
        second_bytes * 100 < first_bytes,
        "{second_bytes} of {first_bytes}"
    );
    let read = number(&second["counts"]["files_read"]);
    assert!(
        read <= number(&second["counts"]["files_racy"]),
        "{read} files read"
    );
    assert_eq!(number(&second["counts"]["bytes_new"]), 0);
}

#[test]
fn a_mebibyte_changed_in_a_large_file_sends_under_8_mib() {
    if skipped_without_root("a_mebibyte_changed_in_a_large_file_sends_under_8_mib") {
        return;
    }
    let machine = machine_with(|tree| fs::write(tree.join("large"), noise(1 << 30, 7)).unwrap());
    machine.backup("work");
    {
        let volume = Mounted::writable(&machine.lab.image("work").unwrap()).unwrap();
        let file = OpenOptions::new()
            .write(true)
            .open(volume.path().join("large"))
            .unwrap();
        file.write_all_at(&vec![9; 1 << 20], 500 << 20).unwrap();
    }
    let second = machine.backup("work");
    let stored = number(&second["counts"]["bytes_stored"]);
    println!("1 MiB of 1 GiB changed: stored {stored} bytes");
    assert!(stored < 8 << 20, "{stored}");
    machine.restore("work", &[], "again");
    assert_same(&machine.tree("work"), &machine.tree("again"));
}

#[test]
fn dom0_stays_small_and_hears_little() {
    let machine = machine_with(small_tree);
    let report = machine.backup("work");
    let dom0 = &report["dom0"];
    assert!(number(&dom0["peak_memory_bytes"]) < 32 << 20, "{dom0}");
    assert!(number(&dom0["peak_memory_bytes"]) > 0, "{dom0}");
    assert!(number(&dom0["helper_answer_bytes"]) <= 4096, "{dom0}");
}

#[test]
fn a_session_makes_one_call_to_storage() {
    let machine = machine_with(small_tree);
    machine.backup("work");
    let log = fs::read_to_string(machine.lab.dir().join("qrexec.log")).unwrap();
    let calls = log.lines().filter(|line| line.contains("qib.Put+"));
    assert_eq!(calls.count(), 1, "{log}");
}

#[test]
fn a_dry_run_stores_nothing_and_makes_no_snapshot() {
    let machine = machine_with(small_tree);
    let text = machine.ok(&["backup", "--dry-run", "work"]);
    assert!(text.contains("no snapshot was stored"), "{text}");
    assert!(machine.objects("pack-").is_empty());
    assert!(machine.ok(&["snapshots"]).contains("Nothing is stored"));
    assert_eq!(machine.backup("work")["snapshot"], 1);
}

#[test]
fn the_level_of_compression_is_the_users_to_choose() {
    let machine = machine_with(|tree| {
        small_tree(tree);
        let numbers: String = (0..200_000).map(|number| format!("{number}\n")).collect();
        fs::write(tree.join("home/user/numbers"), numbers).unwrap();
    });
    let stored = |level: &str| {
        let report = machine.ok(&[
            "backup",
            "--dry-run",
            "--json",
            "--compression",
            level,
            "work",
        ]);
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        number(&report["qubes"][0]["counts"]["bytes_stored"])
    };
    assert!(stored("19") < stored("1") && stored("1") < stored("0"));
    let (code, said) = machine.fails(&["backup", "--compression", "20", "work"]);
    assert!(code == 2 && said.contains("0 to 19"), "{said}");
}

#[test]
fn snapshots_are_listed_for_people_and_for_programs() {
    let machine = machine_with(small_tree);
    machine.backup("work");
    let text = machine.ok(&["snapshots", "work"]);
    assert!(text.starts_with("QUBE") && text.contains("work"), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&machine.ok(&["snapshots", "--json"])).unwrap();
    assert_eq!(json["qubes"][0]["qube"], "work");
    assert_eq!(json["qubes"][0]["snapshots"][0]["snapshot"], 1);
    assert_eq!(machine.fails(&["snapshots", "nobody"]).0, 1);
}

#[test]
fn caches_trash_and_sockets_are_left_out_and_named() {
    let machine = machine_with(|tree| {
        small_tree(tree);
        for folder in [".cache/deep", ".local/share/Trash/files", "project"] {
            fs::create_dir_all(tree.join("home/user").join(folder)).unwrap();
        }
        let home = tree.join("home/user");
        fs::write(home.join(".cache/deep/file"), "cached").unwrap();
        fs::write(home.join(".local/share/Trash/files/file"), "thrown away").unwrap();
        let tag = "Signature: 8a477f597d28d172789f06886806bc55\n";
        fs::write(home.join("project/CACHEDIR.TAG"), tag).unwrap();
        fs::write(home.join("project/object"), "built").unwrap();
        File::create(home.join("CACHEDIR.TAG")).unwrap();
    });
    let report = machine.backup("work");
    for rule in ["user-cache", "trash", "cachedir-tag"] {
        assert!(
            number(&report["left_out"][rule]["entries"]) >= 1,
            "{rule}: {report}"
        );
    }
    machine.restore("work", &[], "again");
    let restored = machine.tree("again");
    let has = |path: &str| restored.contains_key(path.as_bytes());
    assert!(has("home/user/.cache") && !has("home/user/.cache/deep"));
    assert!(has("home/user/project/CACHEDIR.TAG") && !has("home/user/project/object"));
    assert!(!has("home/user/.local/share/Trash/files"));
    assert!(
        has("home/user/photo"),
        "a tag without its signature leaves nothing out"
    );
}
