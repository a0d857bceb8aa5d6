//! Thin pools of LVM, with stand-ins for LVM's commands: what is called, and what is left.

use std::fs;
use std::path::PathBuf;

use crate::machine::faults::{add, backup_under_way, next_run_works};
use crate::machine::{BINARY, Machine, assert_same, kill, process, skipped_without_root};
use qib_lab::{Driver, LabBuilder};

fn machine() -> Machine {
    let machine = Machine::before_init(LabBuilder::new(BINARY).driver(Driver::LvmThin));
    machine.init();
    machine
}

fn volumes(machine: &Machine) -> PathBuf {
    machine.lab.dir().join("pool/qubes/lv")
}

/// LVM's commands since the last look, with `GROUP` and `RANDOM` for what differs.
fn commands(machine: &Machine) -> Vec<String> {
    let calls = machine.lab.calls().unwrap().into_iter();
    let lines = calls.map(|call| call.lines().next().unwrap_or_default().to_owned());
    let lvm = lines.filter_map(|line| Some(without_chance(line.strip_prefix("dom0 ")?)));
    lvm.filter(|line| line.starts_with("lvm ")).collect()
}

fn without_chance(line: &str) -> String {
    let hidden = |word: &str| {
        let (before, rest) = word.split_once("qib-lab-")?;
        let end = rest.find('/').unwrap_or(rest.len());
        Some(format!("{before}GROUP{}", &rest[end..]))
    };
    let word = |word: &str| {
        let word = hidden(word).unwrap_or(word.to_owned());
        match word.split_once("vm-qib.") {
            Some((before, random)) if random.len() == 16 => format!("{before}vm-qib.RANDOM"),
            _ => word,
        }
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

const LIST: &str = "lvm lvs --noheadings --options=lv_name -- GROUP";
const REMOVE: &str = "lvm lvremove --force -- GROUP/vm-qib.RANDOM";

fn snapshot_of(origin: &str) -> String {
    format!(
        "lvm lvcreate --setactivationskip=n --activate=y --addtag=qib --snapshot \
         --name=vm-qib.RANDOM -- GROUP/{origin}"
    )
}

#[test]
fn a_qube_on_a_thin_pool_is_backed_up_running_and_halted_and_restored() {
    if skipped_without_root("a_qube_on_a_thin_pool_is_backed_up_running_and_halted_and_restored") {
        return;
    }
    let machine = machine();
    add(&machine, "work", 20);
    machine.lab.start("work").unwrap();
    let running = machine.backup("work");
    assert_eq!(running["state"], "as it is now");
    let live = snapshot_of("vm-work-private-snap");
    let expected = [LIST, &live, LIST, LIST, REMOVE];
    assert_eq!(commands(&machine), expected);

    machine.lab.stop("work").unwrap();
    let halted = machine.backup("work");
    assert_eq!(halted["state"], "as it was left at its last shutdown");
    let left = snapshot_of("vm-work-private");
    let expected = [LIST, &left, LIST, LIST, REMOVE];
    assert_eq!(commands(&machine), expected);

    machine.restore("work", &[], "again");
    assert_same(&machine.tree("work"), &machine.tree("again"));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_volume_that_has_only_a_revision_left_is_read_from_it() {
    if skipped_without_root("a_volume_that_has_only_a_revision_left_is_read_from_it") {
        return;
    }
    let machine = machine();
    add(&machine, "work", 2);
    let folder = volumes(&machine);
    for seconds in [1_700_000_000, 1_700_000_001] {
        let revision = format!("vm-work-private-{seconds}-back");
        fs::copy(folder.join("vm-work-private"), folder.join(revision)).unwrap();
    }
    fs::remove_file(folder.join("vm-work-private")).unwrap();
    machine.backup("work");
    let newest = snapshot_of("vm-work-private-1700000001-back");
    assert!(commands(&machine).contains(&newest));
}

#[test]
fn a_pool_that_is_full_of_metadata_is_refused_before_anything_happens() {
    if skipped_without_root("a_pool_that_is_full_of_metadata_is_refused_before_anything_happens") {
        return;
    }
    let machine = machine();
    add(&machine, "work", 2);
    for number in 0..220 {
        fs::write(volumes(&machine).join(format!("other-{number}")), "").unwrap();
    }
    let (code, said) = machine.fails(&["backup", "work"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("% full of metadata; free some room"),
        "{said}"
    );
    assert_eq!(commands(&machine), Vec::<String>::new());
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_snapshot_that_a_killed_run_left_is_removed_by_the_next() {
    if skipped_without_root("a_snapshot_that_a_killed_run_left_is_removed_by_the_next") {
        return;
    }
    let machine = machine();
    add(&machine, "work", 100);
    let child = backup_under_way(&machine);
    kill(process(&machine, "qib").expect("it runs"));
    assert!(!child.wait_with_output().unwrap().status.success());
    let left = machine.leftovers();
    assert!(
        left.iter().any(|one| one.starts_with("vm-qib.")),
        "{left:?}"
    );
    next_run_works(&machine);
}

#[test]
fn a_snapshot_on_a_disk_that_is_away_stops_no_other_backup() {
    let machine = Machine::new();
    add(&machine, "work", 1);
    let left = "lv away/vm-qib.0123456789abcdef\n";
    fs::write(machine.state().join("undo"), left).unwrap();
    let output = machine.qib(&["backup", "work"]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    let warning = "warning: a snapshot of an earlier run is still there: lvm: lvs: ";
    assert!(said.contains(warning), "{said}");
    let journal = fs::read_to_string(machine.state().join("undo"));
    assert_eq!(journal.unwrap(), left, "it is tried again");
}

#[test]
fn qubesd_s_bytes_of_a_thin_pool() {
    if skipped_without_root("qubesd_s_bytes_of_a_thin_pool") {
        return;
    }
    let machine = machine();
    add(&machine, "a-b", 1);
    let ask = |call: &str| {
        let answer = machine.lab.qubesd("qubesd.sock", call.as_bytes()).unwrap();
        String::from_utf8(answer).unwrap()
    };
    let pool = ask("admin.pool.Info+varlibqubes dom0 name dom0\0");
    // In the order of their names, as qubesd prints them.
    let own = "0\0driver=lvm_thin\nephemeral_volatile=False\nname=varlibqubes\n\
               revisions_to_keep=1\nthin_pool=vm-pool\nvolume_group=";
    let group = pool.strip_prefix(own).unwrap();
    let (group, _) = group.split_once('\n').unwrap();
    let usage = ask("admin.pool.UsageDetails+varlibqubes dom0 name dom0\0");
    let lines: Vec<&str> = usage.lines().collect();
    assert!(lines[2].starts_with("metadata_size=") && lines[3].starts_with("metadata_usage="));
    let info = ask("admin.vm.volume.Info+private dom0 name a-b\0");
    let vid = format!("\nvid={group}/vm-a-b-private\n");
    let doubled = group.replace('-', "--");
    let path = format!("\npath=/dev/mapper/{doubled}-vm--a--b--private\n");
    assert!(info.contains(&vid) && info.contains(&path), "{info}");

    let internal = |call: &str| {
        let socket = "qubesd.internal.sock";
        let answer = machine.lab.qubesd(socket, call.as_bytes()).unwrap();
        String::from_utf8(answer).unwrap()
    };
    let begin = "internal.vm.volume.ImportBegin+private dom0 name a-b\x004194304";
    let place = format!("0\x004194304 /dev/{group}/vm-a-b-private-import");
    assert_eq!(internal(begin), place);
    let twice = internal(begin);
    let busy = format!(
        "2\0StoragePoolException\0\0Import operation in progress on {group}/vm-a-b-private\0"
    );
    assert_eq!(twice, busy);
    let start = ask("admin.vm.Start+ dom0 name a-b\0");
    assert!(start.contains("Import operation in progress"), "{start}");
    let end = "internal.vm.volume.ImportEnd+private dom0 name a-b\0ok";
    assert_eq!(internal(end), "0\0");
    let none = internal(end);
    assert!(
        none.starts_with("2\0StoragePoolException\0\0No import operation"),
        "{none}"
    );
    let revisions = ask("admin.vm.volume.ListSnapshots+private dom0 name a-b\0");
    assert!(revisions.ends_with("-back\n"), "{revisions}");
    let shrink = ask("admin.vm.volume.Resize+private dom0 name a-b\x001048576");
    assert!(shrink.starts_with("2\0StoragePoolException\0"), "{shrink}");
}
