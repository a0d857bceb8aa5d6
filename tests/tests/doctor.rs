//! `qib doctor`: what is wrong is named, and nothing else.

use std::fs;
use std::path::PathBuf;

use crate::machine::faults::{add, machine};
use crate::machine::{BINARY, Machine};
use qib_lab::{LabBuilder, Release};
use serde_json::Value;

/// Exit code, and the checks that are not well: each with its verdict and text.
fn doctor(machine: &Machine, words: &[&str]) -> (i32, Vec<[String; 3]>) {
    let output = machine.qib(&[&["doctor", "--json"], words].concat());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = said["checks"].as_array().unwrap().iter();
    let word = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    let bad = checks.filter(|check| check["verdict"] != "well");
    let bad = bad.map(|check| ["check", "verdict", "text"].map(|key| word(check, key)));
    (output.status.code().unwrap(), bad.collect())
}

fn policy(machine: &Machine, name: &str) -> PathBuf {
    let folder = machine.lab.dir().join("dom0/etc/qubes/policy.d");
    folder.join(name)
}

fn admin(machine: &Machine, method: &str, qube: &str, payload: &str) {
    machine.lab.admin(method, qube, payload).unwrap();
}

/// Breaks a thing, looks whether exactly these checks are wrong and say this, and mends it.
fn broken(
    machine: &Machine,
    checks: &[&str],
    says: &str,
    destroy: impl FnOnce(),
    mend: impl FnOnce(),
) {
    destroy();
    let (code, found) = doctor(machine, &[]);
    assert_eq!(code, 4, "{found:?}");
    let wrong = found.iter().filter(|[_, verdict, _]| verdict == "wrong");
    let names: Vec<&str> = wrong.map(|[check, ..]| check.as_str()).collect();
    assert_eq!(names, checks, "{found:?}");
    let told = found.iter().any(|[_, _, text]| text.contains(says));
    assert!(told, "no '{says}' in {found:?}");
    mend();
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

fn is_well(machine: &Machine) {
    let (code, found) = doctor(machine, &[]);
    assert_eq!((code, found), (0, Vec::new()));
}

#[test]
fn a_machine_that_is_well_is_told_so_and_left_as_it_was() {
    for release in [Release::R4_2, Release::R4_3] {
        let machine = Machine::before_init(LabBuilder::new(BINARY).release(release));
        machine.init();
        admin(
            &machine,
            "admin.vm.property.Set+include_in_backups",
            "qib-dvm",
            "False",
        );
        add(&machine, "work", 1);
        machine.backup("work");
        is_well(&machine);
        let text = machine.ok(&["doctor"]);
        let release = format!("release: this is Qubes R{release}");
        for said in [
            release.as_str(),
            "helper-service: ",
            "policy-effect: ",
            "ledger-copy: ",
        ] {
            assert!(text.contains(said), "no '{said}' in {text}");
        }
        assert!(!text.contains("wrong"), "{text}");
        assert_eq!(machine.leftovers(), Vec::<String>::new());
        machine.backup("work");
    }
}

#[test]
fn qubes_that_are_not_backed_up_are_named_and_no_failure() {
    let machine = machine();
    admin(
        &machine,
        "admin.vm.property.Set+include_in_backups",
        "qib-dvm",
        "False",
    );
    add(&machine, "mail", 1);
    machine.backup("work");
    let (code, found) = doctor(&machine, &[]);
    assert_eq!((code, found.len()), (0, 1), "{found:?}");
    let [check, verdict, text] = &found[0];
    assert_eq!((check.as_str(), verdict.as_str()), ("backups", "warning"));
    assert!(text.contains("never backed up: mail;"), "{text}");
    // A backup of this second is of no age.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let (code, found) = doctor(&machine, &["--days", "0"]);
    assert_eq!((code, found.len()), (0, 2), "{found:?}");
    // By its age, which is some seconds.
    assert!(found[1][2].contains("long: work ("), "{found:?}");
}

#[test]
fn before_init_that_is_what_is_wrong() {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    let (code, found) = doctor(&machine, &[]);
    assert_eq!(code, 4);
    assert!(found.iter().any(|[check, ..]| check == "init"), "{found:?}");
}

#[test]
fn what_is_wrong_with_qubes_is_named() {
    let machine = machine();
    let property = "admin.vm.property.Set+";
    let set = |name: &str, value: &str| {
        let value = value.to_owned();
        let (method, machine) = (format!("{property}{name}"), &machine);
        move || admin(machine, &method, "qib-dvm", &value)
    };
    set("include_in_backups", "False")();
    machine.backup("work");
    add(&machine, "sys-net", 0);
    let provides = format!("{property}provides_network");
    admin(&machine, &provides, "sys-net", "True");
    admin(
        &machine,
        &format!("{property}include_in_backups"),
        "sys-net",
        "False",
    );
    let tag = |verb: &str, tag: &str, qube: &'static str| {
        let (method, machine) = (format!("admin.vm.tag.{verb}+{tag}"), &machine);
        move || admin(machine, &method, qube, "")
    };
    broken(
        &machine,
        &["storage-tag", "policy-effect"],
        "run 'qib setup'",
        tag("Remove", "qib-storage", "sys-backup"),
        tag("Set", "qib-storage", "sys-backup"),
    );
    broken(
        &machine,
        &["helper-network"],
        "qvm-prefs qib-dvm netvm none",
        set("netvm", "sys-net"),
        set("netvm", ""),
    );
    broken(
        &machine,
        &["rights"],
        "the right to store: work; take it away",
        tag("Set", "qib-helper", "work"),
        tag("Remove", "qib-helper", "work"),
    );
    broken(
        &machine,
        &["helper-tags", "helper"],
        "qvm-tags qib-dvm del qib-helper",
        tag("Set", "qib-helper", "qib-dvm"),
        tag("Remove", "qib-helper", "qib-dvm"),
    );
    broken(
        &machine,
        &["helper-template", "helper"],
        "no disposable can be made from qib-dvm",
        set("template_for_dispvms", "False"),
        set("template_for_dispvms", "True"),
    );
    is_well(&machine);
}

