//! Mistakes and things that are missing: each gives one clear message and a
//! non-zero exit, loses nothing, and the next run works.

use std::fs;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use crate::machine::faults::{add, machine, next_run_works, one_error};
use crate::machine::{BINARY, Machine, assert_same};
use qib_lab::LabBuilder;

#[test]
fn without_init_nothing_runs() {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    for arguments in [
        &["backup", "work"][..],
        &["snapshots"],
        &["restore", "work"],
    ] {
        let (code, text) = machine.fails(arguments);
        assert_eq!(code, 8);
        one_error(&text, &["qib init"]);
    }
}

#[test]
fn a_second_init_is_refused_and_changes_nothing() {
    let machine = machine();
    machine.backup("work");
    let before = fs::read(machine.state().join("secret")).unwrap();
    let passphrase = machine.passphrase();
    let (code, text) = machine.fails(&["init", "-p", passphrase.to_str().unwrap()]);
    assert_eq!(code, 1);
    one_error(&text, &["already set up"]);
    assert_eq!(fs::read(machine.state().join("secret")).unwrap(), before);
    next_run_works(&machine);
}

#[test]
fn without_a_terminal_and_a_file_the_passphrase_is_an_error_at_once() {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    let began = Instant::now();
    let (code, text) = machine.fails(&["init"]);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(code, 7);
    one_error(&text, &["-p FILE"]);
}

#[test]
fn the_passphrase_is_the_first_line_of_standard_input() {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    let output = machine
        .lab
        .exec_with(["qib", "init", "-p", "-"], b"first\nsecond\n")
        .unwrap();
    assert!(output.status.success());
    add(&machine, "work", 1);
    machine.backup("work");
    let restore = ["qib", "restore", "work", "--as", "again", "-p", "-"];
    let wrong = machine.lab.exec_with(restore, b"second\n").unwrap();
    assert_eq!(wrong.status.code(), Some(7));
    assert!(
        machine
            .lab
            .exec_with(restore, b"first\n")
            .unwrap()
            .status
            .success()
    );
}

#[test]
fn an_empty_passphrase_is_refused() {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    let output = machine
        .lab
        .exec_with(["qib", "init", "-p", "-"], b"\n")
        .unwrap();
    assert_eq!(output.status.code(), Some(7));
    one_error(&String::from_utf8(output.stderr).unwrap(), &["empty"]);
}

#[test]
fn a_wrong_passphrase_is_named_and_leaves_no_qube() {
    let machine = machine();
    machine.backup("work");
    let restore = ["qib", "restore", "work", "--as", "again", "-p", "-"];
    let output = machine.lab.exec_with(restore, b"not it\n").unwrap();
    assert_eq!(output.status.code(), Some(7));
    one_error(
        &String::from_utf8(output.stderr).unwrap(),
        &["wrong passphrase"],
    );
    assert!(
        !machine
            .lab
            .admin("admin.vm.List+", "dom0", "")
            .unwrap()
            .contains("again")
    );
    next_run_works(&machine);
}

#[test]
fn a_foreign_recovery_kit_is_named() {
    let machine = machine();
    machine.backup("work");
    let other = Machine::new();
    let kit = machine.state().join("recovery-kit.age");
    let own = fs::read(&kit).unwrap();
    fs::copy(other.state().join("recovery-kit.age"), &kit).unwrap();
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
    one_error(&text, &["another installation"]);
    fs::write(&kit, own).unwrap();
    next_run_works(&machine);
}

#[test]
fn a_missing_storage_qube_is_named() {
    let machine = machine();
    let config = machine.lab.dir().join("dom0/etc/qubes/qib.conf");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("sys-backup", "sys-nothing")).unwrap();
    let (code, message) = machine.fails(&["backup", "work"]);
    assert_eq!(code, 6);
    one_error(&message, &["sys-nothing", "qib.conf"]);
    fs::write(&config, text).unwrap();
    next_run_works(&machine);
}

#[test]
fn a_halted_storage_qube_is_started() {
    let machine = machine();
    machine.lab.stop("sys-backup").unwrap();
    next_run_works(&machine);
}

#[test]
fn a_configuration_mistake_is_named_by_its_line() {
    let machine = machine();
    let config = machine.lab.dir().join("dom0/etc/qubes/qib.conf");
    fs::write(&config, "storage = sys-backup\nhelper-template = x\n").unwrap();
    let (code, message) = machine.fails(&["backup", "work"]);
    assert_eq!(code, 1);
    one_error(&message, &["line 2"]);
}

#[test]
fn a_qube_that_fails_does_not_stop_the_others_and_is_named() {
    let machine = machine();
    add(&machine, "zoo", 1);
    let (code, text) = machine.fails(&["backup", "nobody", "work", "zoo"]);
    assert_eq!(code, 3);
    assert!(
        text.contains("nobody: there is no qube named nobody"),
        "{text}"
    );
    assert!(text.trim_end().ends_with("not backed up: nobody"), "{text}");
    let list = machine.ok(&["snapshots"]);
    assert!(list.contains("work") && list.contains("zoo"), "{list}");
}

