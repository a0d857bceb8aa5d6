//! Qubes that are not in a recent backup are named, by exit code and on the desktop.

use crate::machine::Machine;
use crate::machine::faults::add;
use serde_json::Value;

fn due(machine: &Machine, words: &[&str]) -> (Option<i32>, Vec<(String, bool)>) {
    let output = machine.qib(&[&["due", "--json"], words].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let qubes = report["due"].as_array().unwrap().iter();
    let one = |due: &Value| {
        let name = due["qube"].as_str().unwrap().to_owned();
        (name, due["time"].is_null())
    };
    (output.status.code(), qubes.map(one).collect())
}

#[test]
fn what_was_never_backed_up_is_due_and_what_was_or_is_left_out_is_not() {
    let machine = Machine::new();
    for name in ["work", "mail", "vault"] {
        add(&machine, name, 0);
    }
    let method = "admin.vm.property.Set+include_in_backups";
    for name in ["vault", "qib-dvm"] {
        machine.lab.admin(method, name, "False").unwrap();
    }
    machine.ok(&["backup", "work"]);
    assert_eq!(
        due(&machine, &[]),
        (Some(4), vec![("mail".to_owned(), true)])
    );
    let text = machine.qib(&["due"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert_eq!(text, "mail: never backed up\n");
    machine.ok(&["backup", "mail"]);
    assert_eq!(due(&machine, &[]), (Some(0), Vec::new()));
}

#[test]
fn a_backup_of_no_days_ago_is_due_unless_nothing_has_changed_since() {
    let machine = Machine::new();
    let method = "admin.vm.property.Set+include_in_backups";
    machine.lab.admin(method, "qib-dvm", "False").unwrap();
    add(&machine, "work", 0);
    machine.ok(&["backup", "work"]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    // It was not started since: what is stored is what it is.
    assert_eq!(due(&machine, &["--days", "0"]), (Some(0), Vec::new()));
    machine.lab.start("work").unwrap();
    machine.lab.stop("work").unwrap();
    let work = vec![("work".to_owned(), false)];
    assert_eq!(due(&machine, &["--days", "0"]), (Some(4), work));
}

#[test]
fn the_first_user_of_the_group_qubes_is_shown_it() {
    let machine = Machine::new();
    add(&machine, "work", 0);
    let method = "admin.vm.property.Set+include_in_backups";
    machine.lab.admin(method, "qib-dvm", "False").unwrap();
    let output = machine.qib(&["due", "--notify"]);
    assert_eq!(output.status.code(), Some(4));
    let shown = machine
        .lab
        .exec(["cat", "/run/qib-lab/notifications"])
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    if crate::machine::is_root() {
        let bus = "1000 unix:path=/run/user/1000/bus ";
        assert!(shown.starts_with(bus), "{shown}");
        let words = r#""1 qube is due for a backup" "work: never backed up""#;
        assert!(shown.trim_end().ends_with(words), "{shown}");
    } else {
        // Who is not root in the machine can become no other user in the lab.
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("nothing is shown on the desktop"), "{said}");
    }
}
