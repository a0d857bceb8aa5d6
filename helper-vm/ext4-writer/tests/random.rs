//! Random trees on volumes that were full of something else before.
//!
//! Some hundreds a run. Thousands, for which a release build is worth its while:
//! `PROPTEST_CASES=5000 cargo test --release -p qib-ext4-writer --test random`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::check::{assert_clean, assert_kernel_agrees, assert_tails_are_zero, comparable};
use common::copy::write;
use common::model::{self, Entry, Owned, Step, What};
use common::reading::ours;
use common::reading::record::assert_same;
use common::volume::Volume;
use common::{expected, strategy};
use proptest::prelude::*;
use proptest::sample::select;
use qib_ext4_writer::Error;

/// Sizes of blocks, and all that a volume may be made with beside it.
const BLOCKS: [usize; 3] = [1024, 2048, 4096];
const LAYOUTS: [&[&str]; 8] = [
    &[],
    &[],
    &["-g", "1024"],
    &["-g", "2048", "-O", "^flex_bg"],
    &["-O", "metadata_csum_seed,orphan_file"],
    &["-O", "^resize_inode,sparse_super2"],
    &["-O", "^64bit,^has_journal"],
    &["-I", "512"],
];

/// What bears the name `lost+found`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LostAndFound {
    /// Nothing; the writer makes the directory.
    None,
    /// A directory of the tree.
    Folder,
    /// Anything else.
    Other,
}

#[derive(Clone, Debug)]
struct Case {
    block: usize,
    mebibytes: u64,
    layout: &'static [&'static str],
    lost_and_found: LostAndFound,
    root: Entry,
    /// All data is written at last, from the end on.
    is_late: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let special = prop_oneof![
        6 => Just(LostAndFound::None),
        1 => Just(LostAndFound::Folder),
        1 => Just(LostAndFound::Other)
    ];
    let sizes = (select(&BLOCKS[..]), 16..33_u64, select(&LAYOUTS[..]));
    let case = (sizes, special, any::<bool>());
    case.prop_flat_map(|((block, mebibytes, layout), lost_and_found, is_late)| {
        strategy::root(block).prop_map(move |mut root| {
            name_lost_and_found(&mut root, lost_and_found);
            Case {
                block,
                mebibytes,
                layout,
                lost_and_found,
                root,
                is_late,
            }
        })
    })
}

/// Lets something of the tree have that name.
fn name_lost_and_found(root: &mut Entry, lost_and_found: LostAndFound) {
    let What::Folder(names) = &mut root.what else {
        return;
    };
    let what = match lost_and_found {
        LostAndFound::None => return,
        LostAndFound::Folder => What::Folder(vec![(b"found".to_vec(), Entry::plain(What::Fifo))]),
        LostAndFound::Other => What::Symlink(b"elsewhere".to_vec()),
    };
    names.push((b"lost+found".to_vec(), Entry::plain(what)));
    names.sort_by(|a, b| a.0.cmp(&b.0));
}

impl Case {
    fn volume(&self) -> Volume {
        let block = self.block.to_string();
        let sizes = ["-b", &block, "-N", "5000"];
        let options = [&sizes[..], self.layout].concat();
        Volume::over_junk(self.mebibytes << 20, &options)
    }

    fn has_lost_and_found(&self) -> bool {
        self.lost_and_found != LostAndFound::Other
    }

    /// Writes everything, and is told beforehand whether it fits; false if it does not.
    fn fill(&self, volume: &Volume, steps: &[Step]) -> bool {
        let has_lost_and_found = self.has_lost_and_found();
        let mut counter = volume.counter(has_lost_and_found);
        let counted = model::write(steps, &mut counter);
        let fits = counted.is_ok() && counter.taken_blocks() <= volume.skeleton().free_blocks();
        let mut writer = volume.writer_with(has_lost_and_found);
        let data = match model::write(steps, &mut writer) {
            Ok(data) => data,
            Err(Error::Full) => {
                assert!(!fits, "it should have fitted");
                return false;
            }
            Err(error) => panic!("{error}"),
        };
        assert!(fits, "it should not have fitted");
        assert_eq!(writer.taken_blocks(), counter.taken_blocks());
        if self.is_late {
            let space = writer.space().clone();
            writer.finish().unwrap();
            for (placed, bytes) in data.iter().rev() {
                write(&space, &volume, *placed, bytes);
            }
        } else {
            for (placed, bytes) in &data {
                write(writer.space(), &volume, *placed, bytes);
            }
            writer.finish().unwrap();
        }
        true
    }
}

fn check(case: &Case) {
    let volume = case.volume();
    let steps = model::steps(&case.root);
    if !case.fill(&volume, &steps) {
        return;
    }
    assert_clean(&volume);
    let fs = volume.open();
    let found = comparable(ours::tree(&fs).unwrap());
    let block = case.block.try_into().unwrap();
    assert_same(
        &found,
        &expected::tree(&steps, block, case.has_lost_and_found()),
    );
    assert_tails_are_zero(&volume);
    // A mount takes as long as all else.
    if case.mebibytes.is_multiple_of(3) {
        assert_kernel_agrees("random_trees", &volume);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        max_shrink_iters: 300,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_trees_come_back(case in case()) {
        check(&case);
    }
}

#[test]
fn a_tree_of_nothing() {
    for has_lost_and_found in [true, false] {
        let volume = Volume::over_junk(16 << 20, &["-b", "1024"]);
        // An entry, for which the inode of `lost+found` is left.
        let names = if has_lost_and_found {
            Vec::new()
        } else {
            vec![(b"lost+found".to_vec(), Entry::plain(What::Fifo))]
        };
        let root = Entry {
            owned: Owned::plain(),
            what: What::Folder(names),
        };
        let steps = model::steps(&root);
        let mut writer = volume.writer_with(has_lost_and_found);
        model::write(&steps, &mut writer).unwrap();
        writer.finish().unwrap();
        assert_clean(&volume);
        let found = comparable(ours::tree(&volume.open()).unwrap());
        assert_same(&found, &expected::tree(&steps, 1024, has_lost_and_found));
        assert_kernel_agrees("a_tree_of_nothing", &volume);
    }
}
