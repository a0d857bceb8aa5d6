//! Disks with partitions, and qubes that have one: their root volume and their private
//! one are backed up and restored together.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::machine::{Machine, noise::noise};
use qib_lab::tool;
use serde_json::Value;

const MEBIBYTE: usize = 1 << 20;

/// 256 MiB: a GPT, a partition with noise, and an ext4 with the files of a folder.
fn disk(machine: &Machine, tree: &Path) -> PathBuf {
    let path = machine.lab.scratch().join("disk");
    let file = fs::File::create(&path).unwrap();
    file.set_len(256 << 20).unwrap();
    let table = "label: gpt\nsize=20MiB, type=uefi\nsize=2MiB\ntype=linux\n";
    let script = machine.lab.scratch().join("table");
    fs::write(&script, table).unwrap();
    let mut sfdisk = tool("sfdisk");
    sfdisk.arg("--quiet").arg(&path);
    sfdisk.stdin(fs::File::open(&script).unwrap());
    assert!(sfdisk.status().unwrap().success());
    file.write_all_at(&noise(3 * MEBIBYTE, 7), 2 << 20).unwrap();
    let mut mke2fs = tool("mke2fs");
    mke2fs.args(["-q", "-F", "-t", "ext4", "-E", "offset=24117248", "-d"]);
    let made = mke2fs.arg(tree).arg(&path).arg("237568k").status();
    assert!(made.unwrap().success());
    path
}

/// Everything beside the files is the same, and the files are there.
fn assert_same_disk(one: &Path, other: &Path) {
    let (before, after) = (fs::read(one).unwrap(), fs::read(other).unwrap());
    assert!(before[..23 * MEBIBYTE] == after[..23 * MEBIBYTE], "beside");
    assert!(
        before[255 * MEBIBYTE..] == after[255 * MEBIBYTE..],
        "behind"
    );
    let checked = format!("{}?offset=24117248", other.display());
    let clean = tool("e2fsck").args(["-f", "-n", &checked]).output();
    assert!(clean.unwrap().status.success());
    let mut debugfs = tool("debugfs");
    let output = debugfs.args(["-R", "cat /boot/vmlinuz", &checked]).output();
    assert!(output.unwrap().stdout == noise(2 * MEBIBYTE, 1));
}

fn system(machine: &Machine) -> PathBuf {
    let tree = machine.lab.scratch().join("system");
    fs::create_dir_all(tree.join("boot")).unwrap();
    fs::write(tree.join("boot/vmlinuz"), noise(2 * MEBIBYTE, 1)).unwrap();
    disk(machine, &tree)
}

#[test]
fn a_disk_comes_back_with_its_table_and_its_files() {
    let machine = Machine::new();
    let path = system(&machine);
    machine.lab.add_image("work", &path, false).unwrap();
    let text = machine.ok(&["backup", "work"]);
    assert!(
        text.contains("read by qib: a disk with partitions"),
        "{text}"
    );
    let listed = machine.ok(&["snapshots", "work"]);
    assert!(
        listed.contains("by qib: a disk with partitions"),
        "{listed}"
    );
    machine.restore("work", &[], "again");
    assert_same_disk(&path, &machine.lab.image("again").unwrap());
}

fn admin(machine: &Machine, call: &str) -> String {
    let answer = machine.lab.qubesd("qubesd.sock", call.as_bytes()).unwrap();
    String::from_utf8(answer).unwrap()
}

fn root_image(machine: &Machine, qube: &str) -> PathBuf {
    let private = machine.lab.image(qube).unwrap();
    private.with_file_name("root.img")
}

/// A halted standalone qube: its root is a disk, its private volume has a file.
fn standalone(machine: &Machine, name: &str) {
    let call = format!("admin.vm.Create.StandaloneVM+ dom0 name dom0\0name={name} label=orange");
    assert_eq!(admin(machine, &call), "0\0");
    let tree = machine.lab.scratch().join("home");
    fs::create_dir_all(tree.join("home/user")).unwrap();
    fs::write(tree.join("home/user/letter"), noise(100_000, 2)).unwrap();
    let private = machine.lab.image(name).unwrap();
    let mut mke2fs = tool("mke2fs");
    mke2fs.args(["-q", "-F", "-t", "ext4", "-d"]);
    assert!(mke2fs.arg(&tree).arg(&private).status().unwrap().success());
    let root = root_image(machine, name);
    fs::copy(system(machine), &root).unwrap();
    let call = format!(
        "admin.vm.volume.Resize+root dom0 name {name}\0{}",
        256 << 20
    );
    assert_eq!(admin(machine, &call), "0\0");
}

#[test]
fn a_standalone_qube_comes_back_with_both_volumes() {
    let machine = Machine::new();
    standalone(&machine, "own");
    let text = machine.ok(&["backup", "own"]);
    assert!(text.contains("own (root): snapshot 1"), "{text}");
    assert!(text.contains("\nown: snapshot 1"), "{text}");
    let report = machine.ok(&["backup", "--always", "--json", "own"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    let part = |place: usize| report["qubes"][place]["part"].as_str().unwrap();
    assert_eq!((part(0), part(1)), ("root", "private"));
    assert_eq!(report["qubes"][0]["read_by"], "disk");
    assert_eq!(report["qubes"][0]["counts"]["bytes_new"], 0);
    let listed = machine.ok(&["snapshots", "own"]);
    assert_eq!(listed.matches("own (root)").count(), 2, "{listed}");
    machine.restore("own", &[], "again");
    let list = admin(&machine, "admin.vm.List+ dom0 name again\0");
    assert!(
        list.contains("again class=StandaloneVM state=Halted"),
        "{list}"
    );
    let tags = admin(&machine, "admin.vm.tag.List+ dom0 name again\0");
    assert!(!tags.contains("restore-in-progress"), "{tags}");
    assert_same_disk(&root_image(&machine, "own"), &root_image(&machine, "again"));
    crate::machine::assert_same(&machine.tree("own"), &machine.tree("again"));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_standalone_qube_is_whole_or_not_there() {
    let machine = Machine::new();
    standalone(&machine, "own");
    machine.ok(&["backup", "own"]);
    let listed = machine.ok(&["snapshots", "--json", "own"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let root = &listed["qubes"][1];
    assert_eq!(root["part"], "root");
    let prefix = root["prefix"].as_str().unwrap();
    let packs = machine.objects("pack-").into_iter();
    let mut of_root = packs.filter(|path| path.to_str().unwrap().contains(prefix));
    fs::remove_file(of_root.next().unwrap()).unwrap();
    let passphrase = machine.passphrase();
    let passphrase = passphrase.to_str().unwrap();
    // The private volume is filled by then, and must not count.
    machine.fails(&["restore", "own", "--as", "again", "-p", passphrase]);
    let list = admin(&machine, "admin.vm.List+ dom0 name dom0\0");
    assert!(!list.contains("again"), "{list}");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    machine.ok(&["backup", "own"]);
    machine.restore("own", &[], "again");
    assert_same_disk(&root_image(&machine, "own"), &root_image(&machine, "again"));
}
