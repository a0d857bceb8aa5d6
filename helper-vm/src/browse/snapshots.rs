//! The snapshots, each opened when somebody first looks into it: its object, and the tables that
//! say where its chunks lie. A few stay open.

use super::job::Job;
use crate::error::{Error, Result};
use crate::restore::{Finder, Frames, Line, Spool};
use crate::seal::OpenWith;
use crate::snapshot::{self, Snapshot};
use qib_rpc::message::browse::BrowseSnapshot;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::rc::Rc;

/// How many stay open. Each has 8 bytes in memory for each chunk of its qube.
const OPEN: usize = 3;

/// A snapshot that is open.
pub struct Opened<'a, R, W> {
    /// What it says.
    pub snapshot: Snapshot,
    /// What fetches of it.
    pub frames: Frames<'a, R, W>,
}

/// All of them.
pub struct Snapshots<'a, R, W> {
    job: &'a Job,
    line: &'a Line<'a, R, W>,
    with: &'a OpenWith,
    index: OpenWith,
    spool: &'a Spool,
    /// The one that was used last comes first.
    opened: VecDeque<(usize, Rc<Opened<'a, R, W>>)>,
}

impl<'a, R: Read, W: Write> Snapshots<'a, R, W> {
    /// None is open yet.
    ///
    /// # Errors
    /// When the job's seed is none.
    pub fn new(
        job: &'a Job,
        line: &'a Line<'a, R, W>,
        with: &'a OpenWith,
        spool: &'a Spool,
    ) -> Result<Self> {
        let index = OpenWith::seed(&job.of.index_seed).ok_or(Error::Job("an index seed"))?;
        Ok(Self {
            job,
            line,
            with,
            index,
            spool,
            opened: VecDeque::new(),
        })
    }

    /// What dom0 said of all.
    pub fn all(&self) -> &'a [BrowseSnapshot] {
        &self.job.snapshots
    }

    /// Opens the one at this place, unless it is open.
    ///
    /// # Errors
    /// When an object of it is missing or damaged.
    pub fn open(&mut self, place: usize) -> Result<Rc<Opened<'a, R, W>>> {
        let at = self.opened.iter().position(|(other, _)| *other == place);
        let opened = match at.and_then(|at| self.opened.remove(at)) {
            Some((_, opened)) => opened,
            None => Rc::new(self.fetch(place)?),
        };
        self.opened.push_front((place, Rc::clone(&opened)));
        self.opened.truncate(OPEN);
        Ok(opened)
    }

    fn fetch(&self, place: usize) -> Result<Opened<'a, R, W>> {
        let shown = self.all().get(place).ok_or(Error::Job("a snapshot"))?;
        let (kind, digest) = (Kind::Snapshot, shown.snapshot);
        let untrusted_object = self.line.fetch_whole(ObjectName { kind, digest })?;
        let of = &self.job.of;
        let snapshot = snapshot::read(&untrusted_object, self.with, of.qube, shown.sequence)
            .map_err(|error| Error::Object(digest, error))?;
        let index = shown.index.items();
        let finder = Finder::fetch(self.line, index, &self.index, of.qube, &snapshot)?;
        let frames = Frames::new(self.line, finder, self.with, &of.chunk_key, self.spool)?;
        Ok(Opened { snapshot, frames })
    }
}
