//! A restore that was interrupted and goes on: what lies there already is not fetched again, and
//! what comes out is what an uninterrupted one writes.

use crate::common::{Dom0, image};
use crate::parts::{job as part_job, noise};
use crate::restoring::{Target, last, restore};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::key::IndexSeed;
use qib_rpc::message::backup::IndexObjects;
use qib_rpc::message::restore::{RestoreJob, RestorePathsJob, RestoreSummary, ResumeJob};
use qib_rpc::object::{Kind, ObjectName};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

const MEBIBYTES: u64 = 64;

/// Backups that were made one after the other, so that the last snapshot needs packs of each, and
/// not all that lies in them.
const BACKUPS: usize = 5;

/// Packs that an interrupted restore may have fetched and not written: one that waited, one that
/// was opened, one on its way.
const IN_FLIGHT: usize = 3;

fn add(source: &Path, turn: usize) {
    let folder = source.join(format!("turn {turn}"));
    fs::create_dir(&folder).unwrap();
    for number in 0..150 {
        let bytes = noise(turn * 1000 + number, 100 + number * 97);
        fs::write(folder.join(number.to_string()), bytes).unwrap();
    }
    fs::write(folder.join("large"), noise(turn, 3_000_000)).unwrap();
    fs::write(folder.join("twice"), noise(7, 500_000)).unwrap();
    let sparse = fs::File::create(folder.join("sparse")).unwrap();
    sparse
        .write_all_at(&noise(turn + 50, 5000), 1_000_000)
        .unwrap();
    sparse.set_len(3_000_000).unwrap();
    if let Some(before) = turn.checked_sub(1) {
        for number in (0..150).step_by(3) {
            fs::remove_file(source.join(format!("turn {before}/{number}"))).unwrap();
        }
    }
}

/// `image` makes the volume of a tree.
fn backed_up(image: impl Fn(&Path, &Path)) -> Dom0 {
    let folder = tempfile::tempdir().unwrap();
    let (source, device) = (folder.path().join("source"), folder.path().join("image"));
    fs::create_dir(&source).unwrap();
    let mut dom0 = Dom0::new(&device);
    for turn in 0..BACKUPS {
        add(&source, turn);
        image(&device, &source);
        dom0.back_up();
        dom0.now += 1_000_000;
    }
    dom0
}

fn ext4(device: &Path, source: &Path) {
    let _none_yet = fs::remove_file(device);
    image::make(device, source, MEBIBYTES);
}

fn rest(dom0: &Dom0) -> ResumeJob {
    ResumeJob {
        job: last(dom0),
        index_seed: IndexSeed::new([6; 32]),
        index: IndexObjects::try_from(dom0.index.clone()).unwrap(),
    }
}

/// The volume as an uninterrupted restore makes it, and what that fetches, in its order.
fn uninterrupted(dom0: &Dom0) -> (Vec<u8>, RestoreSummary, Vec<ObjectName>) {
    let target = Target::new(MEBIBYTES);
    dom0.storage.got();
    let summary = restore(&last(dom0), &dom0.storage, &target.file()).unwrap();
    let got = dom0.storage.got();
    (fs::read(target.file()).unwrap(), summary, got)
}

/// A volume to which the storage sent so many objects before it died.
fn interrupted(dom0: &Dom0, objects: usize) -> Target {
    let target = Target::new(MEBIBYTES);
    dom0.storage.die_after_gets(Some(objects));
    let job: RestoreJob = last(dom0);
    let said = restore(&job, &dom0.storage, &target.file());
    assert_eq!(said, Err(Fault::new(Code::StorageLost)));
    dom0.storage.die_after_gets(None);
    target
}

fn same_but_for_fetching(one: RestoreSummary, other: RestoreSummary) {
    let alike = |summary: RestoreSummary| {
        let mut alike = summary;
        alike.counts.objects = 0;
        alike.counts.bytes_stored = 0;
        alike
    };
    assert_eq!(alike(one), alike(other));
}

#[test]
fn wherever_it_was_interrupted_the_rest_is_fetched_and_the_volume_is_the_same() {
    let dom0 = backed_up(ext4);
    let (bytes, whole, all) = uninterrupted(&dom0);
    let packs = all.iter().filter(|name| name.kind == Kind::Pack).count();
    assert!(packs >= BACKUPS, "{packs} packs");
    for objects in 0..all.len() {
        let target = interrupted(&dom0, objects);
        let came = dom0.storage.got();
        assert_eq!(came, all[..objects], "what comes is in one order");
        let summary = restore(&rest(&dom0), &dom0.storage, &target.file()).unwrap();
        same_but_for_fetching(summary, whole);
        assert!(
            bytes == fs::read(target.file()).unwrap(),
            "after {objects} objects"
        );
        let again = dom0.storage.got();
        let data_again = |name: &&ObjectName| {
            let place = all.iter().position(|one| one == *name).unwrap();
            name.kind == Kind::Pack && place < objects.saturating_sub(IN_FLIGHT)
        };
        // The manifest's are needed each time.
        let again = again.iter().filter(data_again).count();
        assert!(again <= manifest(&all, &dom0), "{again} packs came again");
    }
}

/// How many packs hold manifest.
fn manifest(all: &[ObjectName], dom0: &Dom0) -> usize {
    let target = Target::new(MEBIBYTES);
    restore(&last(dom0), &dom0.storage, &target.file()).unwrap();
    dom0.storage.got();
    restore(&rest(dom0), &dom0.storage, &target.file()).unwrap();
    let again = dom0.storage.got();
    assert!(again.len() < all.len(), "something was not fetched again");
    again.iter().filter(|name| name.kind == Kind::Pack).count()
}

