//! How qubes are set up is kept with their backups, shown, and compared.

use std::fs;

use crate::machine::faults::add;
use crate::machine::{BINARY, Machine};
use qib_lab::{LabBuilder, Release};
use serde_json::{Value, json};

/// A machine of a release with a qube that has something of everything.
fn machine(release: Release) -> Machine {
    let machine = Machine::before_init(LabBuilder::new(BINARY).release(release));
    machine.init();
    add(&machine, "work", 1);
    let set = |method: &str, payload: &str| {
        machine.lab.admin(method, "work", payload).unwrap();
    };
    set("admin.vm.property.Set+memory", "600");
    set("admin.vm.property.Set+netvm", "");
    set("admin.vm.property.Set+kernelopts", "a=b c");
    set("admin.vm.feature.Set+service.cups", "1");
    set("admin.vm.feature.Set+menu-items", "a.desktop b.desktop");
    set("admin.vm.tag.Set+mine", "");
    set(
        "admin.vm.firewall.Set+",
        "action=accept proto=tcp\naction=drop\n",
    );
    set("admin.vm.volume.Set.revisions_to_keep+private", "3");
    match release {
        Release::R4_2 => {
            let payload = "no-strict-reset=True persistent=True";
            set("admin.vm.device.pci.Attach+dom0+00_1f.2", payload);
        }
        Release::R4_3 => {
            set("admin.vm.notes.Set+", "ask\nKim");
            let payload = "mode='required' _no-strict-reset='True'";
            set(
                "admin.vm.device.pci.Assign+dom0+00_1f.2+0x8086+0x1e26++p060100",
                payload,
            );
        }
    }
    machine
}

fn json_of(machine: &Machine, arguments: &[&str]) -> Value {
    let words = [&["settings"], arguments, &["--json"]].concat();
    serde_json::from_str(&machine.ok(&words)).unwrap()
}

fn everything_is_kept(release: Release, id: &str, mode: &str, notes: &str) {
    let machine = machine(release);
    machine.backup("work");
    let shown = json_of(&machine, &["show", "work"]);
    assert_eq!(
        (&shown["qube"], &shown["snapshots"]),
        (&json!("work"), &json!([1]))
    );
    let settings = &shown["settings"];
    assert_eq!(
        settings["properties"],
        json!({
            "kernelopts": { "type": "str", "value": "a=b c" },
            "label": { "type": "label", "value": "blue" },
            "memory": { "type": "int", "value": "600" },
            "netvm": { "type": "vm", "value": "" },
            "template": { "type": "vm", "value": "debian-12-xfce" },
        })
    );
    assert_eq!(settings["class"], "AppVM");
    let features = json!({ "menu-items": "a.desktop b.desktop", "service.cups": "1" });
    assert_eq!(settings["features"], features);
    assert_eq!(settings["tags"], json!(["created-by-dom0", "mine"]));
    let rules = json!(["action=accept proto=tcp", "action=drop"]);
    assert_eq!(settings["firewall"], rules);
    assert_eq!(settings["notes"], notes);
    let device = json!({
        "class": "pci", "backend": "dom0", "port": "00_1f.2", "id": id, "mode": mode,
        "options": { "no-strict-reset": "True" },
    });
    assert_eq!(settings["devices"], json!([device]));
    let private = &settings["volumes"]["private"];
    assert_eq!(private["revisions_to_keep"], 3);
    assert_eq!(private["pool"], "varlibqubes");
    assert!(private["bytes"].as_u64().is_some());
    assert_eq!(settings["volumes"]["root"]["bytes"], Value::Null);
}

#[test]
fn everything_is_kept_of_qubes_4_2() {
    everything_is_kept(Release::R4_2, "*", "persistent", "");
}

#[test]
fn everything_is_kept_of_qubes_4_3() {
    let id = "0x8086:0x1e26::p060100";
    everything_is_kept(Release::R4_3, id, "required", "ask\nKim");
}

