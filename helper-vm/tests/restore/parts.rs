//! Restores of parts of a snapshot: what paths name comes back, and little else is fetched.

use crate::common::tree::{Leaf, Tree};
use crate::common::{Dom0, QUBE, image};
use crate::restoring::{Target, last, restore};
use crate::snapshots::{Forge, file, put};
use qib_helper::index::{ChunkRow, IndexCounts, IndexWriter, RulesMark};
use qib_helper::manifest::Part;
use qib_helper::pack::Place;
use qib_helper::seal::{OpenWith, SealTo};
use qib_rpc::class::{Class, Classes};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::glob::{Globs, PathRules};
use qib_rpc::id::Digest;
use qib_rpc::key::IndexSeed;
use qib_rpc::message::backup::IndexObjects;
use qib_rpc::message::lost::LostPacks;
use qib_rpc::message::restore::{RestoreJob, RestorePathsJob, RestoreSummary};
use qib_rpc::object::Kind;
use qib_rpc::path::{PathPattern, PathPatterns};
use qib_rpc::rule::Rules;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

pub const BIG_BYTES: usize = 2_500_000;

pub fn noise(seed: usize, bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    let mut reader = blake3::Hasher::new()
        .update(&seed.to_le_bytes())
        .finalize_xof();
    reader.fill(&mut noise);
    noise
}

/// A home with a thousand files, some folders, links and one larger file, backed up.
pub fn home() -> Dom0 {
    let source = tempfile::tempdir().unwrap();
    let user = source.path().join("home/user");
    for folder in ["Documents/deep/deeper", "many", "empty", "video"] {
        fs::create_dir_all(user.join(folder)).unwrap();
    }
    fs::create_dir(source.path().join("config")).unwrap();
    fs::write(source.path().join("config/rc.local"), b"#!/bin/sh\n").unwrap();
    for (number, name) in ["x.odt", "y.odt", "z.txt", "deep/q", "deep/deeper/r"]
        .iter()
        .enumerate()
    {
        fs::write(user.join("Documents").join(name), noise(number, 5000)).unwrap();
    }
    fs::hard_link(user.join("Documents/x.odt"), user.join("Documents/zz.odt")).unwrap();
    std::os::unix::fs::symlink("Documents/x.odt", user.join("link")).unwrap();
    for number in 0..1000 {
        fs::write(
            user.join(format!("many/{number}")),
            noise(100 + number, 30_000),
        )
        .unwrap();
    }
    fs::write(user.join("video/big"), noise(9, BIG_BYTES)).unwrap();
    let images = tempfile::tempdir().unwrap();
    let mut dom0 = Dom0::new(&image::make(
        &images.path().join("image"),
        source.path(),
        64,
    ));
    dom0.back_up();
    dom0
}

pub fn job(whole: RestoreJob, index: Vec<Digest>, paths: &[&str]) -> RestorePathsJob {
    let paths: Vec<PathPattern> = paths.iter().map(|path| path.parse().unwrap()).collect();
    RestorePathsJob {
        job: whole,
        index_seed: IndexSeed::new([6; 32]),
        index: IndexObjects::try_from(index).unwrap(),
        paths: PathPatterns::try_from(paths).unwrap(),
        without: Classes::default(),
        lost: LostPacks::default(),
        resumes: false,
    }
}

fn part(dom0: &Dom0, paths: &[&str]) -> (Result<RestoreSummary, Fault>, Target) {
    let target = Target::new(64);
    let job = job(last(dom0), dom0.index.clone(), paths);
    let said = restore(&job, &dom0.storage, &target.file());
    (said, target)
}

pub fn leaves(dom0: &Dom0) -> BTreeMap<Vec<u8>, Leaf> {
    Tree::open(&dom0.objects(), dom0.last.unwrap().snapshot, dom0.sequence).leaves()
}

/// Backs up what was restored.
pub fn restored(target: &Target) -> BTreeMap<Vec<u8>, Leaf> {
    target.is_clean();
    let mut dom0 = Dom0::new(&target.file());
    dom0.back_up();
    leaves(&dom0)
}

fn mark() -> RulesMark {
    RulesMark::of(Rules::DEFAULT, &PathRules::default(), &Globs::default())
}

