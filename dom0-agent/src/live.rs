//! What a session may build upon: live packs and index objects, from the ledger
//! and from what interrupted sessions stored.

use crate::error::{Error, Result};
use crate::ledger::book::{History, Pack};
use crate::ledger::record::{Change, MAX_CHANGES, PackChange, PartialRecord, Record};
use crate::machine::{Installation, Machine};
use crate::packs;
use crate::records::Records;
use qib_rpc::id::{Digest, QubeId, SessionId};
use qib_rpc::key::PacksKey;
use qib_rpc::limit::{MAX_INDEX_OBJECTS, MAX_LIVE_INDEX_OBJECTS};
use qib_rpc::message::backup::{IndexObjects, LivePack, StoredBackup};
use qib_rpc::message::permit::Readable;
use qib_rpc::message::record::Place;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::HashSet;

/// Packs that partials may bring a session to: those of some 6 TB. A helper can list
/// what does not exist, and dom0's memory is small.
const MAX_LIVE_PACKS: usize = 400_000;

/// What a session may build upon.
pub struct Live {
    /// Packs whose chunks may be used again.
    pub packs: Vec<LivePack>,
    /// Index objects, oldest first.
    pub index: IndexObjects,
    /// Sizes at storage of the packs that interrupted sessions stored, by their digests.
    sizes: Vec<(Digest, u64)>,
}

/// Collects what the next session of `qube` may build upon. The last partial of a
/// session stands for all of its session; the newest sessions count. A partial whose list
/// of packs is gone or damaged is left out: its packs are sent again.
///
/// # Errors
/// When storage can not be called.
pub fn read(machine: &Machine, installation: &Installation, qube: QubeId) -> Result<Live> {
    let history = installation.ledger.book.history(qube);
    let history =
        history.ok_or_else(|| Error::Ledger("the ledger does not know the qube".to_owned()))?;
    let live = Live::of_ledger(history);
    if history.partials.is_empty() {
        return Ok(live);
    }
    let (mut live_packs, mut index) = (live.packs, live.index.items().to_vec());
    let mut sizes = Vec::new();
    let storage = history.storage()?;
    let mut records = Records::start(machine, storage)?;
    let room = MAX_INDEX_OBJECTS.saturating_sub(index.len());
    for partial in newest(&history.partials, room) {
        let Some(packs) = partial_packs(&mut records, installation, history, partial) else {
            // The line may have ended with the refusal.
            records = Records::start(machine, storage)?;
            continue;
        };
        if live_packs.len().saturating_add(packs.len()) <= MAX_LIVE_PACKS {
            index.push(partial.index);
            sizes.extend(packs.iter().map(|pack| (pack.pack, pack.stored_bytes)));
            live_packs.extend(packs.iter().map(of_partial));
        }
    }
    live_packs.sort_by_key(|pack| (pack.digest, !pack.in_last_snapshot));
    live_packs.dedup_by_key(|pack| pack.digest);
    sizes.sort_unstable();
    let index = index.try_into();
    Ok(Live {
        packs: live_packs,
        index: index.map_err(|_| Error::Ledger("too many index objects".to_owned()))?,
        sizes,
    })
}

fn of_partial(pack: &PackChange) -> LivePack {
    LivePack {
        digest: pack.pack,
        live_bytes: pack.live_bytes,
        in_last_snapshot: false,
    }
}

/// The last partials of the newest `count` sessions, oldest first.
fn newest(partials: &[PartialRecord], count: usize) -> Vec<&PartialRecord> {
    let mut sessions = HashSet::new();
    let newest_first = partials.iter().rev();
    let last_of_each = newest_first.filter(|partial| sessions.insert(partial.session));
    let mut chosen: Vec<_> = last_of_each.take(count).collect();
    chosen.reverse();
    chosen
}

