//! dom0's own objects at a storage qube: how qubes were set up, and dom0's files. dom0 gets each, and its
//! name proves it; none is opened but catalogues, which authenticate first.

use super::digests::{Checked, Lost};
use crate::destination::Destination;
use crate::dom0;
use crate::error::{Error, Peer, Result};
use crate::machine::{Installation, Machine};
use crate::records::Records;
use qib_rpc::fault::Code;
use qib_rpc::id::Digest;
use qib_rpc::message::record::Place;
use qib_rpc::message::verify::Verdict;
use qib_rpc::name::QubeName;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::BTreeSet;

/// Proves the settings of these qubes; of all of them, and dom0's files, where none is named.
///
/// # Errors
/// When storage can not be called, or the line to it breaks.
pub fn own(
    machine: &Machine,
    installation: &Installation,
    storage: &Destination,
    names: &[QubeName],
) -> Result<Checked> {
    let mut look = Look {
        machine,
        storage,
        records: Records::start(machine, storage)?,
        checked: Checked::default(),
    };
    let book = &installation.ledger.book;
    let mut histories: Vec<_> = book.histories().collect();
    histories.retain(|history| history.lies_at(storage));
    histories.retain(|history| names.is_empty() || names.contains(&history.qube.name));
    let settings = histories.iter().flat_map(|history| &history.settings);
    let settings: BTreeSet<Digest> = settings.map(|settings| settings.object).collect();
    for digest in settings {
        look.at(Kind::Settings, digest)?;
    }
    if names.is_empty() {
        let all = book.dom0().iter();
        let there = all.filter(|stored| stored.storage.as_ref() == Some(storage));
        let catalogues = there.flat_map(|stored| stored.record.catalogues.iter().copied());
        let catalogues: BTreeSet<Digest> = catalogues.collect();
        let (key, mut contents) = (installation.keys.dom0(), BTreeSet::new());
        for digest in catalogues {
            if let Some(untrusted) = look.at(Kind::Dom0, digest)? {
                contents.extend(dom0::contents_of(&key, digest, &untrusted)?);
            }
        }
        for digest in contents {
            look.at(Kind::Dom0, digest)?;
        }
    }
    Ok(look.checked)
}

/// A look at one object after the other.
struct Look<'a> {
    machine: &'a Machine,
    storage: &'a Destination,
    records: Records,
    checked: Checked,
}

impl Look<'_> {
    /// The object, if it is whole; the refusal of one is no end.
    fn at(&mut self, kind: Kind, digest: Digest) -> Result<Option<Vec<u8>>> {
        if self.machine.stop.asked() {
            return Err(Error::Stopped);
        }
        let object = ObjectName { kind, digest };
        self.checked.objects = self.checked.objects.saturating_add(1);
        let code = match self.records.get(Place::Root, object) {
            Ok(bytes) => {
                let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.checked.bytes = self.checked.bytes.saturating_add(length);
                return Ok(Some(bytes));
            }
            Err(Error::Fault(Peer::Storage, fault)) => fault.code,
            Err(error) => return Err(error),
        };
        let verdict = match code {
            Code::Missing => Verdict::Missing,
            Code::Damaged => Verdict::Damaged,
            _ => Verdict::Unread,
        };
        self.checked.lost.push(Lost { object, verdict });
        // The line may have ended with the refusal.
        self.records = Records::start(self.machine, self.storage)?;
        Ok(None)
    }
}
