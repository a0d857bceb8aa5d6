//! A run that reads only what changed makes the same snapshot as one that reads everything.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it fails"
)]

mod common;

use common::storage::Trouble;
use common::{Dom0, image, tree::Tree};
use qib_rpc::count::Counts;
use qib_rpc::glob::{Glob, Globs, PathRules};
use qib_rpc::message::backup::BackupSummary;
use qib_rpc::rule::{GlobNumber, Rule, Rules};
use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::tempdir;

/// The newest time of the volume, far from the times of its files: nothing is racy.
const SETTLED: &str = "ssv mtime @3000000000";

/// An image that the kernel mounts between the runs; none where tests may not mount.
fn image_and_mount(place: &Path, mebibytes: u64) -> Option<(PathBuf, PathBuf)> {
    let (tree, mount) = (place.join("tree"), place.join("mount"));
    fs::create_dir(&tree).unwrap();
    fs::create_dir(&mount).unwrap();
    let path = image::make(&place.join("image"), &tree, mebibytes);
    let may = mounted(&path, &mount, |_| {});
    may.then_some((path, mount))
}

/// Changes the volume through the kernel; false where tests may not mount.
fn mounted(image: &Path, mount: &Path, change: impl FnOnce(&Path)) -> bool {
    let tried = Command::new("mount")
        .args(["-o", "loop"])
        .args([image, mount])
        .output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        return false;
    }
    change(mount);
    let synced = Command::new("sync").arg("-f").arg(mount).status();
    assert!(synced.unwrap().success());
    unmount(mount);
    wait_until_free(image);
    image::debugfs(image, SETTLED);
    true
}

/// The kernel may hold a volume for a moment after its last file was closed.
fn unmount(mount: &Path) {
    let ended = Command::new("sh")
        .args([
            "-c",
            "for try in $(seq 100); do umount \"$0\" && exit; sleep 0.1; done; exit 1",
        ])
        .arg(mount)
        .status();
    assert!(ended.unwrap().success());
}

/// A process with a copy of the mount table may hold the volume a little longer.
fn wait_until_free(image: &Path) {
    for _ in 0..200 {
        let held = Command::new("losetup").arg("-j").arg(image).output();
        if held.unwrap().stdout.is_empty() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{image:?} is still mounted somewhere");
}

/// Every entry as text, and the numbers of a run. Of what is left out only the
/// entries: their sizes are those of the time when their folder was read.
type Seen = (Vec<String>, Counts, Vec<(Rule, u64)>);

fn seen(dom0: &Dom0, summary: &BackupSummary) -> Seen {
    let counts = summary.counts;
    let tree = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, dom0.sequence);
    let leaf = |(path, leaf): (&Vec<u8>, &common::tree::Leaf)| {
        let hash = blake3::hash(&leaf.content);
        let group = leaf.entry.link_group;
        let path = String::from_utf8_lossy(path);
        format!("{path} {:?} {group:?} {hash}", leaf.entry.meta)
    };
    let counts = Counts {
        files: counts.files,
        folders: counts.folders,
        others: counts.others,
        file_bytes: counts.file_bytes,
        ..Counts::default()
    };
    let left_out = summary.left_out.iter();
    let left_out = left_out.map(|(rule, left_out)| (rule, left_out.entries));
    let leaves = tree.leaves().iter().map(leaf).collect();
    (leaves, counts, left_out.collect())
}

fn back_up(dom0: &mut Dom0) -> Seen {
    let summary = dom0.back_up();
    seen(dom0, &summary)
}

/// The incremental run and a fresh one of the same volume agree.
fn agree(dom0: &mut Dom0, what: &str) {
    let mut fresh = Dom0::new(&dom0.device);
    fresh.rules = dom0.rules;
    fresh.paths = dom0.paths.clone();
    let (ours, theirs) = (back_up(dom0), back_up(&mut fresh));
    for (mine, other) in ours.0.iter().zip(&theirs.0) {
        assert_eq!(mine, other, "{what}");
    }
    assert_eq!(ours.0.len(), theirs.0.len(), "{what}");
    assert_eq!((ours.1, ours.2), (theirs.1, theirs.2), "{what}");
}

