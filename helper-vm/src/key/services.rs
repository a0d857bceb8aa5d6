//! The services of the key helper.

use super::identity::{self, Purpose};
use super::{kit, sealed_identity};
use crate::answer::answer;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::line::LineError;
use qib_rpc::message::key::{
    KeyInitDone, KeyInitJob, KeyOpenDone, KeyOpenJob, KeyQubeDone, KeyQubeJob, KeyRecoverDone,
    KeyRecoverJob,
};
use std::io::{Read, Write};

/// `qib.KeyInit`: makes the master identity and the recovery kit.
///
/// # Errors
/// When the line breaks; a refusal goes to the peer.
pub fn init(input: impl Read, output: impl Write) -> Result<(), LineError> {
    answer(input, output, |job: KeyInitJob| {
        let master = identity::make(Purpose::Master, &job.entropy)?;
        let kit = kit::make(&master, &job.secret, &job.passphrase)?;
        // A kit that does not open would be found out when it is too late.
        let opened = kit::open(&kit, &job.passphrase)?;
        let recipient = identity::recipient(&master)?;
        let same = identity::recipient(&opened.master)? == recipient
            && opened.secret.expose() == job.secret.expose();
        if same {
            Ok(KeyInitDone { recipient, kit })
        } else {
            Err(Fault::new(Code::HelperFailed))
        }
    })
}

/// `qib.KeyQube`: makes a qube's data identity, sealed to the master recipient.
///
/// # Errors
/// When the line breaks; a refusal goes to the peer.
pub fn qube(input: impl Read, output: impl Write) -> Result<(), LineError> {
    answer(input, output, |job: KeyQubeJob| {
        let data = identity::make(Purpose::Data, &job.entropy)?;
        Ok(KeyQubeDone {
            recipient: identity::recipient(&data)?,
            sealed: sealed_identity::seal(&data, job.qube, &job.chunk_key, &job.master)?,
        })
    })
}

/// `qib.KeyOpen`: opens a qube's data identity with passphrase and kit.
///
/// # Errors
/// When the line breaks; a refusal goes to the peer.
pub fn open(input: impl Read, output: impl Write) -> Result<(), LineError> {
    answer(input, output, |job: KeyOpenJob| {
        let opened = kit::open(&job.kit, &job.passphrase)?;
        let data = sealed_identity::open(&job.sealed, &opened.master, job.qube)?;
        Ok(KeyOpenDone {
            recipient: identity::recipient(&data)?,
            identity: identity::text(&data)?,
        })
    })
}

/// `qib.KeyRecover`: opens the recovery kit and hands out what dom0 had of it.
///
/// # Errors
/// When the line breaks; a refusal goes to the peer.
pub fn recover(input: impl Read, output: impl Write) -> Result<(), LineError> {
    answer(input, output, |job: KeyRecoverJob| {
        let opened = kit::open(&job.kit, &job.passphrase)?;
        Ok(KeyRecoverDone {
            recipient: identity::recipient(&opened.master)?,
            secret: opened.secret,
        })
    })
}
