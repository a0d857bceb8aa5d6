//! Dom0 and the storage qube as one test sees them, speaking the real messages.

#![allow(dead_code, reason = "every test uses a part of it")]

pub mod image;
pub mod index_rows;
pub mod storage;
pub mod tree;

use qib_helper::seal::OpenWith;
use qib_rpc::compression::Compression;
use qib_rpc::fault::Fault;
use qib_rpc::glob::PathRules;
use qib_rpc::id::{Digest, QubeId, SessionId};
use qib_rpc::key::{ChunkKey, CutKey, Identity, IndexSeed, PacksKey, Recipient};
use qib_rpc::line::{Receiver, Sender};
use qib_rpc::message::backup::{
    BackupJob, BackupSummary, IndexObjects, JobEnd, LivePack, LivePackList, LivePacks, Partial,
    Progress, Reading, StoredBackup,
};
use qib_rpc::name::QubeName;
use qib_rpc::reading::Manner;
use qib_rpc::rule::Rules;
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use storage::{Objects, Storage};

pub const QUBE: QubeId = QubeId::new([7; 16]);
pub const SESSION: SessionId = SessionId::new([8; 16]);

pub fn chunk_key() -> ChunkKey {
    ChunkKey::new([3; 32])
}

/// A seed makes an identity, which serves as a data identity as well.
pub fn data_identity() -> OpenWith {
    OpenWith::seed(&IndexSeed::new([5; 32])).unwrap()
}

/// The data identity as age's own tool reads it.
pub fn data_identity_text() -> String {
    identity_text([5; 32])
}

/// The data identity of another qube.
pub fn other_identity() -> Identity {
    Identity::new(identity_text([6; 32])).unwrap()
}

fn identity_text(secret: [u8; 32]) -> String {
    let prefix = bech32::Hrp::parse("AGE-SECRET-KEY-").unwrap();
    bech32::encode_upper::<bech32::Bech32>(prefix, &secret).unwrap()
}

fn data_recipient() -> Recipient {
    let text = format!("{:?}", qib_helper::seal::SealTo::identity(&data_identity()));
    let start = text.find("age1").unwrap();
    Recipient::new(text[start..start + 62].to_owned()).unwrap()
}

/// What dom0 remembers between the runs of one qube.
pub struct Dom0 {
    pub device: PathBuf,
    pub storage: Storage,
    pub sequence: u64,
    pub now: i64,
    pub previous: Option<i64>,
    pub rules: Rules,
    pub paths: PathRules,
    pub dry_run: bool,
    pub compression: Compression,
    pub index: Vec<Digest>,
    pub packs: BTreeMap<Digest, (u64, bool)>,
    pub last: Option<StoredBackup>,
}

/// What a run said.
pub struct Said {
    pub summary: Result<BackupSummary, Fault>,
    pub manner: Option<Manner>,
    pub partials: Vec<Partial>,
}

impl Dom0 {
    pub fn new(device: &Path) -> Self {
        Self {
            device: device.to_owned(),
            storage: Storage::default(),
            sequence: 0,
            now: 4_000_000_000,
            previous: None,
            rules: Rules::DEFAULT,
            paths: PathRules::default(),
            dry_run: false,
            compression: Compression::default(),
            index: Vec::new(),
            packs: BTreeMap::new(),
            last: None,
        }
    }

    /// Makes a backup that must succeed, and remembers it.
    pub fn back_up(&mut self) -> BackupSummary {
        let said = self.run();
        let summary = said.summary.unwrap();
        if let Some(stored) = summary.stored {
            self.remember(&stored);
        }
        summary
    }

    /// Makes a backup, however it ends.
    pub fn run(&mut self) -> Said {
        let (mine, theirs) = UnixStream::pair().unwrap();
        let storage = self.storage.clone();
        let device = self.device.clone();
        let helper = thread::spawn(move || {
            let input = theirs.try_clone().unwrap();
            qib_helper::backup::run(input, theirs, &device, |_, _| Ok(storage.connect()))
        });
        let job = self.job();
        let mut sender = Sender::new(mine.try_clone().unwrap());
        sender.send(&job).unwrap();
        for packs in self.live_packs() {
            sender.send(&packs).unwrap();
        }
        sender.send(&JobEnd {}).unwrap();
        let said = hear(Receiver::new(mine));
        assert_eq!(helper.join().unwrap().is_ok(), said.summary.is_ok());
        said
    }

