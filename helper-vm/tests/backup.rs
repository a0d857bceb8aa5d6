//! The main job of the helper on real images.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it fails"
)]

mod common;

use common::{Dom0, image, report, tree::Tree};
use qib_helper::manifest::{Node, Part};
use qib_rpc::compression::Compression;
use qib_rpc::count::LeftOut;
use qib_rpc::message::backup::BackupSummary;
use qib_rpc::message::trial::FolderSize;
use qib_rpc::object::Kind;
use qib_rpc::rule::{Rule, Rules};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt, symlink};
use std::path::Path;
use std::process::Command;
use tempfile::tempdir;

fn noise(bytes: usize, seed: u8) -> Vec<u8> {
    let mut data = vec![0; bytes];
    blake3::Hasher::new()
        .update(&[seed])
        .finalize_xof()
        .fill(&mut data);
    data
}

/// A small home with one of everything.
fn home(root: &Path) {
    let user = root.join("home/user");
    for folder in [
        "docs/deep/er",
        ".cache/browser",
        "build",
        "empty",
        ".local/share/Trash",
    ] {
        fs::create_dir_all(user.join(folder)).unwrap();
    }
    for (name, content) in [
        ("docs/a.txt", b"hello\n".to_vec()),
        ("docs/empty", Vec::new()),
        ("docs/deep/er/noise", noise(700_000, 1)),
        ("large", noise(9 << 20, 2)),
        (".cache/browser/x", noise(5000, 3)),
        (".local/share/Trash/x", noise(5000, 4)),
        (
            "build/CACHEDIR.TAG",
            b"Signature: 8a477f597d28d172789f06886806bc55\n".to_vec(),
        ),
        ("build/object", noise(5000, 5)),
    ] {
        fs::write(user.join(name), content).unwrap();
    }
    for number in 0..3000 {
        fs::write(
            user.join(format!("docs/deep/{number}")),
            format!("file {number}\n"),
        )
        .unwrap();
    }
    fs::hard_link(user.join("docs/a.txt"), user.join("second name")).unwrap();
    symlink("a.txt", user.join("docs/link")).unwrap();
    symlink("x/".repeat(900), user.join("docs/long link")).unwrap();
    let sparse = File::create(user.join("sparse")).unwrap();
    sparse.write_all_at(b"middle", 3 << 20).unwrap();
    sparse.set_len(5 << 20).unwrap();
    let odd: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff\nodd * name");
    fs::write(user.join("docs").join(odd), b"odd").unwrap();
}

/// Compares the snapshot with the folder that the image was made from.
fn compare(tree: &Tree, root: &Path) -> usize {
    let leaves = tree.leaves();
    let mut compared = 0;
    for (path, leaf) in &leaves {
        let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(&path[1..]);
        let real = root.join(name);
        let meta = fs::symlink_metadata(&real).unwrap_or_else(|_| panic!("{real:?}"));
        assert_eq!(leaf.entry.meta.mode, meta.mode() & 0o7777, "{real:?}");
        assert_eq!(leaf.entry.meta.seconds, meta.mtime(), "{real:?}");
        match &leaf.entry.node {
            Node::File(_) => {
                assert_eq!(leaf.content, fs::read(&real).unwrap(), "{real:?}");
                assert_eq!(
                    leaf.entry.link_group.is_some(),
                    meta.nlink() > 1,
                    "{real:?}"
                );
            }
            Node::Symlink(target) => {
                let real = fs::read_link(&real).unwrap();
                assert_eq!(
                    std::os::unix::ffi::OsStrExt::as_bytes(real.as_os_str()),
                    target.as_slice()
                );
            }
            Node::Directory(_) => assert!(meta.is_dir()),
            other => panic!("{other:?}"),
        }
        compared += 1;
    }
    compared
}

#[test]
fn a_home_comes_back_and_the_second_run_sends_next_to_nothing() {
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    home(&tree);
    let mut dom0 = Dom0::new(&image::make(&place.path().join("image"), &tree, 128));
    let first = dom0.back_up();
    report("first", &first);
    let read = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 1);
    assert_eq!(compare(&read, &tree), 3021);
    let leaves = read.leaves();
    assert!(leaves.contains_key(b"/home/user/.cache".as_slice()));
    assert!(!leaves.contains_key(b"/home/user/.cache/browser".as_slice()));
    assert!(leaves.contains_key(b"/home/user/build/CACHEDIR.TAG".as_slice()));
    assert!(!leaves.contains_key(b"/home/user/build/object".as_slice()));
    assert!(!leaves.contains_key(b"/lost+found".as_slice()));
    let sparse = &leaves[b"/home/user/sparse".as_slice()].parts;
    assert!(matches!(
        sparse[..],
        [Part::Hole(3_145_728), Part::Chunk(_, 4096), Part::Hole(_)]
    ));
    let left_out: Vec<_> = first
        .left_out
        .iter()
        .map(|(rule, out)| (rule, out.entries))
        .collect();
    assert_eq!(
        left_out,
        [
            (Rule::CacheDirTag, 1),
            (Rule::UserCache, 2),
            (Rule::Trash, 1),
            (Rule::LostFound, 1)
        ]
    );

    let second = dom0.back_up();
    report("second", &second);
    assert_eq!(second.counts.bytes_new, 0);
    assert!(second.counts.bytes_stored * 100 < first.counts.bytes_stored);
    assert_eq!(second.stored.unwrap().index, None);
    let read = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 2);
    assert_eq!(compare(&read, &tree), 3021);
    assert_eq!(dom0.storage.connections(), 2);
}

