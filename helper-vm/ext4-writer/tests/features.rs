//! What mke2fs is asked for: whatever is in use is filled, all else is refused by name.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::check::{assert_clean, assert_holds, assert_kernel_agrees, comparable, dumped};
use common::content::Content;
use common::model::{Entry, What};
use common::reading::image::{debugfs, tool};
use common::reading::ours;
use common::reading::record::assert_same;
use common::volume::Volume;
use common::{expected, model, sample};
use qib_ext4_writer::{Error, Skeleton};

/// Fills a volume and leaves its features as they are.
fn fills(test: &str, options: &[&str]) {
    println!("{options:?}");
    let volume = Volume::over_junk(40 << 20, options);
    let features = dumped(&volume, "Filesystem features");
    let steps = model::steps(&sample::tree());
    model::fill(&volume, &steps);
    assert_holds(test, &volume, &steps);
    assert_eq!(dumped(&volume, "Filesystem features"), features);
    assert_eq!(dumped(&volume, "Filesystem state"), "clean");
}

#[test]
fn what_distributions_ask_for() {
    let test = "what_distributions_ask_for";
    // Debian 12, Fedora, and what a phone asks for.
    fills(test, &[]);
    fills(test, &["-O", "metadata_csum_seed,orphan_file"]);
    fills(
        test,
        &["-O", "metadata_csum_seed,orphan_file", "-b", "1024"],
    );
    fills(test, &["-T", "big", "-b", "4096", "-N", "2000"]);
    fills(test, &["-T", "news", "-b", "4096"]);
    fills(
        test,
        &[
            "-m",
            "5",
            "-L",
            "a label",
            "-E",
            "stride=16,stripe-width=64",
        ],
    );
}

#[test]
fn each_feature_that_can_be_left_out() {
    let test = "each_feature_that_can_be_left_out";
    for features in [
        "^resize_inode",
        "^64bit",
        "^dir_index",
        "^has_journal",
        "^flex_bg",
        "^huge_file",
        "^64bit,^has_journal,^resize_inode,^flex_bg,^dir_index",
    ] {
        for block in ["1024", "4096"] {
            fills(test, &["-b", block, "-O", features]);
        }
    }
}

#[test]
fn each_feature_that_can_be_added() {
    let test = "each_feature_that_can_be_added";
    for features in [
        "large_dir",
        "sparse_super2",
        "sparse_super2,^resize_inode",
        "metadata_csum_seed",
        "orphan_file",
    ] {
        for block in ["1024", "2048", "4096"] {
            fills(test, &["-b", block, "-O", features]);
        }
    }
}

#[test]
fn inodes_of_any_length() {
    for inode in ["256", "512", "1024"] {
        for block in ["1024", "2048", "4096"] {
            let options = ["-b", block, "-I", inode];
            fills("inodes_of_any_length", &options);
            let none = [&options[..], &["-O", "^has_journal,^resize_inode"]].concat();
            fills("inodes_of_any_length", &none);
        }
    }
}

#[test]
fn groups_of_any_length() {
    let test = "groups_of_any_length";
    for (block, group) in [("1024", "512"), ("1024", "1000"), ("4096", "512")] {
        fills(test, &["-b", block, "-g", group]);
        fills(test, &["-b", block, "-g", group, "-O", "^flex_bg"]);
        fills(test, &["-b", block, "-g", group, "-G", "4"]);
        fills(test, &["-b", block, "-g", group, "-O", "sparse_super2"]);
        fills(
            test,
            &["-b", block, "-g", group, "-E", "packed_meta_blocks=1"],
        );
    }
}

/// The inode of `lost+found` is the tree's, the next one is not.
#[test]
fn the_file_of_orphans_stays_whatever_comes_first() {
    for what in [What::Folder(Vec::new()), What::Fifo] {
        let has_lost_and_found = matches!(what, What::Folder(_));
        let names = [("lost+found", what), ("other", What::Socket)];
        let entry = |(name, what): (&str, What)| (name.as_bytes().to_vec(), Entry::plain(what));
        let root = Entry::plain(What::Folder(names.map(entry).into()));
        let volume = Volume::over_junk(40 << 20, &["-O", "orphan_file"]);
        let mut writer = volume.writer_with(has_lost_and_found);
        model::write(&model::steps(&root), &mut writer).unwrap();
        writer.finish().unwrap();
        assert_clean(&volume);
    }
}