#[test]
fn paths_bring_what_they_name_with_the_folders_above_and_nothing_else() {
    let dom0 = home();
    let stored = leaves(&dom0);
    let paths = [
        "/home/user/Documents/*.odt",
        "home/*/Documents/deep/",
        "config/rc.loc?l",
    ];
    let (said, target) = part(&dom0, &paths);
    let counts = said.unwrap().counts;
    let found = restored(&target);
    let names: Vec<String> = found
        .keys()
        .map(|name| String::from_utf8(name.clone()).unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "/config",
            "/config/rc.local",
            "/home",
            "/home/user",
            "/home/user/Documents",
            "/home/user/Documents/deep",
            "/home/user/Documents/deep/deeper",
            "/home/user/Documents/deep/deeper/r",
            "/home/user/Documents/deep/q",
            "/home/user/Documents/x.odt",
            "/home/user/Documents/y.odt",
            "/home/user/Documents/zz.odt",
        ]
    );
    assert_eq!((counts.files, counts.folders, counts.others), (6, 6, 0));
    for (name, leaf) in &found {
        let before = &stored[name];
        assert_eq!(leaf.content, before.content);
        let meta = |leaf: &Leaf| (leaf.entry.meta.mode, leaf.entry.meta.seconds);
        assert_eq!(meta(leaf), meta(before));
    }
    let group = |name: &str| found[name.as_bytes()].entry.link_group;
    assert!(group("/home/user/Documents/x.odt").is_some());
    assert_eq!(
        group("/home/user/Documents/x.odt"),
        group("/home/user/Documents/zz.odt")
    );
}

#[test]
fn a_folder_that_a_path_names_comes_even_if_empty_and_a_link_as_a_link() {
    let dom0 = home();
    let (said, target) = part(&dom0, &["home/user/empty", "home/user/l*"]);
    assert_eq!(said.unwrap().counts.others, 1);
    let found = restored(&target);
    assert!(found.contains_key(b"/home/user/empty".as_slice()));
    assert!(found.contains_key(b"/home/user/link".as_slice()));
    assert_eq!(found.len(), 4);
}

#[test]
fn everything_by_paths_is_what_a_whole_restore_brings() {
    let dom0 = home();
    let (said, target) = part(&dom0, &["*"]);
    let counts = said.unwrap().counts;
    assert_eq!(counts.bytes_read, counts.bytes_expected);
    let contents = |leaves: BTreeMap<Vec<u8>, Leaf>| -> Vec<(Vec<u8>, Vec<u8>)> {
        let leaves = leaves.into_iter();
        leaves.map(|(name, leaf)| (name, leaf.content)).collect()
    };
    assert_eq!(contents(restored(&target)), contents(leaves(&dom0)));
}

/// The bar: no more than 2 MiB. This volume has little else to be fetched.
#[test]
fn one_file_costs_little_more_than_itself() {
    let dom0 = home();
    let stored: usize = dom0.objects().values().map(Vec::len).sum();
    assert!(stored > 32_000_000, "{stored}");
    let (said, target) = part(&dom0, &["home/user/video/big"]);
    let counts = said.unwrap().counts;
    let sent = dom0.storage.sent_in_parts();
    let file = u64::try_from(BIG_BYTES).unwrap();
    assert!(sent > file && sent < file + (5 << 18), "{sent}");
    let found = restored(&target);
    assert_eq!(
        found[b"/home/user/video/big".as_slice()].content,
        noise(9, BIG_BYTES)
    );
    assert!(counts.bytes_stored >= sent && counts.bytes_stored < sent + 20_000);
    assert_eq!((counts.files, counts.files_read), (1, 1));
}

#[test]
fn what_later_runs_added_is_found_as_well() {
    let mut dom0 = home();
    let device = dom0.device.clone();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("home/user/new")).unwrap();
    fs::write(folder.path().join("home/user/new/file"), noise(5, 70_000)).unwrap();
    fs::write(folder.path().join("home/user/old"), noise(9, BIG_BYTES)).unwrap();
    fs::create_dir_all(device.parent().unwrap()).unwrap();
    image::make(&device, folder.path(), 64);
    dom0.back_up();
    let (said, target) = part(&dom0, &["home/user/new/file", "home/user/old"]);
    said.unwrap();
    let found = restored(&target);
    assert_eq!(
        found[b"/home/user/new/file".as_slice()].content,
        noise(5, 70_000)
    );
    assert_eq!(
        found[b"/home/user/old".as_slice()].content,
        noise(9, BIG_BYTES)
    );
    fs::remove_dir_all(device.parent().unwrap()).unwrap();
}

