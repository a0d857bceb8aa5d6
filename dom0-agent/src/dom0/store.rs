//! Storing what was found: contents that are not stored yet, then the catalogue of everything.

use super::catalogue;
use super::contents;
use super::entry::{Entry, Node, Slice};
use super::fetch;
use super::scan::{Scan, What};
use super::seal::{self, Holds};
use crate::clock;
use crate::error::{Error, Result};
use crate::keys::Dom0Key;
use crate::ledger::record::Dom0Record;
use crate::records::Records;
use qib_rpc::id::Digest;
use qib_rpc::message::record::Place;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::HashMap;

/// An object of contents is closed at this size, in bytes.
const FULL_BYTES: usize = 4 << 20;

/// What was stored.
pub struct Stored {
    /// What the ledger is to say; none when nothing has changed.
    pub record: Option<Dom0Record>,
    /// Bytes of contents that were not stored before.
    pub bytes_new: u64,
    /// Objects that went to storage.
    pub objects: u64,
}

/// Stores what was found. What `last` holds is not stored again, where there is one.
///
/// # Errors
/// When a file can not be read, or storage refuses.
pub fn store(
    records: &mut Records,
    key: &Dom0Key,
    scan: &Scan,
    last: Option<&Dom0Record>,
    sequence: u64,
) -> Result<Stored> {
    let time = clock::now();
    let before = last.map_or_else(Vec::new, |last| known(records, key, last));
    let mut storing = Storing::new(records, key, &before);
    let mut files = Vec::new();
    for found in &scan.found {
        let mut hashes = Vec::new();
        let is_there = contents::read(&found.what, |hash, bytes| {
            hashes.push(hash);
            storing.take(hash, bytes)
        })?;
        if is_there {
            files.push((found, hashes));
        }
    }
    storing.close()?;
    let mut entries = Vec::new();
    for (found, hashes) in files {
        let node = match &found.what {
            What::Folder => Node::Folder,
            What::Link(target) => Node::Link(target.clone()),
            What::File(_) | What::Text(_) => Node::File(storing.slices(&hashes)?),
        };
        entries.push(Entry {
            path: found.path.clone(),
            status: found.status,
            node,
        });
    }
    let record = if entries == before {
        None
    } else {
        let mut catalogues = Vec::new();
        for catalogue in catalogue::write(&entries)? {
            catalogues.push(storing.put(Holds::Catalogue, catalogue)?);
        }
        Some(record(sequence, time, catalogues, &entries))
    };
    Ok(Stored {
        record,
        bytes_new: storing.bytes_new,
        objects: storing.objects,
    })
}

/// What the last snapshot has; nothing, so that everything is stored again, when it is lost.
fn known(records: &mut Records, key: &Dom0Key, last: &Dom0Record) -> Vec<Entry> {
    fetch::snapshot(records, key, last).unwrap_or_else(|error| {
        eprintln!("qib: warning: dom0: its last snapshot: {error}; everything is stored again");
        Vec::new()
    })
}

fn record(sequence: u64, time: i64, catalogues: Vec<Digest>, entries: &[Entry]) -> Dom0Record {
    let mut record = Dom0Record {
        sequence,
        time,
        catalogues,
        files: 0,
        folders: 0,
        links: 0,
        file_bytes: 0,
    };
    for entry in entries {
        match &entry.node {
            Node::Folder => record.folders = record.folders.saturating_add(1),
            Node::Link(_) => record.links = record.links.saturating_add(1),
            Node::File(slices) => {
                record.files = record.files.saturating_add(1);
                let bytes = slices.iter().map(|slice| u64::from(slice.bytes));
                record.file_bytes = record.file_bytes.saturating_add(bytes.sum());
            }
        }
    }
    record
}

struct Storing<'a> {
    records: &'a mut Records,
    key: &'a Dom0Key,
    known: HashMap<Digest, Slice>,
    /// Contents that wait to be stored, and where in them each slice lies.
    contents: Vec<u8>,
    waiting: HashMap<Digest, (u32, u32)>,
    bytes_new: u64,
    objects: u64,
}

impl<'a> Storing<'a> {
    fn new(records: &'a mut Records, key: &'a Dom0Key, before: &[Entry]) -> Self {
        let slices = before.iter().flat_map(|entry| match &entry.node {
            Node::File(slices) => slices.as_slice(),
            Node::Folder | Node::Link(_) => &[],
        });
        Self {
            records,
            key,
            known: slices.map(|slice| (slice.hash, *slice)).collect(),
            contents: Vec::new(),
            waiting: HashMap::new(),
            bytes_new: 0,
            objects: 0,
        }
    }

    fn take(&mut self, hash: Digest, bytes: &[u8]) -> Result<()> {
        if self.known.contains_key(&hash) || self.waiting.contains_key(&hash) {
            return Ok(());
        }
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let place = (number(self.contents.len()), number(bytes.len()));
        self.waiting.insert(hash, place);
        self.contents.extend_from_slice(bytes);
        self.bytes_new = self.bytes_new.saturating_add(u64::from(place.1));
        if self.contents.len() >= FULL_BYTES {
            return self.close();
        }
        Ok(())
    }

    /// Stores the contents that wait.
    fn close(&mut self) -> Result<()> {
        if self.contents.is_empty() {
            return Ok(());
        }
        let contents = std::mem::take(&mut self.contents);
        let object = self.put(Holds::Contents, contents)?;
        for (hash, (offset, bytes)) in self.waiting.drain() {
            let slice = Slice {
                hash,
                object,
                offset,
                bytes,
            };
            self.known.insert(hash, slice);
        }
        Ok(())
    }

    fn put(&mut self, holds: Holds, plain: Vec<u8>) -> Result<Digest> {
        let sealed = seal::seal(self.key, holds, plain)?;
        let ObjectName { digest, .. } = self.records.put(Place::Root, Kind::Dom0, &sealed)?;
        self.objects = self.objects.saturating_add(1);
        Ok(digest)
    }

    fn slices(&self, hashes: &[Digest]) -> Result<Vec<Slice>> {
        let slice = |hash| self.known.get(hash).copied();
        let slices: Option<Vec<Slice>> = hashes.iter().map(slice).collect();
        slices.ok_or_else(|| Error::Disagree("a slice of a file was not stored".to_owned()))
    }
}
