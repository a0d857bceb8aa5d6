//! `qib.Forget`: lists, the trash, and the two clocks that must agree before it is emptied.

use super::bench::{Daemon, Line, OTHER_PREFIX, PREFIX, folder, noise, path_of};
use qib_rpc::fault::Code;
use qib_rpc::id::Prefix;
use qib_rpc::message::forget::{
    EmptyTrash, ListObjects, ListTrash, Listed, ListedObject, Moved, TrashObjects, Undelete,
};
use qib_rpc::message::object::GetObject;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

const NOW: u64 = 1_795_986_000;
const DAY: u64 = 86_400;

fn hear_list(line: &mut Line) -> Vec<ListedObject> {
    let mut all = Vec::new();
    loop {
        let Listed { objects, is_last } = line.expect();
        all.extend_from_slice(objects.items());
        if is_last {
            return all;
        }
    }
}

fn list(line: &mut Line, kind: Kind) -> Vec<ObjectName> {
    let prefix = PREFIX;
    line.tx.send(&ListObjects { prefix, kind }).unwrap();
    hear_list(line).iter().map(|object| object.name).collect()
}

fn in_trash(line: &mut Line) -> Vec<ObjectName> {
    line.tx.send(&ListTrash { prefix: PREFIX }).unwrap();
    hear_list(line).iter().map(|object| object.name).collect()
}

fn trash(line: &mut Line, prefix: Prefix, now: u64, names: &[ObjectName]) {
    let names = names.to_vec().try_into().unwrap();
    line.tx.send(&TrashObjects { prefix, now, names }).unwrap();
}

fn undelete(line: &mut Line, names: &[ObjectName]) -> Moved {
    let (prefix, names) = (PREFIX, names.to_vec().try_into().unwrap());
    line.tx.send(&Undelete { prefix, names }).unwrap();
    line.expect()
}

fn empty(line: &mut Line, now: u64, days: u32) -> u64 {
    let prefix = PREFIX;
    line.tx.send(&EmptyTrash { prefix, now, days }).unwrap();
    line.expect::<Moved>().objects
}

/// Some objects of every kind that backups make, put by a session that has ended.
fn filled(daemon: &Daemon) -> Vec<ObjectName> {
    let mut permit = daemon.backup(1);
    let mut put = daemon.put(1);
    let kinds = [
        Kind::Pack,
        Kind::Pack,
        Kind::Index,
        Kind::Snapshot,
        Kind::Packs,
    ];
    let named = (0..).zip(kinds);
    let names = named.map(|(number, kind)| put.put(kind, &noise(number, 1000 + number as usize)));
    let names = names.collect();
    permit.close_permit();
    names
}

#[test]
fn what_is_trashed_is_not_served_and_comes_back() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let names = filled(&daemon);
    let mut line = daemon.call("qib.Forget+ dom0");
    let mut packs = list(&mut line, Kind::Pack);
    packs.sort();
    let mut expected = names[..2].to_vec();
    expected.sort();
    assert_eq!(packs, expected);
    assert_eq!(list(&mut line, Kind::Index), [names[2]]);
    assert_eq!(list(&mut line, Kind::Key), []);
    trash(&mut line, PREFIX, NOW, &names);
    let moved: Moved = line.expect();
    assert_eq!((moved.objects, moved.bytes), (5, 5010));
    assert_eq!(in_trash(&mut line).len(), 5);
    assert_eq!(list(&mut line, Kind::Pack), []);
    // Once more, as after a crash.
    trash(&mut line, PREFIX, NOW + 9, &names);
    assert_eq!(line.expect::<Moved>(), Moved::default());
    let _permit = daemon.restore(2);
    let mut get = daemon.get(2);
    get.tx.send(&GetObject { name: names[0] }).unwrap();
    assert_eq!(get.code(), Code::Missing);
    drop((_permit, get));
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(undelete(&mut line, &names).objects, 5);
    assert_eq!(undelete(&mut line, &names), Moved::default());
    assert_eq!(in_trash(&mut line), []);
    let _permit = daemon.restore(3);
    let mut get = daemon.get(3);
    get.tx.send(&GetObject { name: names[0] }).unwrap();
    assert_eq!(get.take_object(), Ok(noise(0, 1000)));
}

#[test]
fn nothing_is_moved_while_a_session_lives() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let names = filled(&daemon);
    for permit in [daemon.backup(2), daemon.restore(3)] {
        let mut line = daemon.call("qib.Forget+ dom0");
        trash(&mut line, PREFIX, NOW, &names);
        assert_eq!(line.code(), Code::SessionLives);
        let mut other = daemon.call("qib.Forget+ dom0");
        trash(&mut other, OTHER_PREFIX, NOW, &names);
        assert_eq!(other.expect::<Moved>(), Moved::default());
        drop(permit);
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(path_of(&folder, names[0]).exists());
}