#[test]
fn files_that_lie_in_their_inodes_come_back() {
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    home(&tree);
    // mke2fs gives it a wrong size where data may lie in inodes.
    fs::remove_file(tree.join("home/user/sparse")).unwrap();
    let image = place.path().join("image");
    let mut dom0 = Dom0::new(&image::make_with("inline_data", &image, &tree, 128));
    dom0.back_up();
    let read = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 1);
    assert_eq!(compare(&read, &tree), 3020);
}

#[test]
fn without_rules_everything_is_there() {
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    home(&tree);
    let mut dom0 = Dom0::new(&image::make(&place.path().join("image"), &tree, 128));
    dom0.rules = Rules::try_from(0).unwrap();
    let summary = dom0.back_up();
    assert_eq!(summary.left_out.iter().count(), 0);
    let leaves = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 1).leaves();
    assert!(leaves.contains_key(b"/home/user/.cache/browser/x".as_slice()));
    assert!(leaves.contains_key(b"/lost+found".as_slice()));
}

#[test]
fn a_dry_run_counts_and_stores_nothing() {
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    home(&tree);
    let mut dom0 = Dom0::new(&image::make(&place.path().join("image"), &tree, 128));
    dom0.dry_run = true;
    let summary = dom0.back_up();
    assert_eq!(summary.stored, None);
    assert!(summary.counts.bytes_new > 9 << 20 && summary.counts.bytes_stored > 9 << 20);
    assert!(dom0.objects().is_empty());
}

#[test]
fn a_higher_level_stores_less_and_none_stores_all_and_each_comes_back() {
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    fs::create_dir(&tree).unwrap();
    let text: String = (0..400_000_u64)
        .map(|number| format!("{}\n", number * 7919))
        .collect();
    fs::write(tree.join("text"), &text).unwrap();
    fs::write(tree.join("photo"), noise(1 << 20, 1)).unwrap();
    let image = image::make(&place.path().join("image"), &tree, 64);
    let stored = [0, 1, 3, 19].map(|level| {
        let mut dom0 = Dom0::new(&image);
        dom0.compression = Compression::try_from(level).unwrap();
        let bytes = dom0.back_up().counts.bytes_stored;
        let read = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 1);
        compare(&read, &tree);
        bytes
    });
    assert!(stored[0] > 4 << 20, "{stored:?}");
    assert!(stored.is_sorted_by(|less, more| less > more), "{stored:?}");
}

#[test]
fn a_changed_file_replaces_what_it_must_and_old_packs_are_dropped() {
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    fs::create_dir(&tree).unwrap();
    let path = tree.join("large");
    fs::write(&path, noise(64 << 20, 1)).unwrap();
    let image_path = place.path().join("image");
    let mut dom0 = Dom0::new(&image::make(&image_path, &tree, 128));
    dom0.back_up();
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(&noise(1 << 20, 9), 30 << 20).unwrap();
    image::make(&image_path, &tree, 128);
    let second = dom0.back_up();
    report("1 MiB changed", &second);
    assert!(second.counts.bytes_stored < 8 << 20);
    let read = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 2);
    compare(&read, &tree);
    fs::remove_file(&path).unwrap();
    image::make(&image_path, &tree, 128);
    dom0.back_up();
    let read = Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 3);
    assert!(read.leaves().is_empty() && read.snapshot.packs.is_empty() && dom0.packs.is_empty());
    let index = dom0
        .index
        .iter()
        .map(|digest| common::index_rows::read(&dom0.objects(), *digest));
    let left: Vec<_> = index
        .filter(|rows| *rows != common::index_rows::IndexRows::default())
        .collect();
    assert!(
        left.is_empty(),
        "an index names nothing that is gone: {left:?}"
    );
    assert!(dom0.objects().keys().any(|name| name.kind == Kind::Pack));
}

const SUGGESTIONS: &str = "home/user/.config/qib/exclude";