#[test]
fn a_damaged_volume_is_named_and_the_rest_goes_on() {
    let machine = machine();
    add(&machine, "odd", 1);
    // The descriptors of the block groups, behind the superblock whatever the block size.
    let image = machine.lab.image("odd").unwrap();
    let image = fs::OpenOptions::new().write(true).open(image).unwrap();
    image.write_all_at(&[0x5a; 6144], 2048).unwrap();
    let (code, text) = machine.fails(&["backup", "odd", "work"]);
    assert_eq!(code, 3);
    one_error(&text, &["odd: ", "the file system is damaged"]);
    next_run_works(&machine);
}

#[test]
fn a_ledger_older_than_storages_copy_is_refused() {
    let machine = machine();
    machine.backup("work");
    let ledger = machine.state().join("ledger");
    let old = fs::read(&ledger).unwrap();
    machine.backup("work");
    let new = fs::read(&ledger).unwrap();
    fs::write(&ledger, old).unwrap();
    let (code, text) = machine.fails(&["backup", "work"]);
    assert_eq!(code, 1);
    one_error(&text, &["set back to an older state"]);
    fs::write(&ledger, new).unwrap();
    next_run_works(&machine);
}

#[test]
fn a_qube_that_was_never_started_is_no_failure_but_an_emptied_one_is() {
    let machine = machine();
    let empty = machine.lab.scratch().join("empty.img");
    fs::File::create(&empty).unwrap().set_len(64 << 20).unwrap();
    machine.lab.add_image("fresh", &empty, false).unwrap();
    assert!(
        machine
            .ok(&["backup", "--all"])
            .contains("fresh: nothing to back up")
    );
    let volume = machine.lab.image("work").unwrap();
    let bytes = fs::metadata(&volume).unwrap().len();
    fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(&volume)
        .unwrap()
        .set_len(bytes)
        .unwrap();
    let (code, text) = machine.fails(&["backup", "--all", "-x", "dom0"]);
    assert_eq!(code, 1);
    one_error(&text, &["work: the volume is empty"]);
    machine.restore("work", &[], "work-proof");
}

#[test]
fn a_missing_ledger_is_named_and_a_new_init_keeps_the_old_keys() {
    let machine = machine();
    machine.backup("work");
    let (ledger, aside) = (
        machine.state().join("ledger"),
        machine.state().join("aside"),
    );
    fs::rename(&ledger, &aside).unwrap();
    let (code, text) = machine.fails(&["backup", "work"]);
    assert_eq!(code, 1);
    one_error(&text, &["is missing, though there are keys"]);
    let secret = fs::read(machine.state().join("secret")).unwrap();
    let passphrase = machine.passphrase();
    // Beside what the lost ledger names, which stays.
    machine.ok(&["init", "--begin-anew", "-p", passphrase.to_str().unwrap()]);
    assert_eq!(fs::read(machine.state().join("secret.1")).unwrap(), secret);
    for kept in ["secret", "recovery-kit.age"] {
        let kept = machine.state().join(kept);
        fs::rename(
            kept.with_file_name(format!("{}.1", kept.file_name().unwrap().to_str().unwrap())),
            &kept,
        )
        .unwrap();
    }
    fs::rename(&aside, &ledger).unwrap();
    next_run_works(&machine);
}

#[test]
fn which_of_two_qubes_of_one_name_is_restored_the_user_says() {
    let machine = machine();
    machine.backup("work");
    let first = machine.tree("work");
    machine.lab.admin("admin.vm.Remove+", "work", "").unwrap();
    add(&machine, "work", 2);
    machine.backup("work");
    let passphrase = machine.passphrase();
    let passphrase = passphrase.to_str().unwrap();
    let (code, text) = machine.fails(&["restore", "work", "--as", "again", "-p", passphrase]);
    assert_eq!(code, 1);
    one_error(&text, &["several qubes had the name work", "--id"]);
    let json: serde_json::Value =
        serde_json::from_str(&machine.ok(&["snapshots", "work", "--json"])).unwrap();
    let ids = json["qubes"].as_array().unwrap().iter();
    let mut trees = ids.map(|qube| {
        let id = qube["id"].as_str().unwrap().to_owned();
        machine.restore("work", &["--id", &id], &format!("again-{}", &id[..4]));
        machine.tree(&format!("again-{}", &id[..4]))
    });
    assert!(trees.any(|tree| tree == first));
}

#[test]
fn a_restore_over_a_qube_that_exists_is_refused() {
    let machine = machine();
    machine.backup("work");
    let before = machine.tree("work");
    let passphrase = machine.passphrase();
    let (code, text) = machine.fails(&["restore", "work", "-p", passphrase.to_str().unwrap()]);
    assert_eq!(code, 1);
    one_error(&text, &["work exists", "--as"]);
    assert_same(&before, &machine.tree("work"));
}

#[test]
fn a_snapshot_that_is_not_there_is_refused() {
    let machine = machine();
    machine.backup("work");
    let passphrase = machine.passphrase();
    let passphrase = passphrase.to_str().unwrap();
    for arguments in [
        &[
            "restore",
            "work",
            "--snapshot",
            "7",
            "--as",
            "again",
            "-p",
            passphrase,
        ][..],
        &["restore", "nobody", "--as", "again", "-p", passphrase],
    ] {
        let (code, text) = machine.fails(arguments);
        assert_eq!(code, 1);
        one_error(&text, &["qib snapshots"]);
    }
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    for arguments in [
        &["backup"][..],
        &["backup", "a/b"],
        &["restore"],
        &["nonsense"],
    ] {
        assert_eq!(machine.fails(arguments).0, 2, "{arguments:?}");
    }
}
