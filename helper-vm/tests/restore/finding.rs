//! A search through snapshots: what it finds is compared with what find finds in each of them.

use crate::browsing::{Helper, last, skipped};
use crate::common::{Dom0, image};
use crate::volume::image::tool;
use qib_rpc::message::browse::BrowseSnapshot;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const FOLDERS: [&str; 4] = ["s_1", "s_2", "s_3", "s_4"];

/// Four snapshots of a folder that changes.
fn four() -> (Dom0, TempDir, Vec<BrowseSnapshot>) {
    let (source, images) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let user = source.path().join("home/user");
    let write = |path: &str, content: &str| fs::write(user.join(path), content).unwrap();
    let mut dom0: Option<Dom0> = None;
    let mut snapshots = Vec::new();
    for (turn, folder) in (1..).zip(FOLDERS) {
        match turn {
            1 => {
                fs::create_dir_all(user.join("same/deep")).unwrap();
                fs::create_dir_all(user.join("goes/deep")).unwrap();
                write("same/deep/a.odt", "same");
                write("goes/deep/b.odt", "goes");
                write("goes/deep/c.txt", "goes");
                write("changes.odt", "one");
                write("ein Name\n mit Zeilen.odt", "");
            }
            2 => {
                write("changes.odt", "another");
                fs::create_dir(user.join("comes.odt")).unwrap();
                write("comes.odt/d.odt", "comes");
            }
            3 => {
                fs::remove_dir_all(user.join("goes")).unwrap();
                fs::remove_dir_all(user.join("comes.odt")).unwrap();
                std::os::unix::fs::symlink("same", user.join("comes.odt")).unwrap();
            }
            _ => {
                fs::create_dir_all(user.join("goes/deep")).unwrap();
                write("goes/deep/b.odt", "is back");
            }
        }
        let image = image::make(&images.path().join(folder), source.path(), 96);
        let dom0 = match &mut dom0 {
            None => dom0.insert(Dom0::new(&image)),
            Some(dom0) => {
                dom0.device = image;
                dom0
            }
        };
        dom0.back_up();
        snapshots.push(last(dom0, folder));
    }
    (dom0.unwrap(), images, snapshots)
}

/// The lines of what was found: first and last snapshot, what it is, path.
fn lines(text: &str) -> Vec<[String; 4]> {
    let rows = text.lines().skip_while(|line| !line.is_empty()).skip(3);
    rows.map(|row| {
        let column = |from: usize, to: usize| row.get(from..to).unwrap().trim().to_owned();
        [
            column(0, 24),
            column(26, 50),
            column(52, 67),
            column(90, row.len()),
        ]
    })
    .collect()
}

fn is_between(snapshot: &str, [first, last, ..]: &[String; 4]) -> bool {
    first.as_str() <= snapshot && snapshot <= last.as_str()
}

#[test]
fn each_version_is_told_with_the_snapshots_that_have_it() {
    if skipped("each_version_is_told_with_the_snapshots_that_have_it") {
        return;
    }
    let (dom0, _images, snapshots) = four();
    let helper = Helper::searching(&dom0.storage, &snapshots, &["*.odt", "home/user/goes/"]);
    let text = fs::read_to_string(helper.path("found.txt")).unwrap();
    let expected = [
        ["s_1", "s_1", "3", "home/user/changes.odt"],
        ["s_2", "s_4", "7", "home/user/changes.odt"],
        ["s_2", "s_2", "folder", "home/user/comes.odt"],
        ["s_3", "s_4", "link", "home/user/comes.odt"],
        ["s_2", "s_2", "5", "home/user/comes.odt/d.odt"],
        ["s_1", "s_4", "0", "home/user/ein Name\\n mit Zeilen.odt"],
        ["s_1", "s_2", "folder", "home/user/goes"],
        ["s_4", "s_4", "folder", "home/user/goes"],
        ["s_1", "s_2", "4", "home/user/goes/deep/b.odt"],
        ["s_4", "s_4", "7", "home/user/goes/deep/b.odt"],
        ["s_1", "s_4", "4", "home/user/same/deep/a.odt"],
    ];
    assert_eq!(lines(&text), expected, "{text}");
    assert!(text.starts_with("11 found in 4 snapshots: *.odt home/user/goes/\n"));
    assert!(fs::write(helper.path("found.txt"), "").is_err());
    helper.end();
}

