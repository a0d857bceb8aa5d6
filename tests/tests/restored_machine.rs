//! A whole machine comes back onto an empty one: templates, net qubes, disposables' templates, what
//! they refer to, and how each of them was set up.

use std::collections::BTreeMap;

use crate::machine::faults::add;
use crate::machine::{BINARY, Machine, assert_same, skipped_without_root};
use qib_lab::{LabBuilder, Release, tool};
use serde_json::{Value, json};

const ALL: [&str; 7] = [
    "fedora-41",
    "my-dvm",
    "own",
    "sys-firewall",
    "sys-net",
    "vault",
    "work",
];

fn set(machine: &Machine, qube: &str, method: &str, payload: &str) {
    machine.lab.admin(method, qube, payload).unwrap();
}

fn property(machine: &Machine, qube: &str, name: &str, value: &str) {
    set(
        machine,
        qube,
        &format!("admin.vm.property.Set+{name}"),
        value,
    );
}

fn create(machine: &Machine, method: &str, name: &str) {
    let payload = format!("name={name} label=red");
    set(
        machine,
        "dom0",
        &format!("admin.vm.Create.{method}"),
        &payload,
    );
}

/// Makes an ext4 of a volume that is 64 MiB afterwards.
fn fill(machine: &Machine, qube: &str, volume: &str) {
    let size = (64u64 << 20).to_string();
    set(
        machine,
        qube,
        &format!("admin.vm.volume.Resize+{volume}"),
        &size,
    );
    let image = machine.lab.image(qube).unwrap();
    let image = image.with_file_name(format!("{volume}.img"));
    let mut mke2fs = tool("mke2fs");
    let made = mke2fs.args(["-q", "-F", "-t", "ext4"]).arg(image).status();
    assert!(made.unwrap().success());
}

/// A machine of a release with eight qubes that refer to each other.
fn whole(release: Release) -> Machine {
    let machine = Machine::before_init(LabBuilder::new(BINARY).release(release));
    machine.init();
    create(&machine, "TemplateVM+", "fedora-41");
    create(&machine, "TemplateVM+", "old-template");
    create(&machine, "StandaloneVM+", "own");
    for qube in ["fedora-41", "own"] {
        fill(&machine, qube, "root");
    }
    fill(&machine, "own", "private");
    create(&machine, "AppVM+fedora-41", "my-dvm");
    property(&machine, "my-dvm", "template_for_dispvms", "True");
    for (number, qube) in (1..).zip(["sys-net", "sys-firewall", "work", "vault"]) {
        add(&machine, qube, number);
        let template = if qube == "vault" {
            "old-template"
        } else {
            "fedora-41"
        };
        property(&machine, qube, "template", template);
    }
    set_up(&machine, release);
    machine
}

fn set_up(machine: &Machine, release: Release) {
    let of = |qube: &str, name: &str, value: &str| property(machine, qube, name, value);
    for (qube, netvm) in [
        ("sys-net", ""),
        ("sys-firewall", "sys-net"),
        ("work", "sys-firewall"),
        ("my-dvm", "sys-firewall"),
        ("vault", ""),
    ] {
        if qube.starts_with("sys-") {
            of(qube, "provides_network", "True");
        }
        of(qube, "netvm", netvm);
    }
    of("work", "default_dispvm", "my-dvm");
    of("sys-firewall", "default_dispvm", "my-dvm");
    of("work", "kernelopts", "a=b c");
    of("work", "autostart", "True");
    of("work", "memory", "777");
    of("work", "label", "green");
    of("own", "virt_mode", "hvm");
    of("own", "kernel", "");
    for (method, payload) in [
        ("admin.vm.feature.Set+service.cups", "1"),
        ("admin.vm.feature.Set+gui-emulated", ""),
        ("admin.vm.feature.Set+internal", "1"),
        ("admin.vm.tag.Set+mine", ""),
        ("admin.vm.tag.Set+qib-storage", ""),
        (
            "admin.vm.firewall.Set+",
            "action=accept dsthost=10.0.0.1\naction=drop\n",
        ),
        ("admin.vm.volume.Set.revisions_to_keep+private", "4"),
        ("admin.vm.volume.Set.ephemeral+volatile", "True"),
    ] {
        set(machine, "work", method, payload);
    }
    match release {
        Release::R4_2 => {
            let payload = "no-strict-reset=True persistent=True";
            set(
                machine,
                "sys-net",
                "admin.vm.device.pci.Attach+dom0+00_14.0",
                payload,
            );
            let payload = "persistent=True";
            set(
                machine,
                "work",
                "admin.vm.device.usb.Attach+sys-net+1-2",
                payload,
            );
        }
        Release::R4_3 => {
            set(machine, "work", "admin.vm.notes.Set+", "ask Kim\n\ttwice");
            let payload = "mode='required' _no-strict-reset='True'";
            let method = "admin.vm.device.pci.Assign+dom0+00_14.0+0x8086+0x1e31++p0c0330";
            set(machine, "sys-net", method, payload);
            let payload = "mode='ask-to-attach'";
            set(
                machine,
                "work",
                "admin.vm.device.usb.Assign+sys-net+1-2",
                payload,
            );
        }
    }
}