/// They have no room for what times after 2038 and parts of a second need.
#[test]
fn inodes_without_room() {
    for block in ["1024", "4096"] {
        let volume = Volume::over_junk(40 << 20, &["-b", block, "-I", "128"]);
        let mut root = sample::tree();
        let What::Folder(names) = &mut root.what else {
            panic!("{root:?}")
        };
        for seconds in [-0x8000_0000, -1, 0x7FFF_FFFF, 0x8000_0000, 0x2_8000_0001] {
            let mut file = Entry::plain(What::File(Content::whole(5, 1)));
            file.owned.mtime = (seconds, 0);
            names.push((format!("time {seconds}").into_bytes(), file));
        }
        let steps = model::steps(&root);
        model::fill(&volume, &steps);
        assert_clean(&volume);
        let mut expected = expected::tree(&steps, block.parse().unwrap(), true);
        for record in expected.values_mut() {
            record.mtime = (record.mtime.0.min(0x7FFF_FFFF), 0);
        }
        let found = comparable(ours::tree(&volume.open()).unwrap());
        assert_same(&found, &expected);
        assert_kernel_agrees("inodes_without_room", &volume);
    }
}

/// Whatever a kernel here may mount, e2fsck knows them.
#[test]
fn blocks_of_up_to_64_kib() {
    for block in ["8192", "16384", "32768", "65536"] {
        let volume = Volume::over_junk(80 << 20, &["-b", block]);
        model::fill(&volume, &model::steps(&sample::tree()));
        assert_clean(&volume);
    }
}

#[test]
fn what_has_another_layout_is_refused_by_name() {
    let features = "features that are not written here";
    let cases: &[(&[&str], &str)] = &[
        (&["-O", "bigalloc"], features),
        (&["-O", "meta_bg,^resize_inode"], features),
        (&["-O", "^metadata_csum"], features),
        (&["-O", "^metadata_csum,uninit_bg"], features),
        (&["-O", "^extent,^64bit"], features),
        (&["-O", "inline_data"], features),
        (&["-O", "ea_inode"], features),
        (&["-O", "encrypt"], features),
        (&["-O", "casefold"], features),
        (&["-O", "quota"], features),
        (&["-O", "quota,project"], features),
        (&["-O", "mmp"], features),
        (&["-O", "verity"], features),
        (&["-O", "fast_commit"], features),
        (&["-O", "^sparse_super,^resize_inode"], features),
        (&["-O", "^filetype"], features),
        (&["-O", "^dir_nlink"], features),
        (&["-O", "^large_file"], features),
        (&["-O", "^extra_isize"], features),
    ];
    for (options, expected) in cases {
        let volume = Volume::empty(40 << 20, options);
        match Skeleton::read(&volume) {
            Err(Error::Layout(what)) => assert_eq!(what, *expected, "{options:?}"),
            other => panic!("{options:?}: {:?}", other.err()),
        }
    }
}

#[test]
fn another_hash_of_names_is_refused() {
    let volume = Volume::empty(20 << 20, &[]);
    debugfs(volume.image(), "set_super_value def_hash_version tea\n");
    let error = Skeleton::read(&volume).err();
    assert!(matches!(
        error,
        Some(Error::Layout("another hash of names"))
    ));
}

#[test]
fn names_whose_bytes_count_as_unsigned() {
    let test = "names_whose_bytes_count_as_unsigned";
    let volume = Volume::over_junk(20 << 20, &["-b", "1024"]);
    debugfs(volume.image(), "set_super_value flags 2\n");
    let steps = model::steps(&sample::tree());
    model::fill(&volume, &steps);
    assert_holds(test, &volume, &steps);
    assert_eq!(
        dumped(&volume, "Filesystem flags"),
        "unsigned_directory_hash"
    );
}

/// What is in it would be lost.
#[test]
fn a_volume_that_is_not_empty_is_refused() {
    for request in ["write requests file\n", "mkdir folder\n", "mknod fifo p\n"] {
        let volume = Volume::empty(20 << 20, &[]);
        let mut debugfs = tool("debugfs");
        debugfs
            .args(["-w", "-R", request.trim()])
            .arg(volume.path());
        debugfs.current_dir(volume.path().parent().unwrap());
        std::fs::write(volume.path().with_file_name("requests"), b"data").unwrap();
        assert!(debugfs.output().unwrap().status.success());
        let error = Skeleton::read(&volume).err();
        assert!(
            matches!(error, Some(Error::Layout(_))),
            "{request}: {error:?}"
        );
    }
}
