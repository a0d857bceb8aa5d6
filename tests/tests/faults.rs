//! What can go wrong: each gives one clear message and a non-zero exit, loses
//! nothing, and the next run works.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod machine;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use machine::{BINARY, Machine, assert_same, kill, process, process_with, skipped_without_root};
use qib_lab::LabBuilder;

fn machine() -> Machine {
    let machine = Machine::new();
    add(&machine, "work", 4);
    machine
}

/// Adds a qube with `megabytes` of bytes that do not compress.
fn add(machine: &Machine, name: &str, megabytes: usize) {
    let tree = machine.lab.scratch().join(format!("tree-{name}"));
    fs::create_dir_all(tree.join("home/user")).unwrap();
    for number in 0..megabytes {
        let mut state = u64::try_from(number).unwrap() * 7919 + 1;
        let byte = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            u8::try_from(state >> 56).unwrap()
        };
        let bytes: Vec<u8> = (0..1 << 20).map(byte).collect();
        fs::write(tree.join(format!("home/user/{number}")), bytes).unwrap();
    }
    machine.lab.add_tree(name, &tree).unwrap();
}

/// The next backup and a restore work, and nothing is left behind.
fn next_run_works(machine: &Machine) {
    machine.backup("work");
    machine.restore("work", &[], "work-proof");
    assert_same(
        &qib_lab::compare::plain(machine.tree("work")),
        &qib_lab::compare::plain(machine.tree("work-proof")),
    );
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

fn one_error(text: &str, words: &[&str]) {
    let errors = text
        .lines()
        .filter(|line| line.starts_with("qib: error: "))
        .count();
    assert!((1..=2).contains(&errors), "{text}");
    for word in words {
        assert!(text.contains(word), "no '{word}' in: {text}");
    }
}

/// Starts a backup of `work` that is still running when this returns.
fn backup_under_way(machine: &Machine) -> Child {
    let mut child = machine
        .lab
        .dom0(["qib", "backup", "work"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while machine.objects("pack-").is_empty() {
        assert!(
            Instant::now() < deadline && child.try_wait().unwrap().is_none(),
            "nothing was sent"
        );
        sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn without_init_nothing_runs() {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    for arguments in [
        &["backup", "work"][..],
        &["snapshots"],
        &["restore", "work"],
    ] {
        let (code, text) = machine.fails(arguments);
        assert_eq!(code, 1);
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
    assert_eq!(code, 1);
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
    assert_eq!(wrong.status.code(), Some(1));
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
    assert_eq!(output.status.code(), Some(1));
    one_error(&String::from_utf8(output.stderr).unwrap(), &["empty"]);
}

#[test]
fn a_wrong_passphrase_is_named_and_leaves_no_qube() {
    let machine = machine();
    machine.backup("work");
    let restore = ["qib", "restore", "work", "--as", "again", "-p", "-"];
    let output = machine.lab.exec_with(restore, b"not it\n").unwrap();
    assert_eq!(output.status.code(), Some(1));
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
    assert_eq!(code, 1);
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
fn a_volume_that_is_no_ext4_is_named_and_the_rest_goes_on() {
    let machine = machine();
    let image = machine.lab.scratch().join("nothing.img");
    fs::write(&image, vec![0x5a; 8 << 20]).unwrap();
    if machine.lab.add_image("odd", &image, false).is_err() {
        // The lab looks at what it is given; then the volume is spoiled afterwards.
        add(&machine, "odd", 1);
        fs::write(machine.lab.image("odd").unwrap(), vec![0x5a; 8 << 20]).unwrap();
    }
    let (code, text) = machine.fails(&["backup", "odd", "work"]);
    assert_eq!(code, 3);
    one_error(&text, &["odd: ", "no file system that qib reads"]);
    next_run_works(&machine);
}

#[test]
fn a_helper_that_dies_is_an_error_and_what_it_stored_is_not_believed() {
    if skipped_without_root("a_helper_that_dies_is_an_error") {
        return;
    }
    let machine = machine();
    add(&machine, "big", 80);
    let mut child = machine
        .lab
        .dom0(["qib", "backup", "big"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let helper = loop {
        if let Some(helper) = process(&machine, "qib-helper") {
            break helper;
        }
        assert!(child.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(2));
    };
    kill(helper);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    one_error(
        &String::from_utf8(output.stderr).unwrap(),
        &["big: ", "helper"],
    );
    assert!(!machine.ok(&["snapshots"]).contains("big "));
    machine.backup("big");
    next_run_works(&machine);
}

#[test]
fn a_storage_daemon_that_dies_is_an_error_and_the_next_run_works() {
    if skipped_without_root("a_storage_daemon_that_dies_is_an_error_and_the_next_run_works") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 100);
    let child = backup_under_way(&machine);
    kill(process(&machine, "qib-storage").expect("the daemon runs"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    one_error(
        &String::from_utf8(output.stderr).unwrap(),
        &["work: ", "storage"],
    );
    sleep(Duration::from_secs(2));
    next_run_works(&machine);
}

#[test]
fn a_killed_qib_is_cleared_up_by_the_next() {
    if skipped_without_root("a_killed_qib_is_cleared_up_by_the_next") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 100);
    let child = backup_under_way(&machine);
    kill(process(&machine, "qib").expect("it runs"));
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    assert!(!machine.leftovers().is_empty(), "it was killed at work");
    next_run_works(&machine);
}

#[test]
fn an_interrupted_qib_ends_in_order() {
    if skipped_without_root("an_interrupted_qib_ends_in_order") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 100);
    let child = backup_under_way(&machine);
    let number = process(&machine, "qib").expect("it runs").to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &number])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    next_run_works(&machine);
}

#[test]
fn ending_the_permit_call_cuts_an_open_put_within_a_second() {
    if skipped_without_root("ending_the_permit_call_cuts_an_open_put_within_a_second") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 200);
    let child = backup_under_way(&machine);
    let permit = process_with(&machine, "qrexec-client", "qib.Permit").expect("a permit is held");
    kill(permit);
    sleep(Duration::from_secs(1));
    let then = machine.objects("pack-").len();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        machine.objects("pack-").len(),
        then,
        "objects were stored without a permit"
    );
    one_error(
        &String::from_utf8(output.stderr).unwrap(),
        &["work: ", "storage"],
    );
    next_run_works(&machine);
}

#[test]
fn two_qib_at_once_are_one_too_many() {
    if skipped_without_root("two_qib_at_once_are_one_too_many") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 100);
    let first = backup_under_way(&machine);
    let (code, text) = machine.fails(&["backup", "work"]);
    assert_eq!(code, 1);
    one_error(&text, &["another qib"]);
    assert!(first.wait_with_output().unwrap().status.success());
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
