//! The last objects of a backup: index, list of packs, snapshot.

use super::index_part::{self, From};
use super::manifest_walk::Root;
use super::merge_plan::{self, Plan, Weight};
use super::session::Session;
use super::store::Store;
use crate::error::{Error, Result};
use crate::index::{CHUNK_ROW_BYTES, inode_row_bytes};
use crate::known::{Known, ObjectRows, Rows};
use crate::packs_list::{Change, PackChange};
use crate::snapshot::{self, BlockSize, Holds, NeededPack, Snapshot, SnapshotKind};
use qib_rpc::count::LeftOuts;
use qib_rpc::message::backup::StoredBackup;
use std::io::Write;

/// Stores what makes the backup one, the snapshot last.
///
/// # Errors
/// When something could not be stored.
pub fn finish<W: Write + Send + 'static>(
    session: &Session<W>,
    store: &mut Store,
    root: Root,
    left_out: &LeftOuts,
    block_size: BlockSize,
    kind: SnapshotKind,
) -> Result<StoredBackup> {
    store.flush()?;
    session.settle()?;
    count_live(&mut store.known);
    let (index, kept_index) = put_index(session, &store.known)?;
    let packs = session.put_packs_list(&changes(&store.known))?;
    let job = &session.job;
    let snapshot = Snapshot {
        qube: job.qube,
        sequence: job.sequence,
        time: job.now,
        block_size,
        kind,
        rules: job.rules,
        paths: job.paths.clone(),
        counts: store.counts,
        left_out: left_out.clone(),
        packs: needed(&store.known),
        root: root.meta,
        pieces: root.pieces,
    };
    session.settle()?;
    let object = snapshot::seal(&snapshot, &session.data_to).map_err(Error::Helper)?;
    let snapshot = session.put(object)?;
    session.settle()?;
    Ok(StoredBackup {
        snapshot,
        packs,
        index,
        kept_index,
    })
}

fn count_live(known: &mut Known) {
    for row in 0..known.chunks.len() {
        if !known.chunks.is_needed(row) {
            continue;
        }
        if let Some((pack, place)) = known.chunks.place(row) {
            let of_manifest = known.chunks.is_needed_by_manifest(row);
            known.packs.need(pack, place.length.into(), of_manifest);
        }
    }
}

fn put_index<W: Write + Send + 'static>(
    session: &Session<W>,
    known: &Known,
) -> Result<(Option<qib_rpc::id::Digest>, u64)> {
    let ends = known.objects.iter().skip(1).chain([&known.first_new]);
    let weights: Vec<Weight> = known
        .objects
        .iter()
        .zip(ends)
        .map(|(rows, end)| Weight {
            bytes: rows.bytes,
            live_bytes: live_bytes(known, rows, end),
        })
        .collect();
    let new_bytes = live_bytes(known, &known.first_new, &known.end());
    let Plan { merged_from, kept } = merge_plan::plan(&weights, new_bytes);
    let from = From {
        rows: *known.objects.get(merged_from).unwrap_or(&known.first_new),
        needed_only: true,
    };
    let job = &session.job;
    let part = index_part::seal(
        known,
        from,
        &session.index_to,
        job.qube,
        session.rules_mark(),
    )?;
    let index = part.map(|part| session.put(part)).transpose()?;
    Ok((index, kept))
}

fn live_bytes(known: &Known, from: &ObjectRows, end: &ObjectRows) -> u64 {
    let chunks = from.chunks_from..end.chunks_from;
    let chunks = chunks.filter(|row| known.chunks.is_needed(*row));
    let chunk_bytes = crate::number::wide(chunks.count()).saturating_mul(CHUNK_ROW_BYTES);
    let inodes = |rows: &Rows, from: u32, end: u32| {
        let lasting = index_part::lasting(rows, from).take_while(|row| *row < end);
        lasting
            .map(|row| inode_row_bytes(rows.words(row)))
            .fold(0, u64::saturating_add)
    };
    chunk_bytes
        .saturating_add(inodes(&known.files, from.files_from, end.files_from))
        .saturating_add(inodes(&known.folders, from.folders_from, end.folders_from))
}

fn changes(known: &Known) -> Vec<PackChange> {
    let change_of = |last_live: Option<u64>, live: u64| match last_live {
        None => (live > 0).then_some(Change::Added),
        Some(_) if live == 0 => Some(Change::Dropped),
        Some(last) => (last != live).then_some(Change::Changed),
    };
    let line = |pack: &crate::known::Pack| {
        Some(PackChange {
            digest: pack.digest,
            change: change_of(pack.last_live_bytes, pack.live_bytes)?,
            live_bytes: pack.live_bytes,
            stored_bytes: pack.stored_bytes,
        })
    };
    known.packs.iter().filter_map(line).collect()
}

fn needed(known: &Known) -> Vec<NeededPack> {
    let live = known.packs.iter().filter(|pack| pack.live_bytes > 0);
    live.map(|pack| NeededPack {
        digest: pack.digest,
        holds: if pack.holds_manifest {
            Holds::Manifest
        } else {
            Holds::Data
        },
    })
    .collect()
}