#[test]
fn only_what_backups_make_goes_and_only_on_dom0s_word() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    for caller in ["work", "disp1", "sys-backup"] {
        let descriptor = format!("qib.Forget+ {caller}");
        assert_eq!(daemon.call(&descriptor).code(), Code::NotAllowed);
        let descriptor = format!("qib.Scrub+ {caller}");
        assert_eq!(daemon.call(&descriptor).code(), Code::NotAllowed);
    }
    for kind in [
        Kind::Key,
        Kind::Kit,
        Kind::Ledger,
        Kind::Settings,
        Kind::Dom0,
    ] {
        let mut line = daemon.call("qib.Forget+ dom0");
        trash(&mut line, PREFIX, NOW, &[ObjectName::of(kind, b"")]);
        assert_eq!(line.code(), Code::NotAllowed, "{kind:?}");
    }
}

#[test]
fn the_trash_is_kept_for_the_days_of_storage_whatever_dom0_asks() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let names = filled(&daemon);
    let mut line = daemon.call("qib.Forget+ dom0");
    trash(&mut line, PREFIX, NOW, &names);
    line.expect::<Moved>();
    // dom0's clock jumped by ten years; ours did not.
    assert_eq!(empty(&mut line, NOW + 3650 * DAY, 0), 0);
    assert_eq!(in_trash(&mut line).len(), 5);
}

#[test]
fn the_trash_is_kept_for_the_days_of_dom0_whatever_the_clock_of_storage_says() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start_with(&folder, &["--trash-days", "0"]);
    let names = filled(&daemon);
    let mut line = daemon.call("qib.Forget+ dom0");
    trash(&mut line, PREFIX, NOW, &names);
    line.expect::<Moved>();
    // Storage's clock was years behind when it noted its time.
    let bin = folder.join(PREFIX.to_string()).join("trash");
    let noted = fs::read_dir(&bin).unwrap().next().unwrap().unwrap().path();
    fs::rename(noted, bin.join(format!("{NOW}-0"))).unwrap();
    assert_eq!(empty(&mut line, NOW - 1, 0), 0, "dom0's clock was set back");
    assert_eq!(empty(&mut line, NOW + 30 * DAY - 1, 30), 0);
    assert_eq!(empty(&mut line, NOW + 30 * DAY, 30), 5);
    assert_eq!(in_trash(&mut line), []);
    assert_eq!(fs::read_dir(&bin).unwrap().count(), 0);
}

#[test]
fn what_is_not_ours_is_neither_listed_nor_removed() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start_with(&folder, &["--trash-days", "0"]);
    let names = filled(&daemon);
    let mut line = daemon.call("qib.Forget+ dom0");
    trash(&mut line, PREFIX, NOW, &names);
    line.expect::<Moved>();
    let prefix = folder.join(PREFIX.to_string());
    let bin = fs::read_dir(prefix.join("trash")).unwrap().next().unwrap();
    let foreign = [
        prefix.join("index/notes.txt"),
        prefix.join("trash/keep"),
        bin.unwrap().path().join("notes.txt"),
    ];
    for path in &foreign {
        fs::write(path, "mine").unwrap();
    }
    fs::create_dir(prefix.join("index").join(names[2].to_string())).unwrap();
    assert_eq!(list(&mut line, Kind::Index), []);
    assert_eq!(empty(&mut line, NOW, 0), 5);
    for path in foreign {
        assert!(path.exists(), "{}", path.display());
    }
}

#[test]
fn long_lists_come_in_parts() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let shelf = folder.join(PREFIX.to_string()).join("index");
    fs::create_dir_all(&shelf).unwrap();
    let all: BTreeSet<ObjectName> = (0..2001u32)
        .map(|number| ObjectName::of(Kind::Index, &number.to_le_bytes()))
        .collect();
    for name in &all {
        fs::write(shelf.join(name.to_string()), "").unwrap();
    }
    let mut line = daemon.call("qib.Forget+ dom0");
    let listed = list(&mut line, Kind::Index);
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), all);
}

#[test]
fn a_daemon_killed_while_it_moves_leaves_each_object_in_one_place() {
    let (_parent, folder) = folder();
    let names: Vec<ObjectName> = (0..900u32)
        .map(|number| ObjectName::of(Kind::Pack, &number.to_le_bytes()))
        .collect();
    for (number, name) in (0u32..).zip(&names) {
        let path = path_of(&folder, *name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, number.to_le_bytes()).unwrap();
    }
    let mut found = Vec::new();
    for wait in [1, 3, 6, 10] {
        let daemon = Daemon::start(&folder);
        let mut line = daemon.call("qib.Forget+ dom0");
        if wait % 2 == 1 {
            trash(&mut line, PREFIX, NOW, &names);
        } else {
            let names = names.clone().try_into().unwrap();
            let undelete = Undelete {
                prefix: PREFIX,
                names,
            };
            line.tx.send(&undelete).unwrap();
        }
        std::thread::sleep(Duration::from_millis(wait));
        daemon.kill();
        let daemon = Daemon::start(&folder);
        let mut line = daemon.call("qib.Forget+ dom0");
        let (there, trashed) = (list(&mut line, Kind::Pack), in_trash(&mut line));
        let all: BTreeSet<ObjectName> = there.iter().chain(&trashed).copied().collect();
        assert_eq!(all.len(), names.len(), "after {wait} ms");
        found.push((there.len(), trashed.len()));
    }
    println!("there and in the trash: {found:?}");
    let daemon = Daemon::start(&folder);
    let mut line = daemon.call("qib.Forget+ dom0");
    undelete(&mut line, &names);
    assert_eq!(list(&mut line, Kind::Pack).len(), names.len());
}