#[test]
fn find_finds_the_same_in_each_snapshot() {
    if skipped("find_finds_the_same_in_each_snapshot") {
        return;
    }
    let (dom0, _images, snapshots) = four();
    let helper = Helper::searching(&dom0.storage, &snapshots, &["*e*"]);
    let found = lines(&fs::read_to_string(helper.path("found.txt")).unwrap());
    for folder in FOLDERS {
        let there = found.iter().filter(|row| is_between(folder, row));
        let there: BTreeSet<_> = there.map(|row| row[3].replace("\\n", "\n")).collect();
        assert_eq!(there, found_by_find(&helper.path(folder)), "{folder}");
        assert!(there.len() > 4);
    }
    helper.end();
}

fn found_by_find(folder: &Path) -> BTreeSet<String> {
    let words = ["-mindepth", "1", "-name", "*e*", "-printf", "%P\\0"];
    let found = tool("find").arg(folder).args(words).output().unwrap();
    assert!(found.status.success());
    let found = String::from_utf8(found.stdout).unwrap();
    found.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn a_snapshot_that_is_lost_is_named_and_nothing_is_claimed_of_it() {
    if skipped("a_snapshot_that_is_lost_is_named_and_nothing_is_claimed_of_it") {
        return;
    }
    let (dom0, _images, snapshots) = four();
    let (kind, digest) = (Kind::Snapshot, snapshots[1].snapshot);
    dom0.storage.remove(ObjectName { kind, digest });
    let helper = Helper::searching(&dom0.storage, &snapshots, &["a.odt", "d.odt"]);
    let text = fs::read_to_string(helper.path("found.txt")).unwrap();
    let path = "home/user/same/deep/a.odt";
    let expected = [["s_1", "s_1", "4", path], ["s_3", "s_4", "4", path]];
    assert_eq!(lines(&text), expected, "{text}");
    assert!(text.contains("\ns_2 CAN NOT BE READ\n"), "{text}");
    helper.end();
}

#[test]
fn of_a_snapshot_that_can_be_read_in_part_nothing_is_claimed() {
    if skipped("of_a_snapshot_that_can_be_read_in_part_nothing_is_claimed") {
        return;
    }
    let (dom0, _images, snapshots) = four();
    let objects = dom0.storage.objects();
    let is_pack = |name: &&ObjectName| name.kind == Kind::Pack;
    let mut in_part = 0;
    for pack in objects.keys().filter(is_pack) {
        dom0.storage.remove(*pack);
        let helper = Helper::searching(&dom0.storage, &snapshots, &["*e*"]);
        let text = fs::read_to_string(helper.path("found.txt")).unwrap();
        let found = lines(&text);
        assert!(found.iter().all(|row| row[0] <= row[1]), "{text}");
        for folder in FOLDERS {
            let is_there = |row: &&[String; 4]| is_between(folder, row);
            let there = found.iter().filter(is_there).map(|row| &row[3]);
            let there: BTreeSet<_> = there.map(|path| path.replace("\\n", "\n")).collect();
            if text.contains(&format!("\n{folder} CAN NOT BE READ\n")) {
                assert!(there.is_empty(), "{folder}: {text}");
                in_part += usize::from(
                    fs::read_dir(helper.path(folder))
                        .unwrap()
                        .all(|e| e.is_ok()),
                );
            } else {
                assert_eq!(there, found_by_find(&helper.path(folder)), "{folder}");
            }
        }
        helper.end();
        dom0.storage.insert(*pack, objects[pack].clone());
    }
    assert!(in_part > 0, "each is lost as a whole or not at all");
}

#[test]
fn where_nothing_is_searched_nothing_is_said_to_be_found() {
    if skipped("where_nothing_is_searched_nothing_is_said_to_be_found") {
        return;
    }
    let (dom0, _images, snapshots) = four();
    for (patterns, says) in [(&[][..], None), (&["none"], Some("0 found in 4 snapshots"))] {
        let helper = Helper::searching(&dom0.storage, &snapshots, patterns);
        let text = fs::read_to_string(helper.path("found.txt")).ok();
        let first = text.as_deref().and_then(|text| text.split(':').next());
        assert_eq!(first, says);
        helper.end();
    }
}