/// A small generator, so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn one_of<'a>(&mut self, paths: &'a [PathBuf]) -> &'a Path {
        &paths[self.roll(paths.len())]
    }
}

fn all(root: &Path, folders: bool) -> Vec<PathBuf> {
    let mut found = if folders {
        vec![root.to_owned()]
    } else {
        vec![]
    };
    let mut entries: Vec<_> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let is_folder = entry.file_type().unwrap().is_dir();
        if is_folder && entry.file_name() != "lost+found" {
            found.extend(all(&entry.path(), folders));
        } else if !folders && !is_folder {
            found.push(entry.path());
        }
    }
    found
}

const NAMES: [&str; 10] = [
    "a",
    "b",
    "c",
    ".cache",
    "home",
    "user",
    ".local",
    "share",
    "Trash",
    "CACHEDIR.TAG",
];

fn change_something(root: &Path, dice: &mut Dice, turn: usize) {
    let (folders, files) = (all(root, true), all(root, false));
    let folder = dice.one_of(&folders).to_owned();
    let new = folder.join(NAMES[dice.roll(NAMES.len())]);
    let file = (!files.is_empty()).then(|| dice.one_of(&files).to_owned());
    // What can not be done here, such as a folder moved into itself, is no change.
    let _done = match (dice.roll(12), file) {
        (0..=2, _) => fs::create_dir(&new),
        (3..=4, _) => fs::write(&new, format!("file {turn}\n").repeat(dice.roll(400))),
        (5, Some(file)) => fs::OpenOptions::new()
            .write(true)
            .open(&file)
            .and_then(|open| open.write_all_at(format!("{turn}").as_bytes(), 3)),
        (6, Some(file)) => fs::hard_link(file, &new),
        (7, Some(file)) => fs::remove_file(file),
        (8, _) => fs::rename(dice.one_of(&folders), &new),
        (9, Some(file)) => fs::rename(file, &new),
        (10, Some(file)) => {
            let mode = fs::symlink_metadata(&file).unwrap().mode() ^ 0o100;
            fs::set_permissions(&file, fs::Permissions::from_mode(mode))
        }
        (11, _) => fs::write(
            folder.join("CACHEDIR.TAG"),
            "Signature: 8a477f597d28d172789f06886806bc55",
        ),
        _ => symlink("anywhere", &new),
    };
}

#[test]
fn after_any_changes_the_snapshot_is_that_of_a_fresh_run() {
    let place = tempdir().unwrap();
    let Some((image, mount)) = image_and_mount(place.path(), 64) else {
        return skipped();
    };
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let mut dom0 = Dom0::new(&image);
        mounted(&image, &mount, |root| {
            fs::create_dir_all(root.join("home/user")).unwrap_or(())
        });
        for turn in 0..14 {
            let changes = [60, 1, 2, 0, 5, 1, 9][turn % 7];
            mounted(&image, &mount, |root| {
                for _ in 0..changes {
                    change_something(root, &mut dice, turn);
                }
            });
            agree(&mut dom0, &format!("seed {seed}, turn {turn}"));
        }
    }
}