fn untouched(dom0: &Dom0, paths: &[&str], fault: Fault) {
    let (said, target) = part(dom0, paths);
    assert_eq!(said, Err(fault));
    let written = std::os::unix::fs::MetadataExt::blocks(&fs::metadata(target.file()).unwrap());
    assert_eq!(written, 0, "the volume was touched");
}

#[test]
fn a_path_that_is_not_there_ends_it_before_anything_is_written() {
    let dom0 = home();
    for path in [
        "home/user/absent",
        "home/user/link/x",
        "home/user/Documents/x.odt/y",
        "user",
        "?",
    ] {
        let fault = Fault::new(Code::NoSuchPath);
        untouched(&dom0, &[path], fault);
        untouched(&dom0, &["home/user/Documents/x.odt", path], fault);
    }
}

#[test]
fn packs_that_are_damaged_or_gone_are_named() {
    let dom0 = home();
    let packs: Vec<_> = dom0
        .objects()
        .into_iter()
        .filter(|(name, _)| name.kind == Kind::Pack)
        .collect();
    for (name, bytes) in &packs {
        let mut bytes = bytes.clone();
        // In every segment, but not in the header, which names the recipient.
        bytes
            .iter_mut()
            .skip(600)
            .step_by(30_000)
            .for_each(|byte| *byte ^= 1);
        dom0.storage.insert(*name, bytes);
    }
    let code = |said: Result<RestoreSummary, Fault>| {
        let fault = said.unwrap_err();
        let named =
            |(name, _): &&(qib_rpc::object::ObjectName, _)| Some(name.digest) == fault.object;
        assert!(packs.iter().any(|pack| named(&pack)));
        fault.code
    };
    assert_eq!(code(part(&dom0, &["home/user/video/big"]).0), Code::Damaged);
    for (name, bytes) in &packs {
        dom0.storage
            .insert(*name, bytes[..bytes.len() / 1000].to_vec());
    }
    assert_eq!(code(part(&dom0, &["home/user/video/big"]).0), Code::Damaged);
    packs
        .iter()
        .for_each(|(name, _)| dom0.storage.remove(*name));
    assert_eq!(code(part(&dom0, &["home/user/video/big"]).0), Code::Missing);
}

#[test]
fn an_index_that_is_damaged_gone_or_missing_is_named() {
    let mut dom0 = home();
    let index = qib_rpc::object::ObjectName {
        kind: Kind::Index,
        digest: dom0.index[0],
    };
    let mut bytes = dom0.objects()[&index].clone();
    bytes[700] ^= 1;
    dom0.storage.insert(index, bytes);
    let path = ["home/user/Documents"];
    untouched(&dom0, &path, Fault::about(Code::Damaged, index.digest));
    dom0.storage.remove(index);
    untouched(&dom0, &path, Fault::about(Code::Missing, index.digest));
    dom0.index.clear();
    let snapshot = dom0.last.unwrap().snapshot;
    untouched(&dom0, &path, Fault::about(Code::Damaged, snapshot));
}

/// An index is made by helpers that see what the qube holds: it may say anything.
#[test]
fn an_index_that_lies_brings_nothing_wrong() {
    let honest = Place {
        frame_at: 0,
        frame_bytes: 200,
        at: 512,
        length: 1,
    };
    let mut forge = Forge::new();
    let data = forge.data(b"hello");
    let piece = forge.piece(&[file("f", &[data])]);
    forge.root(vec![piece], [1, 0, 0, 5]);
    let forged = forge.finish();
    let (Part::Chunk(piece, _), Part::Chunk(data, _)) = (piece, data) else {
        return;
    };
    let places = [
        honest,
        Place {
            frame_bytes: 0,
            ..honest
        },
        Place {
            frame_at: 1,
            ..honest
        },
        Place {
            frame_at: 65_536,
            ..honest
        },
        Place {
            frame_at: u32::MAX,
            ..honest
        },
        Place {
            frame_bytes: 8 << 20,
            ..honest
        },
        Place {
            frame_bytes: u32::MAX,
            ..honest
        },
    ];
    for place in places {
        for pack in [forged.manifest_pack, forged.data_pack, Digest::new([1; 32])] {
            let rows = [piece, data].map(|id| ChunkRow { id, pack: 0, place });
            let index = put(&forged.storage, index_of(&[pack], &rows));
            let job = job(forged.job.clone(), vec![index], &["f"]);
            let target = Target::new(64);
            let said = restore(&job, &forged.storage, &target.file());
            assert_eq!(said.unwrap_err().code, Code::Damaged, "{place:?}");
        }
    }
}

