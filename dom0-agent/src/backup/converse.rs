//! What a session says and hears: the permit that it asks for, the helper's job, and
//! whether helper and storage counted the same.

use super::{Session, history};
use crate::admin::reply::Qube;
use crate::error::{Error, Result};
use crate::helper::Helper;
use crate::outcome::Dom0;
use crate::pool::Still;
use crate::progress::Progress;
use crate::source::ANSWER_LIMIT;
use crate::talk::Talk;
use qib_rpc::limit::{MAX_PACKS_IN_MESSAGE, MAX_PARTIALS};
use qib_rpc::message::backup::{
    self as message, BackupJob, BackupSummary, JobEnd, LivePacks, Partial, Reading,
};
use qib_rpc::message::permit::{PermitRequest, Quota, Took, Verbs};
use qib_rpc::reading::Manner;
use qib_rpc::service::Service;

impl Session<'_> {
    pub(super) fn permit(&self, helper: &Helper, still: &Still) -> Result<PermitRequest> {
        let readable = self.live.readable()?;
        let bytes = still
            .bytes
            .saturating_add(still.bytes / 8)
            .saturating_add(256 << 20);
        let objects = 1000u64.saturating_add(bytes >> 20);
        let quota = if self.how.dry_run {
            Quota {
                bytes: 0,
                objects: 0,
            }
        } else {
            Quota { bytes, objects }
        };
        Ok(PermitRequest {
            session: self.id,
            helper: helper.name().clone(),
            prefix: history(&self.installation.lock(), self.qube)?.qube.prefix,
            verbs: Verbs::Backup(readable),
            quota,
        })
    }

    pub(super) fn converse(
        &mut self,
        helper: &Helper,
        qube: &Qube,
        progress: &mut Progress,
    ) -> Result<(BackupSummary, Manner, Dom0)> {
        let stop = &self.machine.stop;
        let mut talk = Talk::with_helper(helper.name(), Service::Backup, ANSWER_LIMIT, stop)?;
        talk.say(&self.job()?)?;
        for packs in self.live.packs.chunks(MAX_PACKS_IN_MESSAGE) {
            let packs = packs
                .to_vec()
                .try_into()
                .map_err(|_| Error::Disagree(String::new()))?;
            talk.say(&LivePacks { packs })?;
        }
        talk.say(&JobEnd {})?;
        let mut partials = 0;
        let mut manner = None;
        loop {
            let frame = talk.hear_any()?;
            if frame.is::<message::Progress>() {
                progress.show(
                    &qube.name,
                    &talk.decode::<message::Progress>(&frame)?.counts,
                );
            } else if frame.is::<Reading>() && manner.is_none() {
                manner = Some(talk.decode::<Reading>(&frame)?.manner);
            } else if frame.is::<Partial>() && partials < MAX_PARTIALS && !self.how.dry_run {
                partials += 1;
                self.note_partial(talk.decode(&frame)?)?;
            } else {
                let summary: BackupSummary = talk.decode(&frame)?;
                let as_asked = summary.stored.is_none() == self.how.dry_run
                    && summary.findings.is_some() == self.how.dry_run;
                let Some(manner) = manner.filter(|_| as_asked) else {
                    return Err(Error::Disagree(
                        "the helper did another job than asked".to_owned(),
                    ));
                };
                return Ok((summary, manner, Dom0::heard(talk.heard())));
            }
        }
    }

    fn job(&self) -> Result<BackupJob> {
        let installation = self.installation.lock();
        let history = history(&installation, self.qube)?;
        let keys = &installation.keys;
        Ok(BackupJob {
            session: self.id,
            storage: self.storage.qube.clone(),
            qube: self.qube,
            sequence: history.next_sequence(),
            now: self.now,
            previous: history.snapshots.last().map(|last| last.time),
            rules: self.how.rules.named,
            paths: self.how.rules.paths.clone(),
            dry_run: self.how.dry_run,
            compression: self.how.compression,
            chunk_key: keys.chunk(self.qube),
            cut_key: keys.cut(self.qube),
            index_seed: keys.index(self.qube),
            packs_key: keys.packs(self.qube, self.id),
            data_recipient: history.qube.recipient.clone(),
            index: self.live.index.clone(),
        })
    }
}

/// Storage and helper must have counted the same: nothing in a dry run, where the
/// helper counts what it would have put.
pub(super) fn agree(summary: &BackupSummary, took: Took) -> Result<()> {
    let counts = &summary.counts;
    let put = match summary.stored {
        Some(_) => Took {
            bytes: counts.bytes_stored,
            objects: counts.objects,
            calls: 1,
        },
        None => Took {
            bytes: 0,
            objects: 0,
            calls: 1,
        },
    };
    if took == put {
        return Ok(());
    }
    Err(Error::Disagree(format!(
        "the helper counts {} objects of {} bytes, the storage qube {} of {} in {} calls; \
         nothing was recorded; run again",
        counts.objects, counts.bytes_stored, took.objects, took.bytes, took.calls
    )))
}
