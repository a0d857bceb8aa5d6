//! Snapshots as folders: compared with a kernel's mount of what was backed up, by stock tools.

use crate::common::storage::Storage;
use crate::common::{self, Dom0, QUBE, SESSION, chunk_key, image};
use crate::parts::noise;
use crate::told::{fill, told, told_of_image};
use crate::volume::image::{can_mount, tool};
use qib_rpc::fault::Fault;
use qib_rpc::glob::{Glob, Globs};
use qib_rpc::id::Digest;
use qib_rpc::key::{Identity, IndexSeed};
use qib_rpc::line::{Receiver, Sender};
use qib_rpc::message::Message;
use qib_rpc::message::backup::{IndexObjects, JobEnd, Progress};
use qib_rpc::message::browse::{BrowseJob, BrowseSnapshot, Browsed, Browsing};
use qib_rpc::name::QubeName;
use qib_rpc::object::{Kind, ObjectName};
use qib_rpc::plain_name::PlainName;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use tempfile::TempDir;

/// A helper that shows snapshots.
pub struct Helper {
    folder: TempDir,
    dom0: Receiver<UnixStream>,
    runs: JoinHandle<qib_helper::error::Result<()>>,
}

impl Helper {
    pub fn start(storage: &Storage, snapshots: &[BrowseSnapshot]) -> Self {
        Self::searching(storage, snapshots, &[])
    }

    /// One that searches them before.
    pub fn searching(storage: &Storage, snapshots: &[BrowseSnapshot], find: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mine, theirs) = UnixStream::pair().unwrap();
        let (storage, path) = (storage.clone(), folder.path().to_owned());
        let runs = thread::spawn(move || {
            let input = theirs.try_clone().unwrap();
            qib_helper::browse::run(input, theirs, &path, |_, _, _| Ok(storage.connect()))
        });
        let mut sender = Sender::new(mine.try_clone().unwrap());
        sender.send(&job(find)).unwrap();
        for snapshot in snapshots {
            sender.send(snapshot).unwrap();
        }
        sender.send(&JobEnd {}).unwrap();
        let mut dom0 = Receiver::new(mine);
        hear::<Browsing>(&mut dom0).unwrap();
        Self { folder, dom0, runs }
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Unmounts; returns what the helper said of all of it.
    pub fn end(mut self) -> Browsed {
        let status = tool("umount").arg(self.folder.path()).status();
        assert!(status.unwrap().success());
        let said = hear::<Browsed>(&mut self.dom0).unwrap();
        self.runs.join().unwrap().unwrap();
        said
    }
}

fn hear<M: Message>(dom0: &mut Receiver<UnixStream>) -> Result<M, Fault> {
    loop {
        let frame = dom0.frame().unwrap();
        if !frame.is::<Progress>() {
            return frame.decode::<M>().unwrap();
        }
    }
}

fn job(find: &[&str]) -> BrowseJob {
    let find = find.iter().map(|pattern| pattern.parse().unwrap());
    BrowseJob {
        session: SESSION,
        storage: QubeName::parse("sys-backup").unwrap(),
        qube: QUBE,
        chunk_key: chunk_key(),
        data_identity: Identity::new(common::data_identity_text()).unwrap(),
        index_seed: IndexSeed::new([6; 32]),
        find: Globs::try_from(find.collect::<Vec<Glob>>()).unwrap(),
    }
}

/// The snapshot that was made last.
pub fn last(dom0: &Dom0, folder: &str) -> BrowseSnapshot {
    BrowseSnapshot {
        folder: PlainName::try_from(folder.to_owned()).unwrap(),
        time: dom0.now,
        sequence: dom0.sequence,
        snapshot: dom0.last.unwrap().snapshot,
        index: IndexObjects::try_from(dom0.index.clone()).unwrap(),
    }
}

pub fn skipped(test: &str) -> bool {
    let is_there = Path::new("/dev/fuse").exists();
    if !is_there {
        println!("skipped: {test} needs /dev/fuse");
    }
    !is_there || !can_mount(test)
}

/// A qube with two snapshots, and their images.
struct Two {
    dom0: Dom0,
    images: TempDir,
    snapshots: [BrowseSnapshot; 2],
}

impl Two {
    fn new() -> Self {
        let (source, images) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fill(source.path());
        let older = image::make(&images.path().join("older"), source.path(), 96);
        let mut dom0 = Dom0::new(&older);
        dom0.back_up();
        let first = last(&dom0, "2026-11-29_1");
        fs::remove_file(source.path().join("home/user/empty")).unwrap();
        fs::write(source.path().join("home/user/many/new"), b"new").unwrap();
        dom0.device = image::make(&images.path().join("newer"), source.path(), 96);
        dom0.back_up();
        let second = last(&dom0, "2026-11-30_2");
        Self {
            dom0,
            images,
            snapshots: [first, second],
        }
    }

    fn image(&self, name: &str) -> PathBuf {
        self.images.path().join(name)
    }

    /// As storage loses an object.
    fn lose(&self, kind: Kind, digest: Digest) {
        self.dom0.storage.remove(ObjectName { kind, digest });
    }
}

