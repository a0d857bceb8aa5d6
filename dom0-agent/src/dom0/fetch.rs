//! What was kept, from storage: catalogues, and slices of files.

use super::catalogue;
use super::entry::{Entry, Node, Slice};
use super::seal::{self, Holds};
use crate::error::{Error, Result};
use crate::keys::Dom0Key;
use crate::ledger::record::Dom0Record;
use crate::records::Records;
use qib_rpc::id::Digest;
use qib_rpc::message::record::Place;
use qib_rpc::object::{self, Kind, ObjectName};
use std::collections::BTreeSet;

/// Objects of contents that are held at once, some 5 MiB each.
const HELD: usize = 8;

/// The entries of a snapshot of dom0.
///
/// # Errors
/// When a catalogue is missing or damaged.
pub fn snapshot(records: &mut Records, key: &Dom0Key, of: &Dom0Record) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for catalogue in &of.catalogues {
        let (name, plain) = fetch(records, key, Holds::Catalogue, *catalogue)?;
        let catalogue = catalogue::read(&plain);
        entries.extend(catalogue.ok_or_else(|| contradicts(name))?);
    }
    Ok(entries)
}

/// The objects with the contents of the files in a catalogue.
///
/// # Errors
/// When it is no catalogue of ours.
pub fn contents_of(key: &Dom0Key, catalogue: Digest, untrusted: &[u8]) -> Result<BTreeSet<Digest>> {
    let name = name(catalogue);
    let plain = seal::open(key, Holds::Catalogue, name, untrusted)?;
    let entries = catalogue::read(&plain).ok_or_else(|| contradicts(name))?;
    let mut contents = BTreeSet::new();
    for entry in entries {
        if let Node::File(slices) = entry.node {
            contents.extend(slices.iter().map(|slice| slice.object));
        }
    }
    Ok(contents)
}

/// Fetches slices, and holds the objects that came last.
pub struct Contents<'a> {
    records: &'a mut Records,
    key: &'a Dom0Key,
    held: Vec<(Digest, Vec<u8>)>,
}

impl<'a> Contents<'a> {
    /// Nothing is held yet.
    pub fn new(records: &'a mut Records, key: &'a Dom0Key) -> Self {
        Self {
            records,
            key,
            held: Vec::new(),
        }
    }

    /// The bytes of a slice, which have its hash.
    ///
    /// # Errors
    /// When its object is missing or damaged.
    pub fn slice(&mut self, slice: &Slice) -> Result<&[u8]> {
        let place = self
            .held
            .iter()
            .position(|(object, _)| *object == slice.object);
        let place = match place {
            Some(place) => place,
            None => {
                let (_, plain) = fetch(self.records, self.key, Holds::Contents, slice.object)?;
                if self.held.len() >= HELD {
                    self.held.remove(0);
                }
                self.held.push((slice.object, plain));
                self.held.len().saturating_sub(1)
            }
        };
        let bytes = self.held.get(place).and_then(|(_, plain)| {
            let start = usize::try_from(slice.offset).ok()?;
            let end = start.checked_add(usize::try_from(slice.bytes).ok()?)?;
            plain.get(start..end)
        });
        let bytes = bytes.filter(|bytes| object::digest(bytes) == slice.hash);
        bytes.ok_or_else(|| contradicts(name(slice.object)))
    }
}

fn fetch(
    records: &mut Records,
    key: &Dom0Key,
    holds: Holds,
    object: Digest,
) -> Result<(ObjectName, Vec<u8>)> {
    let name = name(object);
    let untrusted = records.get(Place::Root, name)?;
    Ok((name, seal::open(key, holds, name, &untrusted)?))
}

fn name(digest: Digest) -> ObjectName {
    ObjectName {
        kind: Kind::Dom0,
        digest,
    }
}

fn contradicts(name: ObjectName) -> Error {
    Error::Disagree(format!("{name} is not what the catalogue of files says"))
}
