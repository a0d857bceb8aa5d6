//! What dom0's rules leave out, through the programs that ship.

use std::collections::BTreeSet;
use std::fs;

use crate::machine::{Machine, age};
use qib_lab::tool;
use serde_json::{Value, json};

const FILES: [(&str, usize); 10] = [
    ("VMs/a.img", 5000),
    ("VMs/keep.img", 5000),
    ("doc/x.iso", 5000),
    ("doc/large", 40_000),
    ("doc/small", 10),
    ("src/target/debug/a.o", 5000),
    ("src/main.rs", 10),
    (".cache/x", 10),
    (".local/share/Trash/files/x", 10),
    ("disk.qcow2", 10),
];

fn machine() -> Machine {
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    for (path, bytes) in FILES {
        let path = tree.join("home/user").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![7; bytes]).unwrap();
    }
    machine.lab.add_tree("work", &tree).unwrap();
    // Files that are too recent would be read again in any case.
    age(&machine.lab.image("work").unwrap(), 11..=60);
    machine
}

fn feature(machine: &Machine, name: &str, value: &str) {
    let method = format!("admin.vm.feature.Set+qib.{name}");
    machine.lab.admin(&method, "work", value).unwrap();
}

/// The files of a qube, below `home/user`.
fn files(machine: &Machine, qube: &str) -> BTreeSet<String> {
    let known = FILES.map(|(path, _)| path);
    let tree = machine.tree(qube);
    let has = |path: &&str| tree.contains_key(format!("home/user/{path}").as_bytes());
    known
        .iter()
        .filter(|path| has(path))
        .map(|path| (*path).to_owned())
        .collect()
}

fn all_but(gone: &[&str]) -> BTreeSet<String> {
    let paths = FILES.iter().map(|(path, _)| (*path).to_owned());
    paths
        .filter(|path| !gone.contains(&path.as_str()))
        .collect()
}

fn left_out(report: &Value) -> Value {
    let mut left_out = report["left_out"].clone();
    left_out.as_object_mut().unwrap().remove("lost+found");
    left_out
}

#[test]
fn features_decide_and_the_report_counts_by_rule() {
    let machine = machine();
    let report = machine.backup("work");
    let default = json!({
        "user-cache": { "entries": 1, "bytes": 10 },
        "trash": { "entries": 2, "bytes": 10 },
    });
    assert_eq!(left_out(&report), default);
    machine.restore("work", &[], "plain");
    assert_eq!(
        files(&machine, "plain"),
        all_but(&[".cache/x", ".local/share/Trash/files/x"])
    );

    feature(&machine, "exclude", "home/user/VMs/**:*.iso");
    feature(
        &machine,
        "include",
        "home/user/VMs/keep.img:home/user/.cache/x",
    );
    feature(&machine, "max-file-size", "30KiB");
    feature(&machine, "sets", "build-folders machine-images -trash");
    let report = machine.backup("work");
    let chosen = json!({
        "exclude-1": { "entries": 1, "bytes": 5000 },
        "exclude-2": { "entries": 1, "bytes": 5000 },
        "max-file-size": { "entries": 1, "bytes": 40_000 },
        "build-folders": { "entries": 3, "bytes": 5000 },
        "machine-images": { "entries": 1, "bytes": 10 },
    });
    assert_eq!(left_out(&report), chosen);
    assert_eq!(
        report["rules"]["exclude"],
        json!(["home/user/VMs/**", "*.iso"])
    );
    assert_eq!(
        report["counts"]["files_read"], 2,
        "what was left out before"
    );
    machine.restore("work", &[], "chosen");
    let gone = [
        "VMs/a.img",
        "doc/x.iso",
        "doc/large",
        "src/target/debug/a.o",
        "disk.qcow2",
    ];
    assert_eq!(files(&machine, "chosen"), all_but(&gone));

    let text = machine.ok(&["backup", "--always", "work"]);
    let line = "  left out by exclude-1 (home/user/VMs/**): 1 entry, 4.8 KiB\n";
    assert!(text.contains(line), "{text}");
    machine.restore("work", &["--snapshot", "1"], "older");
    assert_eq!(
        files(&machine, "older"),
        files(&machine, "plain"),
        "history stays"
    );
}