#[test]
fn an_unchanged_volume_costs_no_name_and_no_byte() {
    let place = tempdir().unwrap();
    let Some((image, mount)) = image_and_mount(place.path(), 64) else {
        return skipped();
    };
    mounted(&image, &mount, |root| {
        for folder in 0..50 {
            let folder = root.join(format!("home/user/folder {folder}/inner"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("file"), vec![7; 10_000]).unwrap();
        }
    });
    let mut dom0 = Dom0::new(&image);
    let first = back_up(&mut dom0);
    // Without the blocks of its folders the volume can be read by nobody.
    let blocks = Command::new("debugfs")
        .args(["-R", "blocks /home/user"])
        .arg(&image)
        .output();
    let text = String::from_utf8(blocks.unwrap().stdout).unwrap();
    let device = fs::OpenOptions::new().write(true).open(&image).unwrap();
    for block in text.split_whitespace() {
        let at = block.parse::<u64>().unwrap() * 4096;
        device.write_all_at(&[0xff; 4096], at).unwrap();
    }
    assert!(
        Dom0::new(&image).run().summary.is_err(),
        "the names are gone"
    );
    let summary = dom0.back_up();
    assert_eq!(summary.counts.bytes_read, 0);
    assert_eq!(summary.counts.bytes_new, 0);
    assert_eq!(summary.stored.unwrap().index, None);
    assert_eq!(seen(&dom0, &summary), first);
}

#[test]
fn a_change_of_rules_reads_all_names_again() {
    let place = tempdir().unwrap();
    let Some((image, mount)) = image_and_mount(place.path(), 64) else {
        return skipped();
    };
    mounted(&image, &mount, |root| {
        fs::create_dir_all(root.join("home/user/.cache/deep")).unwrap();
        fs::write(root.join("home/user/.cache/deep/file"), "cached").unwrap();
        fs::create_dir_all(root.join("home/user/VMs/deep")).unwrap();
        fs::write(root.join("home/user/VMs/deep/a.iso"), "disk").unwrap();
        fs::write(root.join("home/user/VMs/kept.iso"), "other disk").unwrap();
        fs::hard_link(
            root.join("home/user/VMs/kept.iso"),
            root.join("home/user/other name"),
        )
        .unwrap();
    });
    let mut dom0 = Dom0::new(&image);
    for rules in [
        Rules::DEFAULT,
        Rules::DEFAULT.without(Rule::UserCache),
        Rules::DEFAULT,
    ] {
        dom0.rules = rules;
        agree(&mut dom0, &format!("{rules:?}"));
    }
    for (exclude, include) in [
        (&[][..], &[][..]),
        (&["home/user/VMs/**", "*.iso"], &[]),
        (&["home/user/VMs/**", "*.iso"], &["kept.iso"]),
        (&["home/user/VMs/"], &["kept.iso"]),
    ] {
        dom0.paths = paths(exclude, include);
        agree(&mut dom0, &format!("{exclude:?} {include:?}"));
    }
    for max_file_bytes in [Some(4), Some(6), Some(4), None] {
        dom0.rules.max_file_bytes = max_file_bytes;
        agree(&mut dom0, &format!("{max_file_bytes:?}"));
    }
}

fn paths(exclude: &[&str], include: &[&str]) -> PathRules {
    let globs = |texts: &[&str]| {
        let globs: Vec<Glob> = texts.iter().map(|text| text.parse().unwrap()).collect();
        Globs::try_from(globs).unwrap()
    };
    PathRules {
        exclude: globs(exclude),
        include: globs(include),
        obey_suggestions: false,
    }
}

/// What patterns and a limit leave out, what they keep, and what it costs to look again.
#[test]
fn patterns_and_sizes_are_followed_from_run_to_run() {
    let place = tempdir().unwrap();
    let Some((image, mount)) = image_and_mount(place.path(), 64) else {
        return skipped();
    };
    let write = |root: &Path, path: &str, bytes: usize| {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), vec![7; bytes]).unwrap();
    };
    mounted(&image, &mount, |root| {
        for path in [
            "VMs/a.img",
            "VMs/keep/b.img",
            "VMs/big",
            "doc/x.iso",
            "doc/keep.iso",
        ] {
            write(root, &format!("home/user/{path}"), 5000);
        }
        write(root, "home/user/doc/big", 9000);
        write(root, "home/user/doc/small", 100);
        fs::hard_link(
            root.join("home/user/VMs/a.img"),
            root.join("home/user/doc/a link"),
        )
        .unwrap();
    });
    let mut dom0 = Dom0::new(&image);
    dom0.paths = paths(
        &["*.iso", "/home/user/VMs/**"],
        &["home/user/VMs/keep/", "keep.iso"],
    );
    dom0.rules.max_file_bytes = Some(8000);
    let exclude = |number| Rule::Exclude(GlobNumber::all().nth(number).unwrap());
    let first = back_up(&mut dom0);
    let names = |seen: &Seen| -> Vec<String> {
        let name = |leaf: &String| leaf.split(' ').next().unwrap().replace("/home/user/", "");
        let files = seen.0.iter().map(name);
        files
            .filter(|name| name.contains("VMs/") || name.contains("doc/"))
            .collect()
    };
    let expected = [
        "VMs/keep",
        "VMs/keep/b.img",
        "doc/a",
        "doc/keep.iso",
        "doc/small",
    ];
    assert_eq!(names(&first), expected);
    let left_out = [
        (Rule::LostFound, 1),
        (Rule::MaxFileSize, 1),
        (exclude(0), 1),
        (exclude(1), 2),
    ];
    assert_eq!(first.2, left_out);
    let settled = dom0.back_up();
    assert_eq!(settled.counts.bytes_new, 0);
    assert_eq!(
        settled.stored.unwrap().index,
        None,
        "an unchanged set of rules costs nothing"
    );
    agree(&mut dom0, "unchanged");
    mounted(&image, &mount, |root| {
        // In place: no folder changes.
        let open = |path| {
            fs::OpenOptions::new()
                .write(true)
                .open(root.join(path))
                .unwrap()
        };
        open("home/user/doc/big").set_len(7000).unwrap();
        open("home/user/doc/small").set_len(8001).unwrap();
        open("home/user/VMs/big").set_len(10).unwrap();
    });
    let expected = [
        "VMs/keep",
        "VMs/keep/b.img",
        "doc/a",
        "doc/big",
        "doc/keep.iso",
    ];
    let seen = back_up(&mut dom0);
    assert_eq!(names(&seen), expected);
    agree(&mut dom0, "sizes that changed in place");
    mounted(&image, &mount, |root| {
        let moved = |from: &str, to: &str| fs::rename(root.join(from), root.join(to)).unwrap();
        moved("home/user/VMs", "home/user/doc/machines");
        moved("home/user/doc/machines/keep", "home/user/machines");
        fs::create_dir(root.join("home/user/VMs")).unwrap();
        moved("home/user/machines", "home/user/VMs/other");
    });
    agree(&mut dom0, "folders that moved under other patterns");
}