/// A home in which the qube suggests rules, and two large folders.
fn suggesting(tree: &Path, suggestions: &[u8]) {
    for (path, bytes) in [("big/x.iso", 9000), ("big/deep/y", 700), ("small/z", 300)] {
        let path = tree.join("home/user").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![7; bytes]).unwrap();
    }
    fs::create_dir_all(tree.join(SUGGESTIONS).parent().unwrap()).unwrap();
    fs::write(tree.join(SUGGESTIONS), suggestions).unwrap();
}

fn suggested(summary: &BackupSummary) -> Option<LeftOut> {
    let mut rules = summary.left_out.iter();
    rules
        .find(|(rule, _)| *rule == Rule::Suggested)
        .map(|(_, left)| left)
}

#[test]
fn what_a_qube_suggests_is_counted_and_obeyed_only_if_dom0_says_so() {
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    suggesting(&tree, b"# mine\n*.iso\nhome/user/big/deep/\n[no]\n");
    let mut dom0 = Dom0::new(&image::make(&place.path().join("image"), &tree, 64));
    let (entries, bytes) = (3, 9700);
    let expected = LeftOut { entries, bytes };

    let first = dom0.back_up();
    assert_eq!((first.suggestions, suggested(&first)), (2, None));
    assert_eq!(first.findings, None, "not a dry run");
    dom0.dry_run = true;
    let tried = dom0.back_up();
    assert_eq!(tried.findings.unwrap().would_leave_out, expected);
    assert_eq!(tried.counts.files, first.counts.files);

    dom0.dry_run = false;
    dom0.paths.obey_suggestions = true;
    let obeyed = dom0.back_up();
    assert_eq!(
        (obeyed.suggestions, suggested(&obeyed)),
        (2, Some(expected))
    );
    assert_eq!(obeyed.counts.files, first.counts.files - 2);
    let again = dom0.back_up();
    assert_eq!(
        (suggested(&again), again.stored.unwrap().index),
        (Some(expected), None)
    );
    dom0.dry_run = true;
    let tried = dom0.back_up();
    assert_eq!(tried.findings.unwrap().would_leave_out, LeftOut::default());
    dom0.dry_run = false;
    dom0.paths.obey_suggestions = false;
    assert_eq!(dom0.back_up().counts.files, first.counts.files);
}

#[test]
fn a_dry_run_says_how_large_the_largest_folders_are() {
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    suggesting(&tree, b"");
    let mut dom0 = Dom0::new(&image::make(&place.path().join("image"), &tree, 64));
    dom0.back_up();
    dom0.dry_run = true;
    let findings = dom0.back_up().findings.unwrap();
    let pair = |folder: &FolderSize| (folder.bytes, folder.entries);
    let row = |row: &[FolderSize]| row.iter().map(pair).collect();
    let found: Vec<Vec<(u64, u64)>> = findings.largest.by_depth().map(row).collect();
    let expected = [
        vec![(10_000, 10)],
        vec![(10_000, 9)],
        vec![(9700, 3), (300, 1)],
        vec![(700, 1)],
    ];
    assert_eq!(found, expected);
}

/// Files of suggestions that are huge, binary, endless, of another kind, or that ask for all.
#[test]
fn hostile_suggestions_cost_little_and_change_nothing() {
    type Make = fn(&Path);
    let files: [(&str, Make, u32); 8] = [
        ("all", |file| fs::write(file, "**\n").unwrap(), 1),
        (
            "binary",
            |file| fs::write(file, [0xff; 100_000]).unwrap(),
            0,
        ),
        (
            "million",
            |file| fs::write(file, "**/a*b*c*d/**/x\n".repeat(1_000_000)).unwrap(),
            4096,
        ),
        (
            "huge",
            |file| File::create(file).unwrap().set_len(1 << 30).unwrap(),
            0,
        ),
        (
            "climbing",
            |file| fs::write(file, "../../etc\n/..\n").unwrap(),
            0,
        ),
        (
            "link",
            |file| {
                fs::write(file.with_file_name("elsewhere"), "**\n").unwrap();
                symlink("elsewhere", file).unwrap();
            },
            0,
        ),
        ("folder", |file| fs::create_dir(file).unwrap(), 0),
        (
            "pipe",
            |file| assert!(Command::new("mkfifo").arg(file).status().unwrap().success()),
            0,
        ),
    ];
    let place = tempdir().unwrap();
    for (name, make, lines) in files {
        let tree = place.path().join(name);
        suggesting(&tree, b"");
        let file = tree.join(SUGGESTIONS);
        fs::remove_file(&file).unwrap();
        make(&file);
        let mut dom0 = Dom0::new(&image::make(&place.path().join("image"), &tree, 64));
        let plain = dom0.back_up();
        let found = (plain.suggestions, suggested(&plain));
        assert_eq!(found, (lines, None), "{name}");
        assert!(plain.counts.files >= 3, "{name}");
        dom0.dry_run = true;
        let would = dom0.back_up().findings.unwrap().would_leave_out;
        assert_eq!(would.entries > 0, name == "all", "{name}");
    }
}