fn index_of(packs: &[Digest], rows: &[ChunkRow]) -> qib_helper::seal::Sealed {
    let with = OpenWith::seed(&IndexSeed::new([6; 32])).unwrap();
    let counts = IndexCounts {
        packs: u64::try_from(packs.len()).unwrap(),
        chunks: u64::try_from(rows.len()).unwrap(),
        ..IndexCounts::default()
    };
    let to = SealTo::identity(&with);
    let mut writer = IndexWriter::new(&to, QUBE, mark(), counts).unwrap();
    writer.packs(packs.iter().copied()).unwrap();
    writer.chunks(rows.iter().copied()).unwrap();
    writer.borrowed(std::iter::empty()).unwrap();
    writer.folders(|_| Ok(())).unwrap();
    writer.files(|_| Ok(())).unwrap()
}

#[test]
fn an_index_of_another_qube_is_refused() {
    let mut dom0 = home();
    let other = OpenWith::seed(&IndexSeed::new([6; 32])).unwrap();
    let to = SealTo::identity(&other);
    let qube = qib_rpc::id::QubeId::new([9; 16]);
    let mut writer = IndexWriter::new(&to, qube, mark(), IndexCounts::default()).unwrap();
    writer.packs(std::iter::empty()).unwrap();
    writer.chunks(std::iter::empty()).unwrap();
    writer.borrowed(std::iter::empty()).unwrap();
    writer.folders(|_| Ok(())).unwrap();
    let sealed = writer.files(|_| Ok(())).unwrap();
    let digest = put(&dom0.storage, sealed);
    dom0.index.push(digest);
    untouched(&dom0, &["home"], Fault::about(Code::NotOurs, digest));
}

/// What a careful restore brings of a home in which something lies of every class.
fn careful(without: &[Class]) -> (u64, Vec<String>) {
    let source = tempfile::tempdir().unwrap();
    let user = source.path().join("home/user");
    fs::create_dir_all(user.join(".config/autostart")).unwrap();
    fs::create_dir_all(user.join("Documents/.git")).unwrap();
    fs::create_dir(source.path().join("config")).unwrap();
    let files = [
        ("config/rc.local", 0o755),
        ("top", 0o644),
        ("home/user/.bashrc", 0o644),
        ("home/user/.config/autostart/x", 0o644),
        ("home/user/Documents/a.txt", 0o644),
        ("home/user/Documents/.git/hook", 0o755),
        ("home/user/Documents/script", 0o744),
        ("home/user/Documents/setuid", 0o4644),
        ("home/user/Documents/app.desktop", 0o644),
    ];
    for (name, mode) in files {
        let path = source.path().join(name);
        fs::write(&path, name).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    std::os::unix::fs::symlink("a.txt", user.join("Documents/link")).unwrap();
    let images = tempfile::tempdir().unwrap();
    let image = image::make(&images.path().join("image"), source.path(), 64);
    let mut dom0 = Dom0::new(&image);
    dom0.back_up();
    let target = Target::new(64);
    let job = RestorePathsJob {
        without: without.iter().copied().collect(),
        ..job(last(&dom0), dom0.index.clone(), &["*"])
    };
    let summary = restore(&job, &dom0.storage, &target.file()).unwrap();
    let found = restored(&target);
    let names = found
        .into_keys()
        .map(|name| String::from_utf8(name).unwrap());
    let names = names.filter(|name| !name.is_empty());
    (summary.held_back, names.collect())
}

#[test]
fn a_careful_restore_holds_back_what_it_is_told_and_counts_it() {
    let (held_back, names) = careful(&Class::ALL);
    let documents = [
        "/home",
        "/home/user",
        "/home/user/Documents",
        "/home/user/Documents/a.txt",
    ];
    assert_eq!(names, documents);
    // config, top, .bashrc, .config, .git, script, setuid, app.desktop, link.
    assert_eq!(held_back, 9);
    let (held_back, names) = careful(&[]);
    assert_eq!((held_back, names.len()), (0, 17));
    for (class, held, away) in [
        (Class::Hidden, 3, "/home/user/.bashrc"),
        (Class::Executable, 5, "/home/user/Documents/setuid"),
        (Class::Link, 1, "/home/user/Documents/link"),
        (Class::Device, 0, "none"),
        (Class::System, 2, "/config/rc.local"),
    ] {
        let (held_back, names) = careful(&[class]);
        assert_eq!(held_back, held, "{class:?}");
        assert!(!names.iter().any(|name| name == away), "{class:?}");
    }
}