/// A volume that was filled, and spoilt at this place.
fn spoilt(dom0: &Dom0, at: usize) -> Target {
    let target = Target::new(MEBIBYTES);
    restore(&last(dom0), &dom0.storage, &target.file()).unwrap();
    let volume = OpenOptions::new()
        .read(true)
        .write(true)
        .open(target.file())
        .unwrap();
    let mut byte = [0];
    volume.read_exact_at(&mut byte, at as u64).unwrap();
    volume.write_all_at(&[!byte[0]], at as u64).unwrap();
    dom0.storage.got();
    target
}

fn place(bytes: &[u8], part: &[u8]) -> usize {
    bytes
        .windows(part.len())
        .position(|all| all == part)
        .unwrap()
}

#[test]
fn what_is_not_what_it_should_be_is_fetched_again() {
    let dom0 = backed_up(ext4);
    let (bytes, _, all) = uninterrupted(&dom0);
    // Where the first chunk of a file that comes is spoilt, files behind it are not found either:
    // the file that got its blocks last is.
    let ends = (0..BACKUPS).map(|turn| place(&bytes, &noise(turn, 3_000_000)[2_900_000..]));
    let target = spoilt(&dom0, ends.max().unwrap());
    restore(&rest(&dom0), &dom0.storage, &target.file()).unwrap();
    assert!(bytes == fs::read(target.file()).unwrap());
    let again = dom0.storage.got();
    let again = again.iter().filter(|name| name.kind == Kind::Pack).count();
    let least = manifest(&all, &dom0) + 1;
    assert!((least..=least + 1).contains(&again), "{again} packs");
}

#[test]
fn what_begins_a_file_and_the_zeros_behind_it_are_looked_at_too() {
    let dom0 = backed_up(ext4);
    let (bytes, ..) = uninterrupted(&dom0);
    let content = noise(4010, 100 + 970);
    let begin = place(&bytes, &content);
    assert_eq!(bytes[begin + content.len()], 0);
    for at in [begin, begin + content.len()] {
        let target = spoilt(&dom0, at);
        restore(&rest(&dom0), &dom0.storage, &target.file()).unwrap();
        assert!(bytes == fs::read(target.file()).unwrap());
    }
}

#[test]
fn a_volume_that_holds_anything_else_is_filled_all_the_same() {
    let dom0 = backed_up(ext4);
    let (bytes, whole, _) = uninterrupted(&dom0);
    let target = Target::new(MEBIBYTES);
    fs::write(target.file(), noise(1, bytes.len())).unwrap();
    let summary = restore(&rest(&dom0), &dom0.storage, &target.file()).unwrap();
    same_but_for_fetching(summary, whole);
    target.is_clean();
}

/// No file system: the volume comes as the image that it is.
fn image(device: &Path, source: &Path) {
    let mut bytes = vec![0; (MEBIBYTES << 20) as usize];
    for turn in 0..BACKUPS {
        if source.join(format!("turn {turn}")).exists() {
            let at = turn * 8_000_000 + 1_000_000;
            bytes[at..at + 5_000_000].copy_from_slice(&noise(turn, 5_000_000));
        }
    }
    fs::write(device, bytes).unwrap();
}

#[test]
fn an_image_goes_on_in_the_same_way() {
    let dom0 = backed_up(image);
    let (bytes, whole, all) = uninterrupted(&dom0);
    for objects in 1..all.len() {
        let target = interrupted(&dom0, objects);
        dom0.storage.got();
        let summary = restore(&rest(&dom0), &dom0.storage, &target.file()).unwrap();
        same_but_for_fetching(summary, whole);
        assert!(bytes == fs::read(target.file()).unwrap());
        let again = dom0.storage.got().len();
        let most = all.len() - objects + IN_FLIGHT + manifest(&all, &dom0) + 1;
        assert!(again <= most, "{again} objects after {objects}");
    }
}

#[test]
fn a_part_of_a_snapshot_goes_on_too() {
    let dom0 = backed_up(ext4);
    let paths = ["turn 1/", "turn 3/*", "turn 4/large"];
    let whole = part_job(last(&dom0), dom0.index.clone(), &paths);
    let rest = RestorePathsJob {
        resumes: true,
        ..whole.clone()
    };
    let sent = |job: &RestorePathsJob, target: &Target| {
        let before = dom0.storage.sent_in_parts();
        let summary = restore(job, &dom0.storage, &target.file());
        (summary, dom0.storage.sent_in_parts() - before)
    };
    let target = Target::new(MEBIBYTES);
    let (summary, all) = sent(&whole, &target);
    let bytes = fs::read(target.file()).unwrap();
    // Of a volume that is whole little but tables and manifest comes.
    let (again, little) = sent(&rest, &target);
    same_but_for_fetching(again.unwrap(), summary.unwrap());
    assert!(bytes == fs::read(target.file()).unwrap());
    assert!(little < all / 10, "{little} of {all} bytes");
    for share in [2, 4, 6, 8] {
        let target = Target::new(MEBIBYTES);
        dom0.storage.die_after_parts(Some(all * share / 10));
        let (failed, _) = sent(&whole, &target);
        assert_eq!(failed, Err(Fault::new(Code::StorageLost)));
        dom0.storage.die_after_parts(None);
        let (again, sent) = sent(&rest, &target);
        same_but_for_fetching(again.unwrap(), summary.unwrap());
        assert!(bytes == fs::read(target.file()).unwrap());
        let most = all * (10 - share) / 10 + all / 5;
        assert!(sent < most, "{sent} of {all} bytes after {share} tenths");
    }
}