fn partial_packs(
    records: &mut Records,
    installation: &Installation,
    history: &History,
    partial: &PartialRecord,
) -> Option<Vec<PackChange>> {
    let name = ObjectName {
        kind: Kind::Packs,
        digest: partial.packs,
    };
    let bytes = records.get(Place::Qube(history.qube.prefix), name).ok()?;
    let key = installation.keys.packs(history.qube.id, partial.session);
    let mut changes = packs::open(&key, history.qube.id, partial.session, &bytes).ok()?;
    // A pack that was there before is never revived.
    changes.retain(|change| {
        change.change == Change::Added && history.packs.get(&change.pack).is_none()
    });
    Some(changes)
}

/// Fetches and checks the list of packs of a finished session.
///
/// # Errors
/// When storage does not return it, or it contradicts the ledger.
pub fn changes(
    records: &mut Records,
    history: &History,
    key: &PacksKey,
    session: SessionId,
    digest: Digest,
) -> Result<Vec<PackChange>> {
    let name = ObjectName {
        kind: Kind::Packs,
        digest,
    };
    let bytes = records.get(Place::Qube(history.qube.prefix), name)?;
    let changes =
        packs::open(key, history.qube.id, session, &bytes).map_err(|_| contradiction())?;
    let possible = |change: &PackChange| match change.change {
        Change::Added => history.packs.get(&change.pack).is_none(),
        Change::Changed | Change::Dropped => history.packs.is_live(&change.pack),
    };
    if changes.iter().all(possible) {
        Ok(changes)
    } else {
        Err(contradiction())
    }
}

fn contradiction() -> Error {
    Error::Disagree(
        "the helper's list of packs contradicts the ledger; nothing was recorded; run again"
            .to_owned(),
    )
}

/// The ledger records that say so.
pub fn change_records(
    qube: QubeId,
    session: SessionId,
    changes: Vec<PackChange>,
) -> impl Iterator<Item = Record> {
    let mut left = changes;
    std::iter::from_fn(move || {
        let rest = left.split_off(left.len().min(MAX_CHANGES));
        let changes = std::mem::replace(&mut left, rest);
        (!changes.is_empty()).then_some(Record::PackChanges {
            qube,
            session,
            changes,
        })
    })
}

impl Live {
    /// What the last snapshot leaves, without what interrupted sessions stored since.
    pub fn of_ledger(history: &History) -> Self {
        let in_last = |(digest, pack): (&Digest, &Pack)| LivePack {
            digest: *digest,
            live_bytes: pack.live_bytes(),
            in_last_snapshot: true,
        };
        Self {
            packs: history.packs.live().map(in_last).collect(),
            index: history.index.clone(),
            sizes: Vec::new(),
        }
    }

    /// Gives packs that an earlier session stored the sizes that it said.
    pub fn size(&self, changes: &mut [PackChange]) {
        let added = changes
            .iter_mut()
            .filter(|change| change.change == Change::Added && change.stored_bytes == 0);
        for change in added {
            let place = self
                .sizes
                .partition_point(|(digest, _)| *digest < change.pack);
            let known = self.sizes.get(place);
            let known = known.filter(|(digest, _)| *digest == change.pack);
            change.stored_bytes = known.map_or(0, |(_, bytes)| *bytes);
        }
    }

    /// The objects that the session may get from storage.
    ///
    /// # Errors
    /// When there are too many.
    pub fn readable(&self) -> Result<Readable> {
        let name = |digest: &Digest| ObjectName {
            kind: Kind::Index,
            digest: *digest,
        };
        let names: Vec<ObjectName> = self.index.items().iter().map(name).collect();
        names
            .try_into()
            .map_err(|text: &str| Error::Ledger(text.to_owned()))
    }

    /// The index objects that the session after the one that stored `stored` uses.
    ///
    /// # Errors
    /// When the helper leaves more than it may.
    pub fn index_after(&self, stored: &StoredBackup) -> Result<IndexObjects> {
        let kept = (0u32..).zip(self.index.items()).filter(|(place, _)| {
            stored
                .kept_index
                .checked_shr(*place)
                .is_some_and(|bits| bits & 1 == 1)
        });
        let kept = kept.map(|(_, digest)| *digest);
        let index: Vec<Digest> = kept.chain(stored.index).collect();
        if index.len() > MAX_LIVE_INDEX_OBJECTS {
            return Err(contradiction());
        }
        index.try_into().map_err(|_| contradiction())
    }
}
