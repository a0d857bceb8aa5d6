//! Names in large folders of the writer's: the kernel finds each by its hash, takes some out and
//! puts others in.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use common::check::{assert_clean, assert_holds};
use common::content::Content;
use common::model::{self, Entry, Owned, Step, What, many_names};
use common::reading::image::{can_mount, debugfs, tool};
use common::volume::Volume;

const MIB: u64 = 1 << 20;
/// Numbers whose names have the same hash in pairs, where its seed is that of these tests.
const SAME_HASH: [u32; 80] = [
    18660, 29546, 26570, 81816, 67949, 101604, 977, 128254, 12456, 140968, 87577, 144048, 15619,
    164497, 143080, 199254, 143574, 207259, 118044, 210394, 179626, 214810, 157820, 221401, 49586,
    223657, 145843, 249432, 103063, 262556, 12613, 274802, 272188, 290908, 79415, 311454, 92121,
    312789, 255950, 322726, 90804, 331508, 14574, 332447, 97589, 333706, 56750, 363171, 325312,
    373760, 184766, 373785, 102787, 384613, 349523, 392412, 149730, 392580, 184649, 393816, 340625,
    394867, 358528, 398224, 100981, 399530, 282592, 401844, 158695, 403847, 330909, 410213, 192562,
    412700, 344456, 413402, 17026, 415869, 281610, 430897,
];

/// A folder whose hash tree the writer made.
fn many(length: usize) -> (Volume, Vec<Step>) {
    let block = if length > 100 { "1024" } else { "4096" };
    let volume = Volume::over_junk(64 * MIB, &["-b", block, "-N", "20000"]);
    if length > 200 {
        debugfs(volume.image(), "set_super_value flags 2\n");
    }
    let names = many_names(12_000, length, 3, &Owned::plain());
    let many = (b"many".to_vec(), Entry::plain(What::Folder(names)));
    let steps = model::steps(&Entry::plain(What::Folder(vec![many])));
    model::fill(&volume, &steps);
    (volume, steps)
}

fn names(steps: &[Step]) -> Vec<&[u8]> {
    let name = |step| match step {
        &Step::Add { ref name, .. } | &Step::Link(ref name, _) => Some(&name[..]),
        _ => None,
    };
    steps.iter().filter_map(name).collect()
}

fn listed(folder: &Path) -> BTreeSet<Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().as_bytes().to_vec())
        .collect()
}

/// Each name is looked up by its hash, some go, and others come.
#[test]
fn names_of_large_folders_are_found_and_come_and_go() {
    if !can_mount("names_of_large_folders_are_found_and_come_and_go") {
        return;
    }
    for length in [20, 150, 250] {
        let (volume, steps) = many(length);
        assert_clean(&volume);
        let mount = volume.mount("rw");
        let folder = mount.path().join("many");
        let path = |name: &[u8]| folder.join(OsStr::from_bytes(name));
        for name in names(&steps) {
            assert!(
                File::open(path(name)).is_ok(),
                "{}",
                String::from_utf8_lossy(name)
            );
        }
        assert_eq!(
            File::open(folder.join("none")).unwrap_err().kind(),
            ErrorKind::NotFound
        );
        let mut expected: BTreeSet<Vec<u8>> =
            names(&steps).into_iter().map(<[u8]>::to_vec).collect();
        for name in names(&steps).into_iter().step_by(3) {
            fs::remove_file(path(name)).unwrap();
            expected.remove(name);
        }
        for number in 0..6000 {
            let name = format!("new {number:0>length$}").into_bytes();
            let name = &name[..name.len().min(255)];
            let name = [name, format!(" {number}").as_bytes()].concat();
            let name = name[name.len().saturating_sub(255)..].to_vec();
            File::create(path(&name)).unwrap();
            expected.insert(name);
        }
        assert_eq!(listed(&folder), expected);
        drop(mount);
        assert_clean(&volume);
        let mount = volume.mount("ro");
        assert_eq!(listed(&mount.path().join("many")), expected);
    }
}

/// Names of one hash lie in two blocks, where the first of them is full.
#[test]
fn names_of_one_hash_are_found_in_two_blocks() {
    let name = |number: u32| format!("{number:0>240}");
    let file = |number: &u32| {
        let what = What::File(Content::whole(7, (*number).into()));
        (name(*number).into_bytes(), Entry::plain(what))
    };
    let folder = What::Folder(SAME_HASH.iter().map(file).collect());
    let folder = (b"folder".to_vec(), Entry::plain(folder));
    let steps = model::steps(&Entry::plain(What::Folder(vec![folder])));
    let volume = Volume::over_junk(40 * MIB, &["-b", "1024"]);
    model::fill(&volume, &steps);
    assert_holds("names_of_one_hash_are_found_in_two_blocks", &volume, &steps);
    let mut debugfs = tool("debugfs");
    debugfs
        .args(["-R", "htree_dump /folder"])
        .arg(volume.path());
    let said = String::from_utf8(debugfs.output().unwrap().stdout).unwrap();
    // The lowest bit of a block's hash.
    let entries = said.lines().filter_map(|line| line.split_once(": Hash 0x"));
    let hashes = entries.map(|(_, rest)| u32::from_str_radix(&rest[..8], 16).unwrap());
    let continued = hashes.filter(|hash| hash & 1 == 1).count();
    assert!(continued > 5, "{said}");
    if can_mount("names_of_one_hash_are_found_in_two_blocks") {
        let mount = volume.mount("ro");
        for number in SAME_HASH {
            let path = mount.path().join("folder").join(name(number));
            assert_eq!(fs::read(path).unwrap().len(), 7);
        }
    }
}
