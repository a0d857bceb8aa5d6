//! Two snapshots of one qube, compared.

use crate::common::{Dom0, image};
use crate::restoring::{compare, job};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::Digest;
use qib_rpc::key::IndexSeed;
use qib_rpc::message::backup::IndexObjects;
use qib_rpc::message::verify::{CompareJob, Compared, Entries};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// A snapshot as dom0 remembers it.
#[derive(Clone)]
struct Taken {
    sequence: u64,
    snapshot: Digest,
    index: Vec<Digest>,
}

fn take(dom0: &mut Dom0, image: &Path, tree: &Path) -> Taken {
    image::make(image, tree, 64);
    dom0.back_up();
    Taken {
        sequence: dom0.sequence,
        snapshot: dom0.last.unwrap().snapshot,
        index: dom0.index.clone(),
    }
}

fn compared(dom0: &Dom0, older: &Taken, newer: &Taken) -> Result<Compared, Fault> {
    let index = |taken: &Taken| IndexObjects::try_from(taken.index.clone()).unwrap();
    let job = CompareJob {
        newer: job(newer.snapshot, newer.sequence),
        sequence: older.sequence,
        snapshot: older.snapshot,
        index_seed: IndexSeed::new([6; 32]),
        newer_index: index(newer),
        older_index: index(older),
    };
    compare(&job, &dom0.storage)
}

fn entries(files: u64, file_bytes: u64, folders: u64, others: u64) -> Entries {
    Entries {
        files,
        file_bytes,
        folders,
        others,
    }
}

fn home(tree: &Path) {
    for folder in ["same/deep", "gone/deep", "home"] {
        fs::create_dir_all(tree.join(folder)).unwrap();
    }
    for number in 0..300 {
        fs::write(tree.join(format!("same/deep/{number}")), [7; 100]).unwrap();
    }
    fs::write(tree.join("gone/deep/a"), [1; 1000]).unwrap();
    fs::write(tree.join("gone/b"), [2; 10]).unwrap();
    for name in ["changed", "touched", "becomes", "kept"] {
        fs::write(tree.join("home").join(name), name).unwrap();
    }
    symlink("kept", tree.join("home/link")).unwrap();
    symlink("kept", tree.join("home/moves")).unwrap();
}

fn change(tree: &Path) {
    fs::remove_dir_all(tree.join("gone")).unwrap();
    fs::create_dir_all(tree.join("new/deep/er")).unwrap();
    fs::write(tree.join("new/deep/er/c"), [3; 500]).unwrap();
    fs::write(tree.join("aaa"), [4; 20]).unwrap();
    let home = tree.join("home");
    fs::write(home.join("changed"), [5; 77]).unwrap();
    let mode = fs::Permissions::from_mode(0o600);
    fs::set_permissions(home.join("touched"), mode).unwrap();
    fs::remove_file(home.join("becomes")).unwrap();
    fs::create_dir(home.join("becomes")).unwrap();
    fs::remove_file(home.join("moves")).unwrap();
    symlink("changed", home.join("moves")).unwrap();
}

fn before_and_after() -> (Dom0, Taken, Taken) {
    let place = tempfile::tempdir().unwrap();
    let (tree, image) = (place.path().join("tree"), place.path().join("image"));
    home(&tree);
    image::make(&image, &tree, 64);
    let mut dom0 = Dom0::new(&image);
    let older = take(&mut dom0, &image, &tree);
    change(&tree);
    let newer = take(&mut dom0, &image, &tree);
    (dom0, older, newer)
}

#[test]
fn what_was_added_removed_changed_and_touched_is_counted() {
    let (dom0, older, newer) = before_and_after();
    let expected = Compared {
        // aaa, new/deep/er/c, and the folder that was a file.
        added: entries(2, 520, 4, 0),
        // gone/deep/a, gone/b, and the file that is a folder now.
        removed: entries(3, 1017, 2, 0),
        changed: entries(1, 77, 0, 1),
        touched: 1,
    };
    assert_eq!(compared(&dom0, &older, &newer), Ok(expected));
    let back = Compared {
        added: expected.removed,
        removed: expected.added,
        changed: entries(1, 7, 0, 1),
        touched: 1,
    };
    assert_eq!(compared(&dom0, &newer, &older), Ok(back));
    for same in [&older, &newer] {
        assert_eq!(compared(&dom0, same, same), Ok(Compared::default()));
    }
}

#[test]
fn a_snapshot_that_is_another_or_gone_is_named() {
    let (dom0, older, newer) = before_and_after();
    let wrong = Taken {
        sequence: 7,
        ..older.clone()
    };
    let fault = compared(&dom0, &wrong, &newer).unwrap_err();
    assert_eq!(fault.object, Some(older.snapshot));
    dom0.storage.remove(qib_rpc::object::ObjectName {
        kind: qib_rpc::object::Kind::Snapshot,
        digest: older.snapshot,
    });
    let fault = compared(&dom0, &older, &newer).unwrap_err();
    assert_eq!(fault, Fault::about(Code::Missing, older.snapshot));
}
