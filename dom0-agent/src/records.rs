//! dom0's own objects at the storage qube: put, get, newest; the ledger's copy.

use crate::destination::Destination;
use crate::error::{Error, Peer, Result};
use crate::ledger::Ledger;
use crate::machine::Machine;
use crate::talk::Talk;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::message::object::{Object, Stored};
use qib_rpc::message::record::{FindNewest, GetRecord, Newest, Place, PutRecord};
use qib_rpc::object::{self, Kind, ObjectName};
use qib_rpc::service::Service;

/// The largest `packs` object or ledger record that dom0 takes, in bytes: a
/// first backup of 5 TB lists some 300,000 packs.
const MAX_BYTES: u64 = 16 << 20;

/// A conversation with storage about dom0's own objects.
pub struct Records(Talk);

impl Records {
    /// Calls a storage qube.
    ///
    /// # Errors
    /// When it can not be called.
    pub fn start(machine: &Machine, storage: &Destination) -> Result<Self> {
        let (service, stop) = (Service::Records, &machine.stop);
        Talk::with_storage(storage, service, u64::MAX, stop).map(Self)
    }

    /// Puts an object; when this returns it is durable, says storage.
    ///
    /// # Errors
    /// When storage refuses or the line breaks.
    pub fn put(&mut self, place: Place, kind: Kind, bytes: &[u8]) -> Result<ObjectName> {
        let name = ObjectName::of(kind, bytes);
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.say(&PutRecord {
            place,
            name,
            bytes: length,
        })?;
        self.0.say_data(bytes)?;
        let stored: Stored = self.0.hear()?;
        if stored.name != name {
            return Err(Error::Disagree(
                "the storage qube kept another object".to_owned(),
            ));
        }
        Ok(name)
    }

    /// Gets an object, and proves it by its digest.
    ///
    /// # Errors
    /// When storage refuses, the line breaks, or the bytes are not the object's.
    pub fn get(&mut self, place: Place, name: ObjectName) -> Result<Vec<u8>> {
        self.0.say(&GetRecord { place, name })?;
        let object: Object = self.0.hear()?;
        if object.bytes > MAX_BYTES {
            return Err(Error::Disagree(format!(
                "the storage qube's {name} is too large"
            )));
        }
        let bytes = self.0.hear_data(object.bytes)?;
        if object::digest(&bytes) != name.digest {
            return Err(Error::Fault(
                Peer::Storage,
                Fault::about(Code::Damaged, name.digest),
            ));
        }
        Ok(bytes)
    }

    /// The object of this kind that came last to the root prefix, as storage says: a hint.
    ///
    /// # Errors
    /// When storage refuses or the line breaks.
    pub fn newest(&mut self, kind: Kind) -> Result<Option<ObjectName>> {
        self.0.say(&FindNewest {
            place: Place::Root,
            kind,
        })?;
        let newest: Newest = self.0.hear()?;
        Ok(newest.name.filter(|name| name.kind == kind))
    }

    /// Brings storage's copy of the ledger up to date, and learns whether
    /// storage knows a newer one.
    ///
    /// # Errors
    /// [`Error::Ledger`] when storage holds an authentic record that this ledger
    /// does not have: then dom0 was set back. A fault when its copy is damaged.
    pub fn copy_ledger(&mut self, ledger: &Ledger) -> Result<()> {
        let first = self.copied(ledger)?;
        ledger.each_sealed(first, |sealed| {
            self.put(Place::Root, Kind::Ledger, &sealed).map(drop)
        })
    }

    /// How many of the ledger's records storage has. What storage says is a hint:
    /// only a record that opens with our key counts.
    ///
    /// # Errors
    /// As [`Self::copy_ledger`].
    pub fn copied(&mut self, ledger: &Ledger) -> Result<u64> {
        let Some(name) = self.newest(Kind::Ledger)? else {
            return Ok(0);
        };
        let untrusted = self.get(Place::Root, name)?;
        let Some(position) = ledger.open_record(&untrusted) else {
            return Ok(0);
        };
        let next = ledger.next().sequence;
        if ledger.digest(position.sequence)? == Some(name.digest) {
            return Ok(position.sequence.saturating_add(1));
        }
        Err(Error::Ledger(format!(
            "the storage qube holds record {} of this ledger, which dom0 does not have (it has {next}): \
             dom0 was set back to an older state. Put back the newer {}",
            position.sequence,
            crate::state::ledger_path().display()
        )))
    }
}
