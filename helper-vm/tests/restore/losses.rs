//! Where packs are lost, what can not be restored is counted: compared with what can not be read by
//! somebody who looks.

use crate::browsing::{Helper, last, skipped};
use crate::common::tree::Leaf;
use crate::common::{Dom0, image};
use crate::parts::{self, noise};
use crate::restoring::{self, Target, ask, job, restore};
use qib_rpc::class::Class;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::Digest;
use qib_rpc::key::IndexSeed;
use qib_rpc::message::backup::IndexObjects;
use qib_rpc::message::restore::RestorePathsJob;
use qib_rpc::message::verify::{Affected, AffectedJob};
use qib_rpc::object::{Kind, ObjectName};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Twenty photos of a megabyte, so that they are in several packs, and many small files; of two
/// folders one changes before the second snapshot.
fn backed_up() -> Dom0 {
    let place = tempfile::tempdir().unwrap();
    let (tree, image) = (place.path().join("tree"), place.path().join("image"));
    for folder in ["photos", "same/deep", "texts"] {
        fs::create_dir_all(tree.join(folder)).unwrap();
    }
    for number in 0..20 {
        let photo = noise(number, (1 << 20) + number);
        fs::write(tree.join(format!("photos/{number}")), photo).unwrap();
    }
    for number in 0..200 {
        fs::write(tree.join(format!("texts/{number}")), number.to_string()).unwrap();
        fs::write(tree.join(format!("same/deep/{number}")), [7; 100]).unwrap();
    }
    image::make(&image, &tree, 96);
    let mut dom0 = Dom0::new(&image);
    dom0.back_up();
    fs::write(tree.join("texts/new"), noise(99, 5000)).unwrap();
    image::make(&image, &tree, 96);
    dom0.back_up();
    dom0
}

fn affected(dom0: &Dom0, lost: &[Digest]) -> Result<Affected, Fault> {
    let job = AffectedJob {
        job: job(dom0.last.unwrap().snapshot, dom0.sequence),
        index_seed: IndexSeed::new([6; 32]),
        index: IndexObjects::try_from(dom0.index.clone()).unwrap(),
        lost: lost.to_vec().try_into().unwrap(),
    };
    ask(&job, &dom0.storage)
}

const fn pack(digest: Digest) -> ObjectName {
    let kind = Kind::Pack;
    ObjectName { kind, digest }
}

/// What somebody who looks can read, and how much not.
#[derive(Default)]
struct Looked {
    names: BTreeSet<Vec<u8>>,
    not: Affected,
}

impl Looked {
    /// False where a folder can not be listed.
    fn folder(&mut self, folder: &Path, name: &[u8]) -> bool {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let Ok(entries) = entries else {
            self.not.folders += 1;
            return false;
        };
        for entry in entries {
            let name = [name, b"/", entry.file_name().as_bytes()].concat();
            let path = entry.path();
            let is_there = if entry.file_type().unwrap().is_dir() {
                self.folder(&path, &name)
            } else if fs::read(&path).is_ok() {
                true
            } else {
                self.not.files += 1;
                self.not.file_bytes += entry.metadata().unwrap().len();
                false
            };
            if is_there {
                self.names.insert(name);
            }
        }
        true
    }
}

/// Restores all that is not lost.
fn restore_the_rest(dom0: &Dom0, lost: &[Digest]) -> Option<(u64, BTreeMap<Vec<u8>, Leaf>)> {
    let target = Target::new(96);
    let job = RestorePathsJob {
        without: [Class::Lost].into_iter().collect(),
        lost: lost.to_vec().try_into().unwrap(),
        ..parts::job(restoring::last(dom0), dom0.index.clone(), &["*"])
    };
    let summary = restore(&job, &dom0.storage, &target.file()).ok()?;
    Some((summary.held_back, parts::restored(&target)))
}

#[test]
fn what_nobody_can_read_is_counted_and_the_rest_is_restored() {
    if skipped("what_nobody_can_read_is_counted_and_the_rest_is_restored") {
        return;
    }
    let dom0 = backed_up();
    let was = parts::leaves(&dom0);
    let packs: Vec<Digest> = dom0.packs.keys().copied().collect();
    assert!(packs.len() >= 4, "{}", packs.len());
    let objects = dom0.storage.objects();
    let mut all = Vec::new();
    for lost in packs.chunks(1).chain([&packs[..2], &packs[..]]) {
        for digest in lost {
            dom0.storage.remove(pack(*digest));
        }
        let counted = affected(&dom0, lost).unwrap();
        let helper = Helper::start(&dom0.storage, &[last(&dom0, "shown")]);
        let mut looked = Looked::default();
        let has_any = looked.folder(&helper.path("shown"), b"");
        assert_eq!(counted, looked.not, "{lost:?}");
        helper.end();

        let rest = restore_the_rest(&dom0, lost);
        assert_eq!(rest.is_some(), has_any);
        if let Some((held_back, mut rest)) = rest {
            assert_eq!(held_back, counted.files + counted.folders);
            rest.remove(&b""[..]);
            let names: BTreeSet<Vec<u8>> = rest.keys().cloned().collect();
            assert_eq!(names, looked.names);
            for (name, leaf) in rest {
                let was = &was[&name];
                assert!(was.content == leaf.content, "{name:?}");
                assert_eq!(was.entry.meta, leaf.entry.meta, "{name:?}");
            }
        }
        for digest in lost {
            let name = pack(*digest);
            dom0.storage.insert(name, objects[&name].clone());
        }
        all.push(counted);
    }
    let has = |what: fn(&Affected) -> bool| assert!(all.iter().any(what), "{all:?}");
    has(|one| one.files > 5 && one.folders == 0 && one.file_bytes > 5 << 20);
    // The pieces of what did not change, and all of it.
    has(|one| one.folders > 1);
    has(|one| (one.files, one.folders) == (0, 1));
}

#[test]
fn what_is_lost_and_was_not_named_is_an_error() {
    let dom0 = backed_up();
    let packs: Vec<Digest> = dom0.packs.keys().copied().collect();
    // Where the names of the root are lost, nothing else is asked for.
    let has_files = |lost: &&Digest| affected(&dom0, &[**lost]).unwrap().files > 5;
    let named = *packs.iter().find(has_files).unwrap();
    packs
        .iter()
        .for_each(|digest| dom0.storage.remove(pack(*digest)));
    let fault = affected(&dom0, &[named]).unwrap_err();
    assert_eq!(fault.code, Code::Missing);
    let snapshot = dom0.last.unwrap().snapshot;
    let kind = Kind::Snapshot;
    let digest = snapshot;
    dom0.storage.remove(ObjectName { kind, digest });
    let fault = affected(&dom0, &packs).unwrap_err();
    assert_eq!(fault, Fault::about(Code::Missing, snapshot));
}
