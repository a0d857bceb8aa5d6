//! Several storage qubes: which qube goes to which, and what each of them alone can do.

use crate::machine::assert_same;
use crate::machine::faults::{add, next_run_works, one_error};
use crate::machine::storages::{
    USB, add_storage, at, bring_back, feature, json, machine, objects, restored_from, snapshots,
    take_away,
};
use std::thread::sleep;
use std::time::Duration;

#[test]
fn each_qube_goes_where_it_is_said_and_one_goes_to_both() {
    let machine = machine();
    add(&machine, "both", 1);
    feature(&machine, "vault", "qib.storage", USB);
    feature(
        &machine,
        "both",
        "qib.storage",
        &format!("{USB} sys-backup"),
    );
    let report = json(&machine, &["backup", "--json", "vault", "work", "both"]);
    let of = |name: &str| -> Vec<&str> {
        let all = report["qubes"].as_array().unwrap().iter();
        let of_it = all.filter(|one| one["qube"] == name);
        of_it.map(|one| one["storage"].as_str().unwrap()).collect()
    };
    assert_eq!(of("vault"), [USB]);
    assert_eq!(of("work"), ["sys-backup"]);
    assert_eq!(of("both"), ["sys-backup", USB]);
    assert_eq!(objects(&machine, USB, "snapshot-").len(), 2);
    assert_eq!(objects(&machine, "sys-backup", "snapshot-").len(), 2);
    // The ledger's copies are whole at both.
    let records = objects(&machine, "sys-backup", "ledger-").len();
    assert_eq!(objects(&machine, USB, "ledger-").len(), records);

    // Each history is incremental in itself.
    let again = json(&machine, &["backup", "--always", "--json", "both"]);
    for one in again["qubes"].as_array().unwrap() {
        assert_eq!(
            (&one["snapshot"], &one["counts"]["bytes_new"]),
            (&2.into(), &0.into())
        );
    }
    let expected = [
        at("sys-backup", 1),
        at("sys-backup", 2),
        at(USB, 1),
        at(USB, 2),
    ];
    assert_eq!(snapshots(&machine, "both"), expected);
    assert_eq!(snapshots(&machine, "vault"), [at(USB, 1)]);
    let text = machine.ok(&["snapshots", "both"]);
    assert!(
        text.contains(" sys-backup ") && text.contains(&format!(" {USB} ")),
        "{text}"
    );

    restored_from(&machine, "both", USB, "both-usb");
    restored_from(&machine, "both", "sys-backup", "both-backup");
    machine.restore("vault", &[], "vault-again");
    assert_same(&machine.tree("vault"), &machine.tree("vault-again"));
    machine.ok(&["verify"]);
    machine.ok(&["verify", "-d", USB, "both"]);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn the_command_line_and_a_profile_name_storage_qubes_too() {
    let machine = machine();
    machine.ok(&["backup", "-d", USB, "work"]);
    assert_eq!(snapshots(&machine, "work"), [at(USB, 1)]);
    // Where nothing is said it goes to the configured one, whole: nothing elsewhere counts.
    let report = json(&machine, &["backup", "--json", "work"]);
    assert!(report["qubes"][0]["counts"]["bytes_new"].as_u64().unwrap() > 2 << 20);
    assert_eq!(
        snapshots(&machine, "work"),
        [at("sys-backup", 1), at(USB, 1)]
    );
    machine.ok(&["backup", "-d", USB, "--save-profile", "carried", "vault"]);
    machine.ok(&["backup", "--always", "--profile", "carried"]);
    assert_eq!(snapshots(&machine, "vault"), [at(USB, 1), at(USB, 2)]);
    // A feature counts more than a profile.
    feature(&machine, "vault", "qib.storage", "sys-backup");
    machine.ok(&["backup", "--profile", "carried"]);
    assert_eq!(snapshots(&machine, "vault")[0], at("sys-backup", 1));
    // dom0 itself, and all that has no say of its own.
    let report = json(&machine, &["backup", "-d", USB, "--all", "--json"]);
    assert_eq!(report["dom0"][0]["storage"], USB);
    let names: Vec<&str> = report["qubes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["qube"].as_str().unwrap())
        .collect();
    assert!(
        !names.contains(&USB) && !names.contains(&"sys-backup"),
        "{names:?}"
    );
}

#[test]
fn one_that_is_away_stops_no_other_and_catches_up() {
    let machine = machine();
    feature(
        &machine,
        "vault",
        "qib.storage",
        &format!("{USB} sys-backup"),
    );
    machine.ok(&["backup", "vault", "work"]);
    take_away(&machine, USB);
    let before = objects(&machine, USB, "ledger-").len();
    // Of two states of one second either is the newest.
    sleep(Duration::from_secs(1));
    let (code, text) = machine.fails(&["backup", "--always", "vault", "work"]);
    assert_eq!(code, 3, "{text}");
    assert!(
        text.contains(&format!(
            "vault at {USB}: the storage qube {USB} can not be used"
        )),
        "{text}"
    );
    assert_eq!(
        snapshots(&machine, "vault"),
        [at("sys-backup", 1), at("sys-backup", 2), at(USB, 1)]
    );
    assert_eq!(
        snapshots(&machine, "work"),
        [at("sys-backup", 1), at("sys-backup", 2)]
    );
    assert_eq!(objects(&machine, USB, "ledger-").len(), before);
    // What lies at the other can be looked at, restored and pruned.
    assert_eq!(machine.fails(&["verify"]).0, 3);
    machine.ok(&["verify", "-d", "sys-backup"]);
    assert_eq!(machine.fails(&["prune"]).0, 3);
    machine.ok(&["prune", "-d", "sys-backup"]);
    machine.restore("vault", &[], "vault-again");
    let (code, text) = machine.fails(&["restore", "vault", "-d", USB, "--as", "no", "--yes"]);
    assert_eq!(code, 1);
    one_error(&text, &["Restore of this domain in progress"]);

    bring_back(&machine, USB);
    machine.ok(&["backup", "--always", "vault"]);
    assert!(snapshots(&machine, "vault").contains(&at(USB, 2)));
    assert_eq!(
        objects(&machine, USB, "ledger-").len(),
        objects(&machine, "sys-backup", "ledger-").len()
    );
    restored_from(&machine, "vault", USB, "vault-usb");
    machine.ok(&["verify"]);
    next_run_works(&machine);
}

#[test]
fn what_is_not_understood_or_not_set_up_is_refused() {
    let machine = machine();
    add(&machine, "plain", 0);
    for (value, word) in [("a/b", "qib.storage"), ("  ", "names no storage qube")] {
        feature(&machine, "vault", "qib.storage", value);
        let (code, text) = machine.fails(&["backup", "vault", "work"]);
        assert_eq!(code, 3, "{text}");
        assert!(text.contains("vault: ") && text.contains(word), "{text}");
    }
    for (value, expected, word) in [
        ("nobody", 6, "does not exist"),
        ("plain", 1, "qib setup --storage plain"),
    ] {
        feature(&machine, "vault", "qib.storage", value);
        let (code, text) = machine.fails(&["backup", "vault"]);
        assert_eq!(code, expected, "{text}");
        one_error(&text, &[word]);
        let (code, _) = machine.fails(&["backup", "-d", value, "work"]);
        assert_eq!(code, expected);
    }
    assert_eq!(machine.fails(&["backup", "-d", "../x", "work"]).0, 2);
    assert_eq!(snapshots(&machine, "work"), [at("sys-backup", 1)]);
    assert_eq!(objects(&machine, USB, "snapshot-").len(), 0);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn there_are_lanes_for_four_and_doctor_looks_at_all() {
    let machine = machine();
    machine.ok(&["backup", "-d", USB, "work"]);
    for name in ["third", "fourth", "fifth"] {
        add_storage(&machine, name);
    }
    machine.ok(&["setup", "--storage", "third", "--yes"]);
    machine.ok(&["setup", "--storage", "fourth", "--yes"]);
    let (_, text) = machine.fails(&["setup", "--storage", "fifth", "--yes"]);
    one_error(&text, &["four storage qubes"]);
    machine.ok(&["backup", "-d", "fourth", "work"]);
    let text = machine.ok(&["doctor"]);
    for line in [
        format!("storage-tag: {USB} has the tag qib-storage-2"),
        "storage-tag: fourth has the tag qib-storage-4".to_owned(),
        format!("the storage qube {USB} has a copy of the whole ledger"),
        "the storage qube sys-backup has a copy of the whole ledger".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}: {text}");
    }
    // A policy that lets helpers of one lane call another's storage is found out.
    let wide = "qib.Put * @tag:qib-helper @tag:qib-storage-2 allow\n";
    let command = "cat > /etc/qubes/policy.d/05-wide.policy";
    machine
        .lab
        .exec_with(["sh", "-c", command], wide.as_bytes())
        .unwrap();
    let output = machine.qib(&["doctor"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&format!("to {USB} is allowed")), "{text}");
}

#[test]
fn consent_is_of_one_storage_qube_and_each_is_asked_about() {
    let machine = machine();
    let set = |qube: &str, property: &str, value: &str| {
        let method = format!("admin.vm.property.Set+{property}");
        machine.lab.admin(&method, qube, value).unwrap();
    };
    add(&machine, "sys-net", 0);
    set("sys-net", "provides_network", "True");
    set("sys-backup", "netvm", "sys-net");
    // To the one without network it goes unasked.
    set(USB, "netvm", "");
    machine.ok(&["backup", "-d", USB, "vault"]);
    assert_eq!(machine.fails(&["backup", "vault"]).0, 7);
    machine.ok(&["backup", "--accept-networked-storage", "vault", "vault"]);
    machine.ok(&["backup", "--always", "vault"]);
    set(USB, "netvm", "sys-net");
    let always = ["backup", "-d", USB, "--always", "vault"];
    assert_eq!(machine.fails(&always).0, 7);
    let accepted = [&always[..], &["--accept-networked-storage", "vault"]].concat();
    machine.ok(&accepted);
    let method = "admin.vm.feature.Get+qib.networked-storage";
    let feature = machine.lab.admin(method, "vault", "").unwrap();
    assert_eq!(feature, format!("sys-backup {USB}"));
    machine.ok(&["backup", "--always", "vault"]);
    machine.ok(&always);
}