#[test]
fn each_snapshot_is_shown_as_the_kernel_shows_what_was_backed_up() {
    if skipped("each_snapshot_is_shown_as_the_kernel_shows_what_was_backed_up") {
        return;
    }
    let two = Two::new();
    let helper = Helper::start(&two.dom0.storage, &two.snapshots);
    let folders: Vec<_> = fs::read_dir(helper.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(folders, ["2026-11-29_1", "2026-11-30_2"]);
    for (folder, image) in [("2026-11-29_1", "older"), ("2026-11-30_2", "newer")] {
        let (shown, was) = (told(&helper.path(folder)), told_of_image(&two.image(image)));
        assert!(was.lines().count() > 6000, "{was}");
        for (shown, was) in shown.lines().zip(was.lines()) {
            assert_eq!(shown, was);
        }
        assert_eq!(shown.len(), was.len());
    }
    let names = ["big", "Documents/also big"]
        .map(|name| helper.path("2026-11-30_2/home/user").join(name))
        .map(|path| fs::metadata(path).unwrap().ino());
    assert_eq!(names[0], names[1], "two names of one file");
    helper.end();
}

#[test]
fn nothing_is_fetched_before_somebody_looks_and_little_then() {
    if skipped("nothing_is_fetched_before_somebody_looks_and_little_then") {
        return;
    }
    let two = Two::new();
    let helper = Helper::start(&two.dom0.storage, &two.snapshots);
    assert_eq!(fs::read_dir(helper.folder.path()).unwrap().count(), 2);
    assert_eq!(helper.end().counts.bytes_stored, 0);

    let helper = Helper::start(&two.dom0.storage, &two.snapshots);
    let big = File::open(helper.path("2026-11-30_2/home/user/big")).unwrap();
    let (mut read, at) = ([0; 1000], 3_999_500);
    big.read_exact_at(&mut read, at).unwrap();
    assert_eq!(read, noise(9, 5_000_000)[3_999_500..4_000_500]);
    drop(big);
    let fetched = helper.end().counts.bytes_stored;
    assert!((1000..3_500_000).contains(&fetched), "{fetched}");
}

#[test]
fn nothing_can_be_changed_and_nothing_runs() {
    if skipped("nothing_can_be_changed_and_nothing_runs") {
        return;
    }
    let two = Two::new();
    let helper = Helper::start(&two.dom0.storage, &two.snapshots);
    let user = helper.path("2026-11-29_1/home/user");
    for refused in [
        fs::write(user.join("new"), b"").unwrap_err(),
        fs::remove_file(user.join("big")).unwrap_err(),
        File::options()
            .append(true)
            .open(user.join("big"))
            .unwrap_err(),
        fs::create_dir(helper.path("new")).unwrap_err(),
        fs::rename(user.join("big"), user.join("small")).unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::ReadOnlyFilesystem, "{refused}");
    }
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let ours = mounts
        .lines()
        .find(|line| line.contains(helper.folder.path().to_str().unwrap()));
    for option in ["ro", "nosuid", "nodev", "noexec"] {
        assert!(ours.unwrap().split([' ', ',']).any(|word| word == option));
    }
    helper.end();
}

#[test]
fn what_is_lost_is_an_error_where_it_lay_and_nowhere_else() {
    if skipped("what_is_lost_is_an_error_where_it_lay_and_nowhere_else") {
        return;
    }
    let two = Two::new();
    two.lose(Kind::Snapshot, two.snapshots[0].snapshot);
    let helper = Helper::start(&two.dom0.storage, &two.snapshots);
    let error = |path: &str| fs::read(helper.path(path)).unwrap_err().raw_os_error();
    let eio = Some(5);
    assert_eq!(error("2026-11-29_1/home/user/big"), eio);
    assert!(fs::read(helper.path("2026-11-30_2/home/user/big")).is_ok());
    assert_eq!(
        fs::read(helper.path("2026-11-30_2/home/user/none"))
            .unwrap_err()
            .kind(),
        ErrorKind::NotFound
    );
    helper.end();

    // Every pack: the folders are gone too, and the helper says so of each.
    let packs: Vec<Digest> = two.dom0.packs.keys().copied().collect();
    packs.iter().for_each(|pack| two.lose(Kind::Pack, *pack));
    let helper = Helper::start(&two.dom0.storage, &two.snapshots);
    let mut listed = fs::read_dir(helper.path("2026-11-30_2")).unwrap();
    assert_eq!(listed.next().unwrap().unwrap_err().raw_os_error(), eio);
    drop(listed);
    assert_eq!(fs::read_dir(helper.folder.path()).unwrap().count(), 2);
    helper.end();
}

#[test]
fn names_are_found_in_a_folder_of_many_pieces() {
    if skipped("names_are_found_in_a_folder_of_many_pieces") {
        return;
    }
    let (source, images) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let name = |number: usize| format!("{number:0200}");
    for number in (1..6_000).step_by(2) {
        fs::write(source.path().join(name(number)), number.to_string()).unwrap();
    }
    let image = image::make(&images.path().join("image"), source.path(), 96);
    let mut dom0 = Dom0::new(&image);
    dom0.back_up();
    let helper = Helper::start(&dom0.storage, &[last(&dom0, "one")]);
    for number in [0, 1, 2, 2999, 3000, 5_998, 5_999, 6_000] {
        let found = fs::read(helper.path("one").join(name(number))).ok();
        let is_there = number % 2 == 1;
        assert_eq!(found, is_there.then(|| number.to_string().into_bytes()));
    }
    let mut listed: Vec<String> = fs::read_dir(helper.path("one"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected: Vec<String> = (1..6_000).step_by(2).map(name).collect();
    listed.retain(|name| name != "lost+found");
    assert_eq!(listed, expected, "each once, in its order");
    helper.end();
}