    fn job(&self) -> BackupJob {
        BackupJob {
            session: SESSION,
            storage: QubeName::parse("sys-backup").unwrap(),
            qube: QUBE,
            sequence: self.sequence + 1,
            now: self.now,
            previous: self.previous,
            rules: self.rules,
            paths: self.paths.clone(),
            dry_run: self.dry_run,
            compression: self.compression,
            chunk_key: chunk_key(),
            cut_key: CutKey::new([4; 32]),
            index_seed: IndexSeed::new([6; 32]),
            packs_key: PacksKey::new([9; 32]),
            data_recipient: data_recipient(),
            index: IndexObjects::try_from(self.index.clone()).unwrap(),
        }
    }

    fn live_packs(&self) -> Vec<LivePacks> {
        let packs: Vec<LivePack> = self
            .packs
            .iter()
            .map(|(digest, (live_bytes, in_last_snapshot))| LivePack {
                digest: *digest,
                live_bytes: *live_bytes,
                in_last_snapshot: *in_last_snapshot,
            })
            .collect();
        packs
            .chunks(1000)
            .map(|some| LivePacks {
                packs: LivePackList::try_from(some.to_vec()).unwrap(),
            })
            .collect()
    }

    /// Takes over what a finished session stored.
    pub fn remember(&mut self, stored: &StoredBackup) {
        self.packs.retain(|_, (_, in_last)| *in_last);
        self.apply_packs(stored.packs, true);
        let kept = |(number, digest): (usize, &Digest)| {
            (stored.kept_index >> number & 1 == 1).then_some(*digest)
        };
        self.index = self.index.iter().enumerate().filter_map(kept).collect();
        self.index.extend(stored.index);
        self.sequence += 1;
        self.previous = Some(self.now);
        self.last = Some(*stored);
    }

    /// Takes over what an interrupted session stored.
    pub fn remember_partial(&mut self, partial: &Partial) {
        self.apply_packs(partial.packs, false);
        self.index.push(partial.index);
    }

    fn apply_packs(&mut self, list: Digest, in_last: bool) {
        for (digest, change, live) in storage::packs_list(&self.storage.objects(), list) {
            match change {
                1 | 3 => {
                    self.packs.insert(digest, (live, in_last));
                }
                2 => {
                    self.packs.remove(&digest).unwrap();
                }
                _ => panic!("a change of kind {change}"),
            }
        }
    }

    /// The objects that the last snapshot and dom0's knowledge make reachable.
    pub fn objects(&self) -> Objects {
        self.storage.objects()
    }
}

fn hear(mut dom0: Receiver<UnixStream>) -> Said {
    let mut partials = Vec::new();
    let mut manner = None;
    loop {
        let frame = dom0.frame().unwrap();
        if frame.is::<Progress>() {
            continue;
        }
        if frame.is::<Reading>() {
            let reading = frame.decode::<Reading>().unwrap().unwrap();
            assert!(manner.replace(reading.manner).is_none(), "said twice");
            continue;
        }
        if frame.is::<Partial>() {
            partials.push(frame.decode::<Partial>().unwrap().unwrap());
            continue;
        }
        let summary = frame.decode::<BackupSummary>().unwrap();
        assert!(
            dom0.next_frame().unwrap().is_none(),
            "something after the last word"
        );
        assert!(summary.is_err() || manner.is_some(), "not said at all");
        return Said {
            summary,
            manner,
            partials,
        };
    }
}

/// Prints what a person wants to know of a run.
pub fn report(what: &str, summary: &BackupSummary) {
    let counts = summary.counts;
    let _shown = writeln!(std::io::stderr(), "{what}: {counts:?}");
}