#[test]
fn a_change_of_rules_is_a_change_of_the_qube_and_the_same_rules_are_none() {
    let machine = machine();
    let unchanged = |sequence: u64| {
        let said = machine.ok(&["backup", "work"]);
        let expected = format!("work: unchanged since snapshot {sequence} of ");
        assert!(said.starts_with(&expected), "{said}");
    };
    machine.backup("work");
    unchanged(1);
    feature(&machine, "exclude", "*.iso");
    let said = machine.ok(&["backup", "work"]);
    assert!(
        said.starts_with("work: snapshot 2 of ") && said.contains("exclude-1 (*.iso)"),
        "{said}"
    );
    unchanged(2);
    feature(&machine, "exclude", "*.img");
    let said = machine.ok(&["backup", "work"]);
    assert!(said.starts_with("work: snapshot 3 of "), "{said}");
    unchanged(3);
    machine
        .lab
        .admin("admin.vm.feature.Remove+qib.exclude", "work", "")
        .unwrap();
    assert!(
        machine
            .ok(&["backup", "work"])
            .starts_with("work: snapshot 4 of ")
    );
    machine.restore("work", &[], "again");
    assert_eq!(
        files(&machine, "again"),
        all_but(&[".cache/x", ".local/share/Trash/files/x"])
    );
}

#[test]
fn a_feature_that_is_not_understood_fails_its_qube_alone() {
    let machine = machine();
    crate::machine::faults::add(&machine, "other", 0);
    for (name, value, said) in [
        (
            "exclude",
            "a//b",
            "feature qib.exclude: a pattern with an empty name",
        ),
        ("exclude", "a[bc]", "there are no classes"),
        ("sets", "caches", "no set of rules is called 'caches'"),
        (
            "max-file-size",
            "big",
            "feature qib.max-file-size: a size is",
        ),
    ] {
        feature(&machine, name, value);
        let (code, text) = machine.fails(&["backup", "work", "other"]);
        assert_eq!(code, 3, "{text}");
        assert!(text.contains("work: ") && text.contains(said), "{text}");
        let method = format!("admin.vm.feature.Remove+qib.{name}");
        machine.lab.admin(&method, "work", "").unwrap();
    }
    let many = vec!["x"; 33].join(":");
    feature(&machine, "exclude", &many);
    let (code, text) = machine.fails(&["backup", "work"]);
    assert!(code == 1 && text.contains("too many patterns"), "{text}");
}

fn profile(machine: &Machine, name: &str, text: &str) {
    let command = format!("mkdir -p /etc/qubes/qib; cat > /etc/qubes/qib/{name}.conf");
    let wrote = machine
        .lab
        .exec_with(["sh", "-c", &command], text.as_bytes());
    assert!(wrote.unwrap().status.success());
}

