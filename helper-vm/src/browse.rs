//! `qib.Browse`: shows snapshots as folders, by date, in a read-only file system of this disposable.
//!
//! Nothing is fetched before somebody looks, and then only what is looked at: a folder's pieces, a
//! file's frames. What was fetched of manifests stays on the disposable's disk, of files the last
//! 64 MiB in memory.
//!
//! * `window` is the kernel's side, which passes its questions (`ask`) on to one thread;
//! * `answer` answers them with what is `shown`: `inodes` are what the kernel knows of, `snapshots` are opened one by
//!   one, a `folder` is found in or listed (`listing`), a `file` read; what was
//!   got last stays in memory (`kept`); the `top` folder has all of them;
//! * `search` goes through all of them first, where dom0 says for what (`hearing` of what changed from one to the
//!   next); what is `found` is a text in the top folder.
//!
//! A snapshot that lies is an error of the disk to whoever looks at that part of it.

mod answer;
mod ask;
mod attributes;
mod errno;
mod file;
mod folder;
mod found;
mod hearing;
mod inodes;
mod job;
mod kept;
mod listing;
mod search;
mod shown;
mod snapshots;
mod top;
mod window;

use crate::confine::Needs;
use crate::dom0::Dom0;
use crate::error::{Error, Result};
use crate::restore::{Line, Spool, Tally};
use crate::seal::OpenWith;
use crate::storage::Fetching;
use answer::answer;
use fuser::Session;
use job::Job;
use qib_rpc::id::SessionId;
use qib_rpc::message::browse::{Browsed, Browsing};
use qib_rpc::name::QubeName;
use search::search;
use shown::Shown;
use snapshots::Snapshots;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::thread;
use window::Window;

/// Shows what dom0 names below `folder`, until it is unmounted; calls the storage qube through
/// `connect` exactly once.
///
/// `connect` may confine the helper: it hears what is needed from then on, and no other thread
/// runs.
///
/// # Errors
/// Why it can not be shown; dom0 has been told.
pub fn run<DR, DW, SR, SW>(
    from_dom0: DR,
    to_dom0: DW,
    folder: &Path,
    connect: impl FnOnce(&QubeName, SessionId, Needs<'_>) -> Result<(SR, SW)>,
) -> Result<()>
where
    DR: Read,
    DW: Write + Send + 'static,
    SR: Read,
    SW: Write,
{
    let dom0 = Dom0::new(to_dom0);
    let shown = || {
        let job = Job::receive(from_dom0)?;
        let spool = Spool::new()?;
        let window = Window::open(folder)?;
        let line = connect(&job.of.storage, job.of.session, Needs::Nothing)?;
        let counts = dom0.while_told(|| show(&job, &dom0, &spool, window, line))?;
        dom0.say(&counts)
    };
    shown().inspect_err(|error| {
        // A dom0 that is gone can not be told.
        let _told = dom0.say(&error.fault());
    })
}

fn show<DW, SR, SW>(
    job: &Job,
    dom0: &Dom0<DW>,
    spool: &Spool,
    (session, asked): (Session<Window>, Receiver<ask::Ask>),
    (input, output): (SR, SW),
) -> Result<Browsed>
where
    DW: Write + Send + 'static,
    SR: Read,
    SW: Write,
{
    let identity = OpenWith::identity(&job.of.data_identity);
    let with = &identity.ok_or(Error::Job("a data identity"))?;
    let tally = Tally::new(dom0);
    let told = |fetched| tally.fetched(fetched);
    let line = Line::new(Fetching::new(input, output), &told);
    let mut snapshots = Snapshots::new(job, &line, with, spool)?;
    let patterns = &job.of.find;
    let is_search = !patterns.items().is_empty();
    let found = is_search.then(|| search(&mut snapshots, patterns).told(&job.snapshots, patterns));
    let mut shown = Shown::new(snapshots, found);
    // It ends with the mount, and the questions with it.
    let kernel = thread::spawn(move || session.run());
    dom0.say(&Browsing {})?;
    for ask in asked {
        answer(&mut shown, ask);
    }
    let ended = kernel.join().map_err(|_| Error::thread_gone())?;
    ended.map_err(Error::Helper)?;
    let counts = tally.counts();
    Ok(Browsed { counts })
}