#[test]
fn a_file_that_changes_in_place_is_found_without_its_folder_changing() {
    let place = tempdir().unwrap();
    let Some((image, mount)) = image_and_mount(place.path(), 64) else {
        return skipped();
    };
    let path = "home/user/one/two/three/file";
    mounted(&image, &mount, |root| {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), "first").unwrap();
        fs::hard_link(root.join(path), root.join("home/other name")).unwrap();
    });
    let mut dom0 = Dom0::new(&image);
    agree(&mut dom0, "first");
    mounted(&image, &mount, |root| {
        let file = fs::OpenOptions::new().write(true).open(root.join(path));
        file.unwrap().write_all_at(b"other", 0).unwrap();
    });
    agree(&mut dom0, "changed");
}

#[test]
fn what_an_interrupted_run_read_is_in_the_next_snapshot() {
    let place = tempdir().unwrap();
    let Some((image, mount)) = image_and_mount(place.path(), 640) else {
        return skipped();
    };
    let path = "home/user/folder/file";
    mounted(&image, &mount, |root| {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), "old bytes").unwrap();
    });
    let mut dom0 = Dom0::new(&image);
    agree(&mut dom0, "first");
    mounted(&image, &mount, |root| {
        let file = fs::OpenOptions::new().write(true).open(root.join(path));
        file.unwrap().write_all_at(b"new", 0).unwrap();
        for name in ["one", "two"] {
            let mut noise = vec![0; 200 << 20];
            let mut source = blake3::Hasher::new();
            source.update(name.as_bytes());
            source.finalize_xof().fill(&mut noise);
            fs::write(root.join(name), noise).unwrap();
        }
    });
    // Packs have no fixed size: four fifths of them are more than the first partial needs.
    let objects = usize::try_from(Dom0::new(&image).back_up().counts.objects).unwrap();
    dom0.storage.trouble = Some((objects * 4 / 5, Trouble::Dies));
    let said = dom0.run();
    assert!(said.summary.is_err());
    dom0.remember_partial(&said.partials[0]);
    dom0.storage.trouble = None;
    agree(&mut dom0, "after the interrupted run");
    agree(&mut dom0, "nothing changed since");
}

fn skipped() {
    // Said aloud: an ordinary user can not let the kernel change a volume.
    println!("skipped: only root mounts");
}
