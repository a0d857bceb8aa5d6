//! Restoring as dom0 asks for it.

use crate::common::storage::Storage;
use crate::common::{self, Dom0, QUBE, SESSION, chunk_key};
use crate::snapshots::Forged;
use crate::volume::image::{can_mount, tool};
use qib_helper::confine::Needs;
use qib_helper::error::Result as Done;
use qib_helper::restore::Outside;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::Digest;
use qib_rpc::key::Identity;
use qib_rpc::line::{Receiver, Sender};
use qib_rpc::message::Message;
use qib_rpc::message::backup::Progress;
use qib_rpc::message::restore::{HandOutJob, HandedOut, RestoreJob, RestoreSummary, ToldApart};
use qib_rpc::message::verify::{CompareJob, Compared, VerifiedSnapshot, VerifySnapshotJob};
use qib_rpc::name::QubeName;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

pub fn job(snapshot: Digest, sequence: u64) -> RestoreJob {
    RestoreJob {
        session: SESSION,
        storage: QubeName::parse("sys-backup").unwrap(),
        qube: QUBE,
        sequence,
        snapshot,
        chunk_key: chunk_key(),
        data_identity: Identity::new(common::data_identity_text()).unwrap(),
        told_apart: ToldApart::BySnapshot,
    }
}

/// The job for the last snapshot that dom0 remembers.
pub fn last(dom0: &Dom0) -> RestoreJob {
    job(dom0.last.unwrap().snapshot, dom0.sequence)
}

/// The storage qube, and a qube that takes files.
struct Calls {
    storage: Storage,
    taker: Option<UnixStream>,
}

impl Outside for Calls {
    type Hear = UnixStream;
    type Speak = UnixStream;

    fn call_storage(&mut self, _: &RestoreJob, _: Needs<'_>) -> Done<(UnixStream, UnixStream)> {
        Ok(self.storage.connect())
    }

    fn call_taker(&mut self, _: &QubeName) -> Done<(UnixStream, UnixStream)> {
        let taker = self.taker.take().unwrap();
        Ok((taker.try_clone().unwrap(), taker))
    }
}

/// Restores to a device or a file, however it ends.
pub fn restore(
    job: &impl Message,
    storage: &Storage,
    device: &Path,
) -> Result<RestoreSummary, Fault> {
    let (mine, theirs) = UnixStream::pair().unwrap();
    let (storage, device) = (storage.clone(), device.to_owned());
    let before = storage.connections();
    let calls = storage.clone();
    let helper = thread::spawn(move || {
        let input = theirs.try_clone().unwrap();
        qib_helper::restore::run(
            input,
            theirs,
            &device,
            &mut Calls {
                storage,
                taker: None,
            },
        )
    });
    Sender::new(mine.try_clone().unwrap()).send(job).unwrap();
    let mut dom0 = Receiver::new(mine);
    let summary = last_word(&mut dom0);
    assert_eq!(helper.join().unwrap().is_ok(), summary.is_ok());
    assert!(calls.connections() - before <= 1, "one call at most");
    summary
}

/// Opens and compares, writing nothing, however it ends.
pub fn open(
    job: RestoreJob,
    volume_bytes: u64,
    storage: &Storage,
) -> Result<VerifiedSnapshot, Fault> {
    let (mine, theirs) = UnixStream::pair().unwrap();
    let storage = storage.clone();
    let helper = thread::spawn(move || {
        let input = theirs.try_clone().unwrap();
        qib_helper::verify::run(input, theirs, |_, _, _| Ok(storage.connect()))
    });
    let job = VerifySnapshotJob { job, volume_bytes };
    Sender::new(mine.try_clone().unwrap()).send(&job).unwrap();
    let mut dom0 = Receiver::new(mine);
    let verified = last_word(&mut dom0);
    assert_eq!(helper.join().unwrap().is_ok(), verified.is_ok());
    verified
}

/// Hands files to a qube, however it ends.
pub fn hand_out(
    job: &HandOutJob,
    storage: &Storage,
    taker: UnixStream,
) -> Result<HandedOut, Fault> {
    let (mine, theirs) = UnixStream::pair().unwrap();
    let mut calls = Calls {
        storage: storage.clone(),
        taker: Some(taker),
    };
    let helper = thread::spawn(move || {
        let input = theirs.try_clone().unwrap();
        qib_helper::restore::run(input, theirs, Path::new("/nowhere"), &mut calls)
    });
    Sender::new(mine.try_clone().unwrap()).send(job).unwrap();
    let handed = last_word(&mut Receiver::new(mine));
    assert_eq!(helper.join().unwrap().is_ok(), handed.is_ok());
    handed
}

/// Compares two snapshots, however it ends.
pub fn compare(job: &CompareJob, storage: &Storage) -> Result<Compared, Fault> {
    ask(job, storage)
}

