//! What retention costs dom0 when there are very many snapshots: `cargo test --release -p qib
//! --test scale -- --ignored --nocapture` prints the figures in docs/retention.md.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test may stop at the first surprise; not all that makes ledgers is used here"
)]

#[path = "retained/made.rs"]
mod made;

use made::{Made, QUBE, change, pack, snapshot};
use qib::ledger::Ledger;
use qib::ledger::book::Pack;
use qib::ledger::record::{Change, PackChange, Record};
use qib::ledger::seal::{Position, seal};
use qib::live::Live;
use qib::retention::needed::Needed;
use qib::retention::plan::by_policy;
use qib::retention::space::of_each;
use qib_rpc::message::backup::IndexObjects;
use qib_rpc::object::{Kind, ObjectName};
use std::fs::{self, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

/// Packs that each snapshot needs.
const PACKS: u64 = 1000;

/// Packs that each snapshot drops, and adds.
const CHANGES: u64 = 2;

/// Appends records without a sync for each.
struct Appending {
    file: BufWriter<fs::File>,
    next: Position,
}

impl Appending {
    fn put(&mut self, record: &Record) {
        let sealed = seal(&made::key(), self.next, 0, record).unwrap();
        let length = u32::try_from(sealed.len()).unwrap();
        self.file.write_all(&length.to_le_bytes()).unwrap();
        self.file.write_all(&sealed).unwrap();
        self.next = self.next.after(&sealed);
    }

    fn snapshot(&mut self, sequence: u64, changes: Vec<PackChange>) {
        let mut snapshot = snapshot(sequence, i64::try_from(sequence).unwrap() * 3600);
        let index = (0..8).map(|number| pack((sequence + number) | 1 << 61));
        snapshot.index = IndexObjects::try_from(index.collect::<Vec<_>>()).unwrap();
        self.put(&Record::PackChanges {
            qube: QUBE,
            session: snapshot.session,
            changes,
        });
        self.put(&Record::Snapshot(Box::new(snapshot)));
    }
}

/// Appends so many snapshots, one an hour: deltas of [`CHANGES`] packs after the first.
fn fill(path: &Path, position: Position, snapshots: u64) {
    let file = OpenOptions::new().append(true).open(path).unwrap();
    let mut to = Appending {
        file: BufWriter::new(file),
        next: position,
    };
    let mut packs: Vec<u64> = (1..=PACKS).collect();
    to.snapshot(
        1,
        packs
            .iter()
            .map(|pack| change(*pack, Change::Added))
            .collect(),
    );
    let (mut next, mut dice) = (PACKS + 1, 7u64);
    for sequence in 2..=snapshots {
        let mut changes = Vec::new();
        for _ in 0..CHANGES {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = usize::try_from((dice >> 33) % PACKS).unwrap();
            // A pack added just now is not dropped at once.
            if packs[place] > next - CHANGES {
                continue;
            }
            changes.push(change(packs[place], Change::Dropped));
            packs[place] = next;
            changes.push(change(next, Change::Added));
            next += 1;
        }
        to.snapshot(sequence, changes);
    }
    to.file.flush().unwrap();
}

/// A number of the kernel about this process, in MiB.
fn mebibytes(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(what))
        .unwrap();
    let kib: u64 = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    kib / 1024
}

/// How long this thread has had a processor: others may be at work on the same machine.
fn cpu() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// Plans over so many snapshots; returns the time that it took and the most memory, in MiB.
fn plan(snapshots: u64) -> (Duration, u64) {
    let made = Made::new();
    fill(&made.path, made.ledger.next(), snapshots);
    let began = cpu();
    let ledger = Ledger::open(&made.path, made::key()).unwrap();
    let history = ledger.book.history(QUBE).unwrap();
    let opened = cpu() - began;
    let resident = mebibytes("VmRSS:");
    let began = cpu();
    let policy = "hourly=48,daily=30,weekly=10,monthly=24,yearly=10"
        .parse()
        .unwrap();
    let going = by_policy(&policy, history, None);
    let freed = going[0].freed();
    let forgot = cpu() - began;
    let needed = Needed::new(history, &Live::of_ledger(history), 0, 0);
    let stays = |digest| {
        needed.has(ObjectName {
            kind: Kind::Pack,
            digest,
        })
    };
    let kept = history
        .packs
        .iter()
        .filter(|(digest, _)| stays(**digest))
        .count();
    let dead = history
        .packs
        .live()
        .filter(|(_, pack)| pack.is_mostly_dead());
    let dead: Vec<&Pack> = dead.map(|(_, pack)| pack).collect();
    let (kept, dead) = (kept, dead);
    drop(needed);
    let space = of_each(history);
    let took = cpu() - began;
    assert_eq!(history.snapshots.len(), usize::try_from(snapshots).unwrap());
    assert_eq!((kept, dead.len()), (history.packs.iter().count(), 0));
    assert!(space.iter().all(|space| space.packs == PACKS));
    assert!(freed.packs > 0 && going[0].stay().len() < 130);
    println!(
        "{snapshots} snapshots, {kept} packs: ledger of {} MiB read in {opened:?}, {resident} MiB; \
         forget planned in {forgot:?}, all in {took:?}; at most {} MiB",
        fs::metadata(&made.path).unwrap().len() >> 20,
        mebibytes("VmHWM:"),
    );
    (took, mebibytes("VmHWM:"))
}

#[test]
fn planning_over_some_thousand_snapshots_is_quick_and_small() {
    let (took, memory) = plan(4000);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(memory < 64, "{memory} MiB");
}

#[test]
#[ignore = "a measurement of a minute"]
fn planning_over_a_hundred_thousand_snapshots() {
    let (took, memory) = plan(100_000);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(memory < 100, "{memory} MiB");
}