#[test]
fn a_profile_names_qubes_and_rules_and_features_count_more() {
    let machine = machine();
    crate::machine::faults::add(&machine, "other", 0);
    crate::machine::faults::add(&machine, "third", 0);
    let text = "include = @type:AppVM # all\nexclude = third qib-dvm\n\
                exclude_paths = *.iso\nmax_file_size = 1K\nsets = machine-images\n";
    profile(&machine, "nightly", text);
    feature(&machine, "max-file-size", "30KiB");
    let said = machine.ok(&["backup", "--profile", "nightly", "--json"]);
    let report: Value = serde_json::from_str(&said).unwrap();
    let names: Vec<&Value> = report["qubes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["qube"])
        .collect();
    assert_eq!(names, ["other", "work"]);
    let work = &report["qubes"][1];
    assert_eq!(work["left_out"]["exclude-1"]["entries"], 1);
    assert_eq!(work["left_out"]["machine-images"]["entries"], 1);
    assert_eq!(work["left_out"]["max-file-size"]["bytes"], 40_000);
    assert_eq!(work["rules"]["max_file_bytes"], 30 << 10);
    machine.restore("work", &[], "again");
    let gone = [
        "doc/x.iso",
        "doc/large",
        "disk.qcow2",
        ".cache/x",
        ".local/share/Trash/files/x",
    ];
    assert_eq!(files(&machine, "again"), all_but(&gone));
}

#[test]
fn a_choice_is_saved_as_a_profile_and_never_over_another() {
    let machine = machine();
    crate::machine::faults::add(&machine, "other", 0);
    machine.ok(&[
        "backup",
        "--save-profile",
        "mine",
        "--compression",
        "1",
        "work",
        "other",
        "-x",
        "other",
    ]);
    let read = machine
        .lab
        .exec(["cat", "/etc/qubes/qib/mine.conf"])
        .unwrap();
    let text = String::from_utf8(read.stdout).unwrap();
    assert!(
        text.ends_with("include = work\ninclude = other\nexclude = other\ncompression = 1\n"),
        "{text}"
    );
    let said = machine.ok(&["backup", "--always", "--profile", "mine"]);
    assert!(said.starts_with("work: snapshot 2 of "), "{said}");
    let (code, said) = machine.fails(&["backup", "--save-profile", "mine", "work"]);
    assert!(
        code == 1 && said.contains("/etc/qubes/qib/mine.conf"),
        "{said}"
    );
}

#[test]
fn mistakes_in_profiles_are_named() {
    let machine = machine();
    profile(&machine, "wrong", "include = work\n\nexlude = mail\n");
    for (words, code, said) in [
        (
            &["backup", "--profile", "wrong"][..],
            1,
            "/etc/qubes/qib/wrong.conf: line 3: an unknown key",
        ),
        (
            &["backup", "--profile", "none"],
            1,
            "/etc/qubes/qib/none.conf",
        ),
        (&["backup", "--profile", "../qib"], 2, "a profile's name"),
        (
            &["backup", "--profile", "wrong", "work"],
            2,
            "cannot be used with",
        ),
    ] {
        let (found, text) = machine.fails(words);
        assert!(found == code && text.contains(said), "{words:?}: {text}");
    }
}

/// The file in which a qube suggests rules, written into its volume.
fn suggest(machine: &Machine, text: &str) {
    let image = machine.lab.image("work").unwrap();
    let file = machine.lab.scratch().join("suggestions");
    fs::write(&file, text).unwrap();
    for command in [
        "mkdir /home/user/.config".to_owned(),
        "mkdir /home/user/.config/qib".to_owned(),
        format!("write {} /home/user/.config/qib/exclude", file.display()),
    ] {
        let mut debugfs = tool("debugfs");
        debugfs.args(["-w", "-R", &command]).arg(&image);
        assert!(debugfs.output().unwrap().status.success());
    }
}

#[test]
fn what_a_qube_suggests_is_told_and_obeyed_only_if_a_feature_says_so() {
    let machine = machine();
    suggest(&machine, "*.iso\nVMs/\nno//pattern\n");
    let report = machine.backup("work");
    assert_eq!(report["suggestions"], 2);
    assert_eq!(report["left_out"].get("suggested"), None);
    let said = machine.ok(&["backup", "--dry-run", "work"]);
    let line =
        "  it suggests 2 rules, which are not obeyed and would leave out 4 entries, 14.6 KiB\n";
    assert!(said.contains(line), "{said}");

    feature(&machine, "allow-suggestions", "1");
    let report = machine.backup("work");
    let expected = json!({ "entries": 4, "bytes": 15_000 });
    assert_eq!(report["left_out"]["suggested"], expected);
    machine.restore("work", &[], "again");
    let default = [".cache/x", ".local/share/Trash/files/x"];
    let gone = [
        "VMs/a.img",
        "VMs/keep.img",
        "doc/x.iso",
        default[0],
        default[1],
    ];
    assert_eq!(files(&machine, "again"), all_but(&gone));
    feature(&machine, "allow-suggestions", "");
    machine.backup("work");
    machine.restore("work", &[], "all");
    assert_eq!(files(&machine, "all"), all_but(&default));
    feature(&machine, "allow-suggestions", "maybe");
    let (_, said) = machine.fails(&["backup", "work"]);
    assert!(
        said.contains("feature qib.allow-suggestions: it must be 1, or empty"),
        "{said}"
    );
}

#[test]
fn a_dry_run_tries_rules_and_tells_of_large_folders_without_names() {
    let machine = machine();
    machine.backup("work");
    let words = "backup --dry-run --json --exclude-path *.img --max-file-size 30K work";
    let words: Vec<&str> = words.split(' ').collect();
    let said = machine.ok(&words);
    let report: Value = serde_json::from_str(&said).unwrap();
    let work = &report["qubes"][0];
    assert_eq!(
        work["left_out"]["exclude-1"],
        json!({ "entries": 2, "bytes": 10_000 })
    );
    assert_eq!(work["left_out"]["max-file-size"]["bytes"], 40_000);
    // Below home/user: doc has 5010 bytes left, src 5010 with its target.
    let largest = &work["findings"]["largest_folders"];
    let bytes = |depth: usize| -> Vec<u64> {
        let row = largest[depth].as_array().unwrap().iter();
        row.map(|folder| folder["bytes"].as_u64().unwrap())
            .collect()
    };
    assert_eq!((bytes(0), bytes(1)), (vec![10_030], vec![10_030]));
    assert_eq!((bytes(2), bytes(3)), (vec![5010, 5010], vec![5000]));
    for name in ["target", "a.o", "small", "disk.qcow2"] {
        assert!(!said.contains(name), "{said}");
    }
    let text = machine.ok(&["backup", "--dry-run", "work"]);
    assert!(
        text.contains("  largest folders 3 deep: 43.9 KiB ("),
        "{text}"
    );
    let answer = work["dom0"]["helper_answer_bytes"].as_u64().unwrap();
    assert!(answer < 4096, "{answer}");

    let (code, said) = machine.fails(&["backup", "--exclude-path", "*.img", "work"]);
    assert!(code == 2 && said.contains("--dry-run"), "{said}");
    let after = machine.ok(&["backup", "work"]);
    assert!(
        after.starts_with("work: unchanged since snapshot 1 of "),
        "{after}"
    );
}