/// What qubesd says of a qube, asked here and not by qib, but for what belongs to the qube alone.
fn told(machine: &Machine, release: Release, qube: &str) -> BTreeMap<String, String> {
    let ask = |method: &str| machine.lab.admin(method, qube, "").unwrap();
    let mut told = BTreeMap::new();
    let mut note = |of: &str, name: &str, value: &str| {
        told.insert(format!("{of} {name}"), value.to_owned());
    };
    for line in ask("admin.vm.property.GetAll+").lines() {
        let (name, value) = line.split_once(' ').unwrap();
        if !["name", "uuid", "qid"].contains(&name) {
            note("property", name, value);
        }
    }
    for name in ask("admin.vm.feature.List+").lines() {
        note(
            "feature",
            name,
            &ask(&format!("admin.vm.feature.Get+{name}")),
        );
    }
    for tag in ask("admin.vm.tag.List+").lines() {
        note("tag", tag, "");
    }
    note("firewall", "", &ask("admin.vm.firewall.Get+"));
    if release == Release::R4_3 {
        note("notes", "", &ask("admin.vm.notes.Get+"));
    }
    let list = match release {
        Release::R4_2 => "List",
        Release::R4_3 => "Assigned",
    };
    for class in ["block", "mic", "pci", "usb"] {
        let devices = ask(&format!("admin.vm.device.{class}.{list}+"));
        note(
            "devices",
            class,
            &devices.replace(&format!("'{qube}'"), "'it'"),
        );
    }
    for volume in ["root", "private", "volatile", "kernel"] {
        for line in ask(&format!("admin.vm.volume.Info+{volume}")).lines() {
            let (key, value) = line.split_once('=').unwrap();
            if !["usage", "vid", "path", "source"].contains(&key) {
                note(volume, key, value);
            }
        }
    }
    told
}

/// Removes every qube that is not the lab's own, as a new machine would not have them.
fn empty(machine: &Machine) {
    for qube in ALL {
        for link in ["netvm", "default_dispvm"] {
            property(machine, qube, link, "");
        }
    }
    for qube in [
        "work",
        "vault",
        "my-dvm",
        "sys-firewall",
        "sys-net",
        "own",
        "fedora-41",
        "old-template",
    ] {
        set(machine, qube, "admin.vm.Remove+", "");
    }
}

fn qubes(machine: &Machine) -> String {
    machine.lab.admin("admin.vm.List+", "dom0", "").unwrap()
}

fn comes_back(release: Release) {
    let machine = whole(release);
    machine.ok(&[&["backup"][..], &ALL].concat());
    let before = ALL.map(|qube| (qube, told(&machine, release, qube)));
    let trees = ["sys-net", "work", "vault", "own"].map(|qube| (qube, machine.tree(qube)));
    empty(&machine);
    add(&machine, "vault", 2);
    let other = machine.tree("vault");
    let there = qubes(&machine);

    let passphrase = machine.passphrase();
    let passphrase = passphrase.to_str().unwrap();
    let (code, text) = machine.fails(&["restore", "--all", "--dry-run"]);
    assert_eq!(code, 1);
    for words in ["vault: ", "a qube named vault exists"] {
        assert!(text.contains(words), "{text}");
    }
    let options = ["--all", "--rename-conflicting", "--ignore-missing"];
    let plan = [&["restore", "--dry-run", "--json"][..], &options].concat();
    let plan: Value = serde_json::from_str(&machine.ok(&plan)).unwrap();
    let order: Vec<&str> = plan["qubes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|qube| qube["qube"].as_str().unwrap())
        .collect();
    assert_eq!(
        order,
        [
            "fedora-41",
            "my-dvm",
            "own",
            "sys-firewall",
            "sys-net",
            "vault-1",
            "work"
        ]
    );
    assert_eq!(
        plan["qubes"][5]["remarks"][0],
        "its template is debian-12-xfce, not old-template"
    );
    let dangers = json!([
        "property provides_network is True",
        "it is given the PCI device dom0:00_14.0"
    ]);
    assert_eq!(plan["qubes"][4]["dangers"], dangers);
    let refused = [&["restore", "-p", passphrase][..], &options].concat();
    let (code, text) = machine.fails(&refused);
    assert_eq!(code, 7);
    assert!(
        text.contains("say --yes") && text.contains("ATTENTION: "),
        "{text}"
    );
    assert_eq!(qubes(&machine), there, "nothing was done");

    let agreed = [
        &["restore", "--json", "--yes", "-p", passphrase][..],
        &options,
    ]
    .concat();
    let report: Value = serde_json::from_str(&machine.ok(&agreed)).unwrap();
    for qube in report["qubes"].as_array().unwrap() {
        assert_eq!(
            (&qube["ok"], &qube["warnings"]),
            (&json!(true), &json!([])),
            "{qube}"
        );
    }
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    for (qube, mut expected) in before {
        let target = if qube == "vault" { "vault-1" } else { qube };
        if qube == "vault" {
            let template = "default=False type=vm debian-12-xfce";
            expected.insert("property template".to_owned(), template.to_owned());
        }
        expected.remove("feature internal");
        expected.remove("tag qib-storage");
        assert_eq!(told(&machine, release, target), expected, "{qube}");
    }
    for (qube, tree) in trees {
        let target = if qube == "vault" { "vault-1" } else { qube };
        assert_eq!(machine.tree(target), tree, "{qube}");
    }
    assert_same(&machine.tree("vault"), &other);
    for qube in ["work", "vault-1"] {
        machine.lab.start(qube).unwrap();
    }
}

#[test]
fn a_machine_of_qubes_4_3_comes_back() {
    if !skipped_without_root("a_machine_of_qubes_4_3_comes_back") {
        comes_back(Release::R4_3);
    }
}

#[test]
fn a_machine_of_qubes_4_2_comes_back() {
    if !skipped_without_root("a_machine_of_qubes_4_2_comes_back") {
        comes_back(Release::R4_2);
    }
}