#[test]
fn what_changed_is_told_between_snapshots_and_since() {
    let machine = machine(Release::R4_3);
    machine.backup("work");
    machine.backup("work");
    assert_eq!(machine.objects("settings-").len(), 1, "the same twice");
    machine
        .lab
        .admin("admin.vm.tag.Set+new", "work", "")
        .unwrap();
    machine.backup("work");
    machine
        .lab
        .admin("admin.vm.property.Set+memory", "work", "700")
        .unwrap();
    let said = machine.ok(&["settings", "diff", "work", "1", "3"]);
    assert_eq!(said, "+ tag new\n");
    let said = machine.ok(&["settings", "diff", "work", "3"]);
    assert_eq!(said, "- property memory: 600\n+ property memory: 700\n");
    assert_eq!(machine.ok(&["settings", "diff", "work", "1", "2"]), "");
    let history = json_of(&machine, &["history", "work"]);
    assert_eq!(history["settings"][0]["snapshots"], json!([1, 2]));
    assert_eq!(history["settings"][1]["snapshots"], json!([3]));
    let change = json!({ "kind": "tag", "name": "new", "before": null, "after": "" });
    assert_eq!(history["settings"][1]["changes"], json!([change]));
    let said = machine.ok(&["settings", "show", "work", "--snapshot", "1"]);
    assert!(said.contains("(snapshots 1 to 2)\n"), "{said}");
    assert!(said.contains("  notes: ask\n      Kim\n"), "{said}");
    assert!(!said.contains("tag new"), "{said}");
    for (arguments, word) in [
        (["diff", "work", "7"], "no snapshot 7"),
        (["diff", "nobody", "1"], "never backed up"),
    ] {
        let (code, text) = machine.fails(&[&["settings"][..], &arguments].concat());
        assert_eq!(code, 1);
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn dom0_has_a_copy_and_mends_it_from_storage() {
    let machine = machine(Release::R4_3);
    machine.backup("work");
    let shown = machine.ok(&["settings", "show", "work"]);
    machine.lab.stop("sys-backup").unwrap();
    assert_eq!(machine.ok(&["settings", "show", "work"]), shown);
    let state = |machine: &Machine| {
        machine
            .lab
            .admin("admin.vm.List+", "sys-backup", "")
            .unwrap()
    };
    assert!(
        state(&machine).contains("state=Halted"),
        "nothing was asked of it"
    );
    let folder = machine.state().join("settings");
    let mut copies = fs::read_dir(&folder).unwrap();
    let copy = copies.next().unwrap().unwrap().path();
    let whole = fs::read(&copy).unwrap();
    let mut damaged = whole.clone();
    damaged[100] ^= 1;
    for state in [Some(&damaged[..]), Some(&whole[..50]), None] {
        match state {
            Some(bytes) => fs::write(&copy, bytes).unwrap(),
            None => fs::remove_file(&copy).unwrap(),
        }
        assert_eq!(machine.ok(&["settings", "show", "work"]), shown);
        assert_eq!(fs::read(&copy).unwrap(), whole);
    }
    let stored = machine.objects("settings-").pop().unwrap();
    fs::remove_file(&copy).unwrap();
    fs::remove_file(&stored).unwrap();
    fs::write(&stored, &damaged).unwrap();
    let (code, text) = machine.fails(&["settings", "show", "work"]);
    assert_eq!(code, 1);
    assert!(text.contains("damaged"), "{text}");
    assert!(!copy.exists(), "what is damaged is not kept");
}

#[test]
fn settings_at_storage_say_nothing_to_who_has_no_key() {
    let machine = machine(Release::R4_3);
    machine.backup("work");
    for object in machine.objects("settings-") {
        let bytes = fs::read(object).unwrap();
        let has = |word: &[u8]| bytes.windows(word.len()).any(|found| found == word);
        assert!(!has(b"menu-items") && !has(b"class"));
        assert!(bytes.starts_with(b"qibsett1"));
    }
}
