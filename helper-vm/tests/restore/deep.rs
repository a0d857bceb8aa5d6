//! Trees that are deeper, wider and finer than most.

use crate::common::Dom0;
use crate::common::tree::{Leaf, Tree};
use crate::restoring::{Target, mounted};
use crate::snapshots::{Forge, Forged, entry, file, folder, in_group, symlink};
use qib_helper::manifest::{Entry, Node, Part};
use std::collections::{BTreeMap, BTreeSet};

/// What our own reader finds in a restored volume.
fn leaves(target: &Target) -> BTreeMap<Vec<u8>, Leaf> {
    let mut dom0 = Dom0::new(&target.file());
    dom0.back_up();
    Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, 1).leaves()
}

fn restored(test: &str, forged: &Forged, check: impl Fn(BTreeMap<Vec<u8>, Leaf>)) {
    mounted(test, forged, |said, target| {
        said.unwrap();
        target.is_clean();
        check(leaves(target));
    });
}

/// So many folders in each other, with a file and links at the bottom.
fn nested(depth: usize, name: &str) -> (Forged, Vec<u8>) {
    let mut forge = Forge::new();
    let data = forge.data(b"at the bottom");
    let mut piece = forge.piece(&[
        in_group(7, file("file", &[data])),
        symlink("link", "../file"),
    ]);
    for _ in 0..depth {
        piece = forge.piece(&[folder(name, &[piece])]);
    }
    let last = forge.piece(&[in_group(7, file("~", &[data]))]);
    let folders = u64::try_from(depth).unwrap();
    forge.root(vec![piece, last], [2, folders, 1, 26]);
    let path = [b"/", name.as_bytes()].concat().repeat(depth);
    (forge.finish(), path)
}

#[test]
fn paths_beyond_any_path_of_the_kernel() {
    for (depth, name) in [(40, "n".repeat(255)), (1000, "folder".to_owned())] {
        let (forged, path) = nested(depth, &name);
        assert!(path.len() > 4096);
        restored("paths_beyond_any_path_of_the_kernel", &forged, |leaves| {
            assert_eq!(leaves.len(), depth + 3);
            let bottom = &leaves[&[&path, &b"/file"[..]].concat()];
            assert_eq!(bottom.content, b"at the bottom");
            let linked = leaves[b"/~".as_slice()].entry.link_group;
            assert!(linked.is_some() && linked == bottom.entry.link_group);
            let link = &leaves[&[&path, &b"/link"[..]].concat()].entry.node;
            assert_eq!(*link, Node::Symlink(b"../file".to_vec()));
        });
    }
}

#[test]
fn fifty_thousand_names_in_a_folder() {
    let mut forge = Forge::new();
    let data = forge.data(b"small");
    let name = |number: usize| format!("{number:06} {}", "n".repeat(number % 240));
    let made = |number: usize| match number % 50 {
        0 => file(name(number), &[data]),
        1 => symlink(name(number), "target"),
        2 => folder(name(number), &[]),
        _ => file(name(number), &[]),
    };
    let entries: Vec<Entry> = (0..50_000).map(made).collect();
    let pieces: Vec<Part> = entries.chunks(3000).map(|some| forge.piece(some)).collect();
    let list = forge.list(&pieces);
    let wide = forge.piece(&[folder("wide", &[list])]);
    forge.root(vec![wide], [48_000, 1001, 1000, 5000]);
    restored(
        "fifty_thousand_names_in_a_folder",
        &forge.finish(),
        |leaves| {
            assert_eq!(leaves.len(), 50_001);
            for made in &entries {
                let leaf = &leaves[&[b"/wide/", made.name.bytes()].concat()];
                let kind = std::mem::discriminant(&leaf.entry.node);
                assert_eq!(kind, std::mem::discriminant(&made.node));
            }
            let small = leaves.values().filter(|leaf| leaf.content == b"small");
            assert_eq!(small.count(), 1000);
        },
    );
}

#[test]
fn a_file_of_thousands_of_runs() {
    const RUNS: usize = 5000;
    let block = |run: usize| vec![u8::try_from(run % 7).unwrap() + 1; 4096];
    let mut forge = Forge::new();
    let mut parts = Vec::new();
    let mut content = Vec::new();
    for run in 0..RUNS {
        parts.extend([Part::Hole(4096), forge.data(&block(run))]);
        content.extend([vec![0; 4096], block(run)].concat());
    }
    parts.push(Part::Hole(12_345));
    content.extend([0; 12_345]);
    let lists: Vec<Part> = parts.chunks(999).map(|some| forge.list(some)).collect();
    let bytes = u64::try_from(content.len()).unwrap();
    let piece = forge.piece(&[file("runs", &lists)]);
    forge.root(vec![piece], [1, 0, 0, bytes]);
    restored("a_file_of_thousands_of_runs", &forge.finish(), |leaves| {
        let leaf = &leaves[b"/runs".as_slice()];
        assert!(leaf.content == content);
        let holes = leaf
            .parts
            .iter()
            .filter(|part| matches!(part, Part::Hole(_)));
        assert_eq!(holes.count(), RUNS + 1);
    });
}

#[test]
fn names_of_one_file_in_many_folders() {
    let mut forge = Forge::new();
    let data = forge.data(&[5; 10_000]);
    let names = |number: u64| {
        [
            in_group(1, file(format!("{number} file"), &[data])),
            in_group(2, symlink("link", "target")),
            in_group(3, entry("pipe", Node::Fifo)),
        ]
    };
    let folders: Vec<Entry> = (100..300)
        .map(|number| {
            let inner = forge.piece(&names(number));
            let below = forge.piece(&[folder("below", &[inner])]);
            folder(number.to_string(), &[below])
        })
        .collect();
    let piece = forge.piece(&folders);
    forge.root(vec![piece], [200, 400, 400, 200 * 10_000]);
    restored(
        "names_of_one_file_in_many_folders",
        &forge.finish(),
        |leaves| {
            assert_eq!(leaves.len(), 1000);
            let groups: BTreeSet<u32> = leaves
                .values()
                .filter_map(|leaf| leaf.entry.link_group)
                .collect();
            assert_eq!(groups.len(), 3);
            let linked = leaves
                .values()
                .filter(|leaf| leaf.entry.link_group.is_some());
            assert_eq!(linked.count(), 600);
            let whole = leaves.values().filter(|leaf| leaf.content == [5; 10_000]);
            assert_eq!(whole.count(), 200);
        },
    );
}