#[test]
fn what_is_wrong_with_policy_is_named() {
    let machine = machine();
    admin(
        &machine,
        "admin.vm.property.Set+include_in_backups",
        "qib-dvm",
        "False",
    );
    machine.backup("work");
    let ours = policy(&machine, "10-qib.policy");
    let text = fs::read_to_string(&ours).unwrap();
    let back = || fs::write(&ours, &text).unwrap();
    let commented = format!("# a remark\n\n{}", text.replace(" deny", "   deny"));
    fs::write(&ours, commented).unwrap();
    is_well(&machine);
    let without = |line: &str| {
        let lines = text.lines().filter(|found| !found.starts_with(line));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    let weaker = without("*            * @tag:qib-confined");
    let weaken = || fs::write(&ours, &weaker).unwrap();
    let checks = ["policy-file", "policy-effect"];
    broken(
        &machine,
        &checks,
        "qubes.Filecopy from disp-qib-",
        weaken,
        back,
    );
    let narrower = without("qib.Get      * @tag:qib-helper");
    let narrow = || fs::write(&ours, &narrower).unwrap();
    broken(&machine, &checks, "to sys-backup is denied", narrow, back);
    let remove = || fs::remove_file(&ours).unwrap();
    broken(
        &machine,
        &checks,
        "install qib's package again",
        remove,
        back,
    );
    let early = policy(&machine, "05-mine.policy");
    let rule = "qubes.Filecopy * @anyvm @anyvm ask\n";
    broken(
        &machine,
        &["policy-order", "policy-effect"],
        "'qubes.Filecopy * @anyvm @anyvm ask' in 05-mine.policy",
        || fs::write(&early, rule).unwrap(),
        || fs::remove_file(&early).unwrap(),
    );
    let hidden = "my.Service * @tag:qib-confined work allow\n";
    broken(
        &machine,
        &["policy-order"],
        "my.Service",
        || fs::write(&early, hidden).unwrap(),
        || fs::remove_file(&early).unwrap(),
    );
    let torn = policy(&machine, "50-torn.policy");
    broken(
        &machine,
        &["policy-effect"],
        "is denied",
        || fs::write(&torn, "qubes.Filecopy *\n").unwrap(),
        || fs::remove_file(&torn).unwrap(),
    );
    is_well(&machine);
}

#[test]
fn what_is_wrong_with_programs_is_named() {
    let machine = machine();
    admin(
        &machine,
        "admin.vm.property.Set+include_in_backups",
        "qib-dvm",
        "False",
    );
    machine.backup("work");
    for (kind, name, check) in [
        ("helper", "qib.HelperVersion", "helper-service"),
        ("storage", "qib.StorageVersion", "storage-service"),
    ] {
        let kinds = machine.lab.dir().join("kinds");
        let service = kinds.join(kind).join("qubes-rpc").join(name);
        let aside = service.with_extension("aside");
        let move_away = |from: &PathBuf, to: &PathBuf| {
            fs::rename(from, to).unwrap();
            // What a qube has is what was there at its start.
            machine.lab.start("sys-backup").unwrap();
            machine.lab.stop("sys-backup").unwrap();
        };
        broken(
            &machine,
            &[check],
            "it died or could not be called",
            || move_away(&service, &aside),
            || move_away(&aside, &service),
        );
    }
    let service = machine
        .lab
        .dir()
        .join("kinds/helper/qubes-rpc/qib.HelperVersion");
    let script = fs::read(&service).unwrap();
    let newer = "#!/bin/sh\nprintf 'qib\\001\\132\\000\\000\\000\\006\\000\\000\\000\
                 \\011\\000\\010\\000\\007\\000'\n";
    broken(
        &machine,
        &["helper-service"],
        "qib-helper is 9.8.7 and qib is ",
        || fs::write(&service, newer).unwrap(),
        || fs::write(&service, script).unwrap(),
    );
    is_well(&machine);
}

#[test]
fn what_is_wrong_with_the_state_is_named() {
    let machine = machine();
    admin(
        &machine,
        "admin.vm.property.Set+include_in_backups",
        "qib-dvm",
        "False",
    );
    machine.backup("work");
    let kit = machine.state().join("recovery-kit.age");
    let aside = machine.state().join("aside");
    broken(
        &machine,
        &["kit", "ledger"],
        "recovery-kit.age",
        || fs::rename(&kit, &aside).unwrap(),
        || fs::rename(&aside, &kit).unwrap(),
    );
    let ledger = machine.state().join("ledger");
    let whole = fs::read(&ledger).unwrap();
    let mut spoiled = whole.clone();
    spoiled[20] ^= 1;
    broken(
        &machine,
        &["ledger"],
        "put back a good copy",
        || fs::write(&ledger, spoiled).unwrap(),
        || fs::write(&ledger, whole).unwrap(),
    );
    let config = machine.lab.dir().join("dom0/etc/qubes/qib.conf");
    let text = fs::read(&config).unwrap();
    broken(
        &machine,
        &["config"],
        "line 1",
        || fs::write(&config, "storage sys-backup\n").unwrap(),
        || fs::write(&config, text).unwrap(),
    );
    is_well(&machine);
}

#[test]
fn what_an_earlier_run_left_is_told_and_cleared_up() {
    let machine = machine();
    admin(
        &machine,
        "admin.vm.property.Set+include_in_backups",
        "qib-dvm",
        "False",
    );
    machine.backup("work");
    for name in ["disp-qib-00000001", "disp-qib-00000002"] {
        let payload = format!("name={name} label=red");
        admin(&machine, "admin.vm.Create.DispVM+qib-dvm", "dom0", &payload);
    }
    let journal = machine.state().join("undo");
    fs::write(&journal, "helper disp-qib-00000001\n").unwrap();
    let (code, found) = doctor(&machine, &[]);
    let names: Vec<&str> = found.iter().map(|[check, ..]| check.as_str()).collect();
    assert_eq!((code, names), (0, vec!["leftovers", "strays"]), "{found:?}");
    let strays = &found[1][2];
    assert!(
        strays.contains("00000002") && !strays.contains("00000001"),
        "{strays}"
    );
    admin(&machine, "admin.vm.Remove+", "disp-qib-00000002", "");
    is_well(&machine);
}
