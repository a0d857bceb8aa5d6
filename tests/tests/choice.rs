//! Which qubes a backup is of.

use crate::machine::Machine;
use crate::machine::faults::add;
use serde_json::Value;

/// A machine with `work`, `mail` and `vault`; the last two have the tag `daily`, and `vault`
/// is not included in backups.
fn machine() -> Machine {
    let machine = Machine::new();
    for name in ["work", "mail", "vault"] {
        add(&machine, name, 0);
    }
    for name in ["mail", "vault", "sys-backup"] {
        machine
            .lab
            .admin("admin.vm.tag.Set+daily", name, "")
            .unwrap();
    }
    let method = "admin.vm.property.Set+include_in_backups";
    for name in ["vault", "qib-dvm"] {
        machine.lab.admin(method, name, "False").unwrap();
    }
    machine
}

/// The qubes that a dry run with these words reads, or cannot.
fn read(machine: &Machine, words: &[&str]) -> Vec<String> {
    let output = machine.qib(&[&["backup", "--dry-run", "--json"], words].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let qubes = report["qubes"].as_array().unwrap().iter();
    let name = |one: &Value| one["qube"].as_str().unwrap().to_owned();
    qubes.map(name).collect()
}

#[test]
fn names_tags_and_classes_choose_and_others_are_taken_out() {
    let machine = machine();
    let cases: [(&[&str], &[&str]); 8] = [
        (&["--all"], &["mail", "work"]),
        (&["--all", "-x", "work"], &["mail"]),
        (&["--all", "--exclude", "@tag:daily"], &["work"]),
        (&["@tag:daily"], &["mail", "vault"]),
        (&["work", "@tag:daily", "mail"], &["mail", "vault", "work"]),
        (
            &["@type:AppVM", "-x", "qib-dvm", "-x", "work"],
            &["mail", "vault"],
        ),
        (&["work", "nobody"], &["nobody", "work"]),
        (
            &["--all", "-x", "@type:DispVM", "-x", "nobody"],
            &["mail", "work"],
        ),
    ];
    for (words, expected) in cases {
        assert_eq!(read(&machine, words), expected, "{words:?}");
    }
}

#[test]
fn a_choice_of_nothing_is_an_error() {
    let machine = machine();
    let cases: [(&[&str], &str); 3] = [
        (&["backup", "@tag:weekly"], "no qube is @tag:weekly"),
        (
            &["backup", "work", "-x", "@type:AppVM"],
            "there is no qube to back up",
        ),
        (
            &["backup", "work", "-x", "work"],
            "there is no qube to back up",
        ),
    ];
    for (words, said) in cases {
        let (code, text) = machine.fails(words);
        assert_eq!(code, 1);
        assert!(text.contains(said), "{text}");
    }
    let (code, text) = machine.fails(&["backup", "@anyvm"]);
    assert_eq!(code, 2);
    assert!(text.contains("'@tag:NAME' or '@type:CLASS'"), "{text}");
}

#[test]
fn with_verbose_each_call_is_told_and_without_none() {
    let machine = machine();
    let said = |words: &[&str]| {
        let output = machine.qib(words);
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let told = said(&["-v", "backup", "work"]);
    for line in [
        "qib: qubesd: admin.vm.Create.DispVM+qib-dvm dom0\n",
        "qib: qrexec: qib.Permit in sys-backup\n",
    ] {
        assert!(told.contains(line), "no '{line}' in {told}");
    }
    assert!(!said(&["backup", "--always", "work"]).contains("qubesd"));
}
