//! Files of a snapshot for a qube that takes them: a helper without a volume fetches and sends them,
//! and nothing of them passes dom0.

use super::fill::{job, last_word, of_paths, permit};
use super::{Volume, Work};
use crate::error::{Error, Peer, Result};
use crate::helper::Helper;
use crate::permit::Permit;
use crate::source::ANSWER_LIMIT;
use crate::talk::Talk;
use crate::undo::Undo;
use qib_rpc::id::SessionId;
use qib_rpc::key::Identity;
use qib_rpc::message::restore::{HandOutJob, HandedOut};
use qib_rpc::name::QubeName;
use qib_rpc::service::Service;

impl Work<'_> {
    /// Hands what is asked for of a volume to `taker`, whose user Qubes asks.
    ///
    /// # Errors
    /// When it can not be fetched, or is not taken.
    pub fn hand_out(
        &mut self,
        volume: &Volume,
        identity: Identity,
        taker: &QubeName,
    ) -> Result<HandedOut> {
        let handed = self.hand(volume, identity, taker);
        let gone = self.undos.only(|undo| matches!(undo, Undo::Helper(_)));
        let handed = handed?;
        gone.map(|()| handed)
    }

    fn hand(&mut self, volume: &Volume, identity: Identity, taker: &QubeName) -> Result<HandedOut> {
        let Work {
            machine,
            installation,
            undos,
            progress,
        } = self;
        let paths = volume.paths.clone();
        let paths = paths.ok_or_else(|| Error::Usage("--to is with --path".to_owned()))?;
        let name = &volume.qube.name;
        progress.stage(name, "starting a helper");
        let helper = Helper::start(machine, undos)?;
        let session = SessionId::new(machine.random()?);
        let permit = Permit::open(machine, &volume.storage, &permit(volume, &helper, session))?;
        let right = helper.allow(&volume.storage)?;
        let hands_out = helper.let_hand_out()?;
        let stop = &machine.stop;
        let mut talk = Talk::start(
            Peer::Helper,
            helper.name(),
            Service::Restore,
            ANSWER_LIMIT,
            stop,
        )?;
        progress.stage(name, &format!("asking {taker} to take the files"));
        let job = job(installation, volume, session, identity);
        talk.say(&HandOutJob {
            part: of_paths(installation, volume, job, paths),
            volume_bytes: volume.snapshot.volume_bytes,
            taker: taker.clone(),
        })?;
        let handed = last_word(&mut talk, name, progress)?;
        hands_out.end()?;
        right.end()?;
        permit.close()?;
        Ok(handed)
    }
}
