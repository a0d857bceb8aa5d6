//! What a look found, in the ledger.

use super::digests::Checked;
use super::named::Named;
use crate::error::Result;
use crate::ledger::proofs::{Proof, ProofRecord};
use crate::ledger::record::Record;
use crate::machine::Installation;
use crate::unchanged;
use qib_rpc::id::QubeId;
use qib_rpc::object::{Kind, ObjectName};

/// Notes what was looked at, and what is lost: the next backup stores again what it can of
/// that. Where not one object was found nothing is noted as lost, as the place itself may be away.
///
/// # Errors
/// When the ledger can not be written.
pub fn note(
    installation: &mut Installation,
    named: &Named,
    checked: &Checked,
    time: i64,
) -> Result<()> {
    if !checked.is_nothing_there() {
        for object in checked.known_lost() {
            lost(installation, named.qube, *object)?;
        }
    }
    let proof = if named.is_all {
        Proof::Digests
    } else {
        Proof::Sample
    };
    installation.ledger.append(Record::Proved(ProofRecord {
        qube: named.qube,
        sequence: named.newest,
        time,
        proof,
        objects: checked.objects,
        bytes: checked.bytes,
        lost: u64::try_from(checked.lost.len()).unwrap_or(u64::MAX),
    }))
}

/// Notes an object as lost, once.
///
/// # Errors
/// When the ledger can not be written.
pub fn lost(installation: &mut Installation, qube: QubeId, object: ObjectName) -> Result<()> {
    unchanged::forget(qube)?;
    let history = installation.ledger.book.history(qube);
    let is_live = |pack| history.is_some_and(|history| history.packs.is_live(pack));
    let is_noted =
        history.is_some_and(|history| history.proofs.lost().any(|known| *known == object));
    let pack = object.digest;
    match object.kind {
        Kind::Pack if is_live(&pack) => {
            let record = Record::PackLost { qube, pack };
            installation.ledger.append(record)
        }
        _ if is_noted => Ok(()),
        _ => {
            let record = Record::ObjectLost { qube, object };
            installation.ledger.append(record)
        }
    }
}
