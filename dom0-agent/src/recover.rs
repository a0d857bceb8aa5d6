//! Recovery: what dom0 had, from the recovery kit and from storage.
//!
//! Storage is believed nothing. It only says which record is the newest; that one must open
//! with the key that the kit gives, and names the one before it by its digest, down to the
//! first. What it can still do is to show an older state, whole: only who knows a newer one can
//! tell.

use crate::error::{Error, Peer, Result};
use crate::helper::Helper;
use crate::keys::{Keys, LedgerKey};
use crate::ledger::seal::{self, Opened};
use crate::machine::Machine;
use crate::receipt::Receipt;
use crate::records::Records;
use crate::source::ANSWER_LIMIT;
use crate::talk::Talk;
use crate::undo::Undos;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::key::{Kit, Passphrase};
use qib_rpc::message::key::{KeyRecoverDone, KeyRecoverJob};
use qib_rpc::message::record::Place;
use qib_rpc::object::{self, Kind, ObjectName};
use qib_rpc::service::Service;

const WHAT_CAN_BE_DONE: &str = "Nothing was written. Put the file back into root/ledger of the \
    storage's folder from a copy of it, and run again; or move the newer ledger files out of \
    there, and an older state is recovered. The backups themselves open with kit and passphrase \
    alone: docs/format.md, Keys";

const NEWER_COPY: &str = "Nothing was written. Look for a newer copy of the storage; if there \
    is none, run again without --receipt to get what is there";

/// The recovery kit that came last to storage.
///
/// # Errors
/// When there is none, or it is not whole.
pub fn kit_at_storage(records: &mut Records) -> Result<Kit> {
    let found = records.newest(Kind::Kit)?;
    let name = found.ok_or_else(|| {
        Error::Restore(
            "there is no recovery kit at the storage; give the one that was kept, with --kit FILE"
                .to_owned(),
        )
    })?;
    let untrusted = records.get(Place::Root, name)?;
    Kit::new(untrusted).map_err(|_| {
        Error::Restore(format!(
            "{name} at the storage is no recovery kit; give the one that was kept, with --kit FILE"
        ))
    })
}

/// Opens the kit with the passphrase, in a helper of its own.
///
/// # Errors
/// When the passphrase is wrong, or the kit is damaged.
pub fn open_kit(
    machine: &Machine,
    kit: Kit,
    passphrase: Passphrase,
    undos: &mut Undos,
) -> Result<KeyRecoverDone> {
    let helper = Helper::start(machine, undos)?;
    let mut talk = Talk::with_helper(
        helper.name(),
        Service::KeyRecover,
        ANSWER_LIMIT,
        &machine.stop,
    )?;
    talk.say(&KeyRecoverJob { passphrase, kit })?;
    let opened = talk.hear()?;
    drop(talk);
    undos.all()?;
    Ok(opened)
}

/// Every record of the ledger as it was sealed, the oldest first.
///
/// # Errors
/// When one is missing, damaged or not this ledger's; the message says what can be done.
pub fn ledger_at_storage(records: &mut Records, key: &LedgerKey) -> Result<Vec<Vec<u8>>> {
    let newest = records.newest(Kind::Ledger)?.ok_or_else(|| {
        Error::Restore(format!(
            "there is no ledger at the storage; is it the one that the backups went to, with its \
             disk? {} names it",
            crate::paths::CONFIG
        ))
    })?;
    let (mut opened, sealed) = fetch(records, key, newest, "the newest record")?;
    let mut chain = vec![sealed];
    while let Some(sequence) = opened.position.sequence.checked_sub(1) {
        let name = ObjectName {
            kind: Kind::Ledger,
            digest: opened.position.previous,
        };
        let which = format!("record {sequence}");
        let (before, sealed) = fetch(records, key, name, &which)?;
        if before.position.sequence != sequence {
            return Err(trouble(&which, name, "has another number"));
        }
        opened = before;
        chain.push(sealed);
    }
    chain.reverse();
    Ok(chain)
}

/// Makes sure that what storage shows has the state that a receipt stands for.
///
/// # Errors
/// When it has not, or the receipt is not of this installation.
pub fn compare(receipt: &Receipt, keys: &Keys, chain: &[Vec<u8>]) -> Result<()> {
    if !receipt.is_genuine(keys) {
        return Err(Error::Restore(
            "the receipt has a slip in it, or is of another installation; nothing was written"
                .to_owned(),
        ));
    }
    let number = receipt.sequence();
    let record = usize::try_from(number).ok().and_then(|at| chain.get(at));
    match record.map(|sealed| receipt.is_of(&object::digest(sealed))) {
        Some(true) => Ok(()),
        Some(false) => Err(Error::Ledger(format!(
            "the storage has another record {number} than the receipt: dom0 was set back once, \
             and two ledgers parted there. {NEWER_COPY}"
        ))),
        None => Err(Error::Ledger(format!(
            "the storage shows an older state than the receipt's: its newest record is number \
             {}, the receipt's is {number}. {NEWER_COPY}",
            chain.len().saturating_sub(1),
        ))),
    }
}

fn fetch(
    records: &mut Records,
    key: &LedgerKey,
    name: ObjectName,
    which: &str,
) -> Result<(Opened, Vec<u8>)> {
    let untrusted = records
        .get(Place::Root, name)
        .map_err(|error| match error {
            Error::Fault(
                Peer::Storage,
                Fault {
                    code: Code::Missing,
                    ..
                },
            ) => trouble(which, name, "is missing"),
            Error::Fault(
                Peer::Storage,
                Fault {
                    code: Code::Damaged,
                    ..
                },
            ) => trouble(which, name, "is damaged"),
            error => error,
        })?;
    match seal::open(key, &untrusted) {
        Ok(opened) => Ok((opened, untrusted)),
        Err(_) => Err(trouble(which, name, "is not of this installation")),
    }
}

fn trouble(which: &str, name: ObjectName, what: &str) -> Error {
    Error::Ledger(format!(
        "{which} of the ledger at the storage {what} ({name}). {WHAT_CAN_BE_DONE}"
    ))
}