/// Has a helper answer what is asked about snapshots.
pub fn ask<Q: Message, A: Message>(job: &Q, storage: &Storage) -> Result<A, Fault> {
    let (mine, theirs) = UnixStream::pair().unwrap();
    let storage = storage.clone();
    let helper = thread::spawn(move || {
        let input = theirs.try_clone().unwrap();
        qib_helper::verify::run(input, theirs, |_, _, _| Ok(storage.connect()))
    });
    Sender::new(mine.try_clone().unwrap()).send(job).unwrap();
    let compared = last_word(&mut Receiver::new(mine));
    assert_eq!(helper.join().unwrap().is_ok(), compared.is_ok());
    compared
}

/// What follows the progress, and is followed by nothing.
fn last_word<M: Message>(dom0: &mut Receiver<UnixStream>) -> Result<M, Fault> {
    let last = loop {
        let frame = dom0.frame().unwrap();
        if !frame.is::<Progress>() {
            break frame.decode::<M>().unwrap();
        }
    };
    assert!(dom0.next_frame().unwrap().is_none());
    last
}

/// What a hostile snapshot may cost at most.
const MAX_SECONDS: u64 = 30;
const MAX_MEBIBYTES: u64 = 1024;

fn in_bounds<T>(work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let done = work();
    assert!(begin.elapsed().as_secs() < MAX_SECONDS, "it takes too long");
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.unwrap().trim().strip_suffix(" kB").unwrap();
    let peak: u64 = kibibytes.parse().unwrap();
    assert!(peak >> 10 < MAX_MEBIBYTES, "{peak} KiB of memory");
    done
}

/// Restores to a volume, which must end with a fault and leave it as it is.
fn leaves_alone(forged: &Forged, code: Code, object: Option<Digest>) {
    let target = Target::new(64);
    let said = in_bounds(|| restore(&forged.job, &forged.storage, &target.file()));
    let said = said.map_err(|fault| (fault.code, fault.object));
    assert_eq!(said, Err((code, object)));
    let written = std::fs::metadata(target.file()).unwrap().blocks();
    assert_eq!(written, 0, "the volume was touched");
}

/// The restore must name the snapshot and leave the volume as it is.
pub fn refused(forged: &Forged, code: Code) {
    refused_about(forged, code, forged.job.snapshot);
}

/// The restore must name this object and leave the volume as it is; who only opens the
/// snapshot must name the same.
pub fn refused_about(forged: &Forged, code: Code, object: Digest) {
    let opened = in_bounds(|| open(forged.job.clone(), 64 << 20, &forged.storage));
    let opened = opened.map_err(|fault| (fault.code, fault.object));
    assert_eq!(opened.map(drop), Err((code, Some(object))));
    leaves_alone(forged, code, Some(object));
}

/// The restore must say that the volume is too small and leave it as it is.
pub fn too_small(forged: &Forged) {
    leaves_alone(forged, Code::TargetTooSmall, None);
}

/// Restores through a folder and, as root, through a mount; hands what was said and
/// the volume to `check`.
pub fn every_place(forged: &Forged, check: impl Fn(Result<RestoreSummary, Fault>, &Target)) {
    let target = Target::new(64);
    let said = in_bounds(|| restore(&forged.job, &forged.storage, &target.file()));
    check(said, &target);
    mounted("the same in a mounted volume", forged, check);
}

/// Restores through a mount, as root only.
pub fn mounted(
    test: &str,
    forged: &Forged,
    check: impl Fn(Result<RestoreSummary, Fault>, &Target),
) {
    if can_mount(test) {
        let target = Target::new(64);
        let device = target.device();
        let said = in_bounds(|| restore(&forged.job, &forged.storage, &device.0));
        drop(device);
        check(said, &target);
    }
}

/// An empty volume, as a file.
pub struct Target {
    folder: tempfile::TempDir,
}

impl Target {
    pub fn new(mebibytes: u64) -> Self {
        Self::of(mebibytes << 20)
    }

    pub fn of(bytes: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("image")).unwrap();
        file.set_len(bytes).unwrap();
        Self { folder }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    /// The folder in which the image lies.
    pub fn into_folder(self) -> tempfile::TempDir {
        self.folder
    }

    /// The same as a block device, which only root can make of it.
    pub fn device(&self) -> Loop {
        let output = tool("losetup")
            .args(["--find", "--show"])
            .arg(self.file())
            .output()
            .unwrap();
        assert!(output.status.success());
        Loop(PathBuf::from(
            String::from_utf8(output.stdout).unwrap().trim(),
        ))
    }

    pub fn is_clean(&self) {
        let checked = tool("e2fsck")
            .args(["-f", "-n"])
            .arg(self.file())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert!(checked.status.success(), "{said}");
    }
}

/// A loop device, gone when dropped.
pub struct Loop(pub PathBuf);

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = tool("losetup").arg("-d").arg(&self.0).status();
    }
}
