//! Files of a snapshot for a qube that takes them: a helper without a volume fetches and sends them,
//! and nothing of them passes dom0.

use super::fill::of_paths;
use super::{Volume, Work};
use crate::error::{Error, Result};
use crate::getting::Getting;
use crate::helper::Helper;
use crate::source::ANSWER_LIMIT;
use crate::undo::Undo;
use qib_rpc::key::Identity;
use qib_rpc::message::restore::{HandOutForm, HandOutJob, HandedOut};
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
        form: HandOutForm,
    ) -> Result<HandedOut> {
        let handed = self.hand(volume, identity, taker, form);
        let gone = self.undos.only(|undo| matches!(undo, Undo::Helper(_)));
        let handed = handed?;
        gone.map(|()| handed)
    }

    fn hand(
        &mut self,
        volume: &Volume,
        identity: Identity,
        taker: &QubeName,
        form: HandOutForm,
    ) -> Result<HandedOut> {
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
        let service = Service::Restore;
        let mut getting = Getting::start(machine, volume.at(), &helper, service, ANSWER_LIMIT)?;
        let hands_out = helper.let_hand_out()?;
        progress.stage(name, &format!("asking {taker} to take the files"));
        let (qube, snapshot) = (&volume.qube, &volume.snapshot);
        let job = getting.job(installation, qube, snapshot, identity, volume.told_apart);
        getting.talk.say(&HandOutJob {
            part: of_paths(installation, volume, job, paths)?,
            volume_bytes: snapshot.volume_bytes,
            taker: taker.clone(),
            form,
        })?;
        let handed = getting.hear_next(name, progress)?;
        hands_out.end()?;
        getting.end()?;
        Ok(handed)
    }
}
