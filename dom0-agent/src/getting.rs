//! A session in which a helper gets objects of one volume and puts nothing: a restore, a look at
//! what is stored, files handed out.

use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::helper::{Helper, Right};
use crate::ledger::record::{QubeRecord, SnapshotRecord};
use crate::machine::{Installation, Machine};
use crate::permit::Permit;
use crate::progress::Progress;
use crate::talk::Talk;
use qib_rpc::id::{Prefix, SessionId};
use qib_rpc::key::Identity;
use qib_rpc::message::Message;
use qib_rpc::message::backup::Progress as ProgressMessage;
use qib_rpc::message::permit::{PermitRequest, Quota, Verbs};
use qib_rpc::message::restore::{RestoreJob, ToldApart};
use qib_rpc::name::QubeName;
use qib_rpc::service::Service;

/// Where a volume's objects lie.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The storage qube.
    pub storage: &'a Destination,
    /// The prefix there.
    pub prefix: Prefix,
}

/// A session that lives. Dropping it ends it.
pub struct Getting<'a> {
    /// Its id.
    pub id: SessionId,
    /// What is said to the helper, and heard.
    pub talk: Talk,
    /// Bytes of data that were at their place when the helper said so last.
    pub came: u64,
    storage: &'a Destination,
    right: Right<'a>,
    permit: Permit,
}

impl<'a> Getting<'a> {
    /// Lets a helper get, and calls `service` in it; hears at most `limit` bytes beside progress.
    ///
    /// # Errors
    /// When storage, qubesd or the helper refuse.
    pub fn start(
        machine: &Machine,
        at: At<'a>,
        helper: &'a Helper,
        service: Service,
        limit: u64,
    ) -> Result<Self> {
        let id = SessionId::new(machine.random()?);
        let request = PermitRequest {
            session: id,
            helper: helper.name().clone(),
            prefix: at.prefix,
            verbs: Verbs::Restore,
            quota: Quota {
                bytes: 0,
                objects: 0,
            },
        };
        let permit = Permit::open(machine, at.storage, &request)?;
        let right = helper.allow(&at.storage.qube)?;
        let talk = Talk::with_helper(helper.name(), service, limit, &machine.stop)?;
        Ok(Self {
            id,
            talk,
            came: 0,
            storage: at.storage,
            right,
            permit,
        })
    }

    /// What a helper is told of a snapshot that it is to open.
    pub fn job(
        &self,
        installation: &Installation,
        qube: &QubeRecord,
        snapshot: &SnapshotRecord,
        data_identity: Identity,
        told_apart: ToldApart,
    ) -> RestoreJob {
        RestoreJob {
            session: self.id,
            storage: self.storage.qube.clone(),
            qube: qube.id,
            sequence: snapshot.sequence,
            snapshot: snapshot.snapshot,
            chunk_key: installation.keys.chunk(qube.id),
            data_identity,
            told_apart,
        }
    }

    /// What the helper says next, at its end most often; until then its progress is shown as that of `name`.
    ///
    /// # Errors
    /// When it refuses, or the line breaks.
    pub fn hear_next<M: Message>(&mut self, name: &QubeName, progress: &mut Progress) -> Result<M> {
        loop {
            let frame = self.talk.hear_any()?;
            if !frame.is::<ProgressMessage>() {
                return self.talk.decode::<M>(&frame);
            }
            let counts = self.talk.decode::<ProgressMessage>(&frame)?.counts;
            self.came = counts.bytes_read;
            progress.show(name, &counts);
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// When storage took something: who gets puts nothing.
    pub fn end(self) -> Result<()> {
        self.right.end()?;
        let took = self.permit.close()?;
        if (took.bytes, took.objects) == (0, 0) {
            return Ok(());
        }
        let text = "the storage qube took objects while they were only looked at";
        Err(Error::Disagree(text.to_owned()))
    }
}
