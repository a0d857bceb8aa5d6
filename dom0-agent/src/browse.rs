//! Showing snapshots in a disposable, to the person at the screen: a helper with a screen and without
//! a volume has them as folders, and may ask to hand files on, as qvm-copy does.

pub mod on_show;

use crate::error::{Error, Peer, Result};
use crate::getting::Getting;
use crate::helper::{Helper, Right};
use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::source::ANSWER_LIMIT;
use crate::text;
use qib_rpc::call::{Call, Window};
use qib_rpc::count::Counts;
use qib_rpc::glob::Globs;
use qib_rpc::key::Identity;
use qib_rpc::line::LineError;
use qib_rpc::message::backup::{JobEnd, Progress as ProgressMessage};
use qib_rpc::message::browse::{BrowseJob, BrowseSnapshot, Browsed, Browsing};
use qib_rpc::plain_name::PlainName;
use qib_rpc::service::Service;

/// How to look at snapshots.
pub struct Look {
    /// With what.
    pub window: Window,
    /// What to search them for before; nothing: they are only shown.
    pub find: Globs,
}

/// A helper in which snapshots are shown.
pub struct Show<'a> {
    getting: Getting<'a>,
    hands_out: Right<'a>,
    /// The window ends with it.
    _window: Call,
}

impl<'a> Show<'a> {
    /// Has a helper show these snapshots, and opens a window on them.
    ///
    /// # Errors
    /// When storage, qubesd or the helper refuse.
    pub fn start(
        machine: &Machine,
        installation: &Installation,
        history: &'a History,
        (helper, data_identity): (&'a Helper, Identity),
        snapshots: &[&SnapshotRecord],
        look: &Look,
        progress: &mut Progress,
    ) -> Result<Self> {
        let (at, service) = (history.at()?, Service::Browse);
        let mut getting = Getting::start(machine, at, helper, service, ANSWER_LIMIT)?;
        let id = history.qube.id;
        getting.talk.say(&BrowseJob {
            session: getting.id,
            storage: at.storage.qube.clone(),
            qube: id,
            chunk_key: installation.keys.chunk(id),
            data_identity,
            index_seed: installation.keys.index(id),
            find: look.find.clone(),
        })?;
        let shown = snapshots.iter().map(|snapshot| shown(snapshot));
        let mut shown: Vec<BrowseSnapshot> = shown.collect::<Result<_>>()?;
        shown.sort_unstable_by(|one, other| one.folder.cmp(&other.folder));
        shown.iter().try_for_each(|one| getting.talk.say(one))?;
        getting.talk.say(&JobEnd {})?;
        let Browsing {} = getting.hear_next(&history.qube.name, progress)?;
        let hands_out = helper.let_hand_out()?;
        let window = Call::window(helper.name(), look.window)
            .map_err(|error| Error::Program("qrexec-client", error.to_string()))?;
        Ok(Self {
            getting,
            hands_out,
            _window: window,
        })
    }

    /// Waits until nobody looks any more: somebody asked to stop, or shut the disposable down.
    /// Returns what was fetched by then.
    ///
    /// # Errors
    /// When the helper fails.
    pub fn wait(mut self) -> Result<Counts> {
        let mut counts = Counts::default();
        let talk = &mut self.getting.talk;
        loop {
            let frame = match talk.hear_any() {
                Err(Error::Stopped | Error::Line(Peer::Helper, LineError::Lost)) => {
                    return Ok(counts);
                }
                heard => heard?,
            };
            if !frame.is::<ProgressMessage>() {
                counts = talk.decode::<Browsed>(&frame)?.counts;
                break;
            }
            counts = talk.decode::<ProgressMessage>(&frame)?.counts;
        }
        self.hands_out.end()?;
        self.getting.end()?;
        Ok(counts)
    }
}

fn shown(snapshot: &SnapshotRecord) -> Result<BrowseSnapshot> {
    Ok(BrowseSnapshot {
        folder: label(snapshot)?,
        time: snapshot.time,
        sequence: snapshot.sequence,
        snapshot: snapshot.snapshot,
        index: snapshot.index.clone(),
    })
}

/// The name of its folder, such as `2026-11-30_09-57-49_12`: when it was made, and its number.
fn label(snapshot: &SnapshotRecord) -> Result<PlainName> {
    let time = text::time_in_name(snapshot.time);
    let label = PlainName::try_from(format!("{time}_{}", snapshot.sequence));
    label.map_err(|error| Error::Ledger(error.to_owned()))
}
