//! A qube as the source of a backup: found or newly known.

use crate::admin::reply::Qube;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::helper::Helper;
use crate::ledger::record::{Class, QubeRecord, Record};
use crate::machine::{Installation, Machine};
use crate::records::Records;
use crate::talk::Talk;
use crate::undo::Undos;
use qib_rpc::id::{Prefix, QubeId};
use qib_rpc::key::Entropy;
use qib_rpc::limit::MAX_HELPER_ANSWER_BYTES;
use qib_rpc::message::key::{KeyQubeDone, KeyQubeJob};
use qib_rpc::message::record::Place;
use qib_rpc::object::{Kind, ObjectName};
use qib_rpc::service::Service;

/// The most that a helper may answer, as a number of bytes.
pub const ANSWER_LIMIT: u64 = {
    #[allow(
        clippy::as_conversions,
        reason = "no other conversion is const; 4,096 fits"
    )]
    let limit = MAX_HELPER_ANSWER_BYTES as u64;
    limit
};

/// The id of a living qube's history at a storage qube; one that is new there gets keys of its
/// own.
///
/// # Errors
/// When a key helper fails, or storage does not keep the sealed identity.
pub fn known(
    machine: &Machine,
    installation: &mut Installation,
    qube: &Qube,
    storage: &Destination,
    undos: &mut Undos,
) -> Result<QubeId> {
    rename(installation, qube)?;
    let book = &installation.ledger.book;
    if let Some(history) = book.living_at(&qube.name, qube.uuid, storage) {
        let key = ObjectName::of(Kind::Key, history.qube.sealed.expose());
        if history.has_lost && history.proofs.lost().any(|lost| *lost == key) {
            keep_identity(machine, &history.qube, storage)?;
        }
        return Ok(history.qube.id);
    }
    let record = new_qube(machine, installation, qube, undos)?;
    let id = record.id;
    keep_identity(machine, &record, storage)?;
    let storage = storage.clone();
    installation
        .ledger
        .append(Record::QubeAt { storage, record })?;
    Ok(id)
}

/// Gives all its histories the name that a qube has now.
fn rename(installation: &mut Installation, qube: &Qube) -> Result<()> {
    let ledger = &mut installation.ledger;
    let histories = ledger.book.of_living(&qube.name, qube.uuid);
    let renamed = histories.filter(|history| history.qube.name != qube.name);
    let renamed: Vec<QubeId> = renamed.map(|history| history.qube.id).collect();
    for id in renamed {
        let name = qube.name.clone();
        ledger.append(Record::Renamed { qube: id, name })?;
    }
    Ok(())
}

/// The id of the root volume of the qube with this id; a new one gets keys of its own.
///
/// # Errors
/// As [`known`].
pub fn known_root(
    machine: &Machine,
    installation: &mut Installation,
    of: QubeId,
    qube: &Qube,
    undos: &mut Undos,
) -> Result<QubeId> {
    let book = &installation.ledger.book;
    if let Some(history) = book.root(of) {
        return Ok(history.qube.id);
    }
    let private = book.history(of).ok_or(Error::NotInitialised)?;
    let storage = private.storage()?.clone();
    let none = || Error::Volume("it has no root volume of its own".to_owned());
    let class = Class::parse(&qube.class).ok_or_else(none)?;
    let record = new_qube(machine, installation, qube, undos)?;
    let id = record.id;
    keep_identity(machine, &record, &storage)?;
    let root = Record::Root { of, class, record };
    installation.ledger.append(root)?;
    Ok(id)
}

fn keep_identity(machine: &Machine, record: &QubeRecord, storage: &Destination) -> Result<()> {
    let mut records = Records::start(machine, storage)?;
    let place = Place::Qube(record.prefix);
    records.put(place, Kind::Key, record.sealed.expose())?;
    Ok(())
}

fn new_qube(
    machine: &Machine,
    installation: &Installation,
    qube: &Qube,
    undos: &mut Undos,
) -> Result<QubeRecord> {
    let master = installation
        .ledger
        .book
        .master()
        .ok_or(Error::NotInitialised)?
        .clone();
    let id = QubeId::new(machine.random()?);
    let job = KeyQubeJob {
        master,
        qube: id,
        chunk_key: installation.keys.chunk(id),
        entropy: Entropy::new(machine.random()?),
    };
    let helper = Helper::start(machine, undos)?;
    let mut talk = Talk::with_helper(helper.name(), Service::KeyQube, ANSWER_LIMIT, &machine.stop)?;
    talk.say(&job)?;
    let KeyQubeDone { recipient, sealed } = talk.hear()?;
    drop(talk);
    undos.all()?;
    let prefix = Prefix::new(machine.random()?);
    Ok(QubeRecord {
        id,
        uuid: qube.uuid,
        name: qube.name.clone(),
        prefix,
        recipient,
        sealed,
    })
}
