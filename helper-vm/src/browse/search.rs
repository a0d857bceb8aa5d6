//! A search through all snapshots: each is walked beside the one before it, so what did not
//! change is read once.

use super::errno::failed;
use super::found::{Found, Kind, Version};
use super::hearing::Hearing;
use super::snapshots::{Opened, Snapshots};
use crate::manifest::EntryName;
use crate::number::wide;
use crate::path_pattern::{Pattern, Places};
use crate::restore::{Manifest, Stopped, walk_both};
use crate::snapshot::Snapshot;
use qib_rpc::glob::Globs;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::mem;

/// What is found is held in memory, up to so many bytes.
const MOST_BYTES: u64 = 16 << 20;

/// What one thing that was found holds beside its path, in bytes.
const HELD_BYTES: u64 = 160;

/// Searches all snapshots for what the patterns fit. One that can not be read is passed over, and
/// named in what is found.
pub fn search<R: Read, W: Write>(snapshots: &mut Snapshots<'_, R, W>, patterns: &Globs) -> Found {
    let mut search = Search::new(patterns);
    let mut before = None;
    for (place, shown) in snapshots.all().iter().enumerate() {
        let last = before.take();
        let walked = snapshots.open(place).and_then(|opened| {
            let walked = search.walk(place, last.as_deref(), &opened);
            walked.map_err(|stopped| stopped.about(shown.snapshot))?;
            Ok(opened)
        });
        match walked {
            Ok(opened) => before = Some(opened),
            Err(error) => {
                failed(error);
                search.unreadable(place);
            }
        }
    }
    search.end()
}

/// Where a search is.
pub struct Search {
    patterns: Vec<Pattern>,
    /// The snapshot that is walked.
    place: usize,
    /// The folder that is walked.
    path: Vec<u8>,
    /// How the folders above it, and it, stand to the patterns; and how long their paths are.
    levels: Vec<(usize, Vec<Places>)>,
    /// What the snapshot has that was walked last.
    now: BTreeMap<Vec<u8>, Version>,
    found: Found,
    bytes_left: u64,
}

impl Search {
    fn new(patterns: &Globs) -> Self {
        let patterns: Vec<_> = patterns.items().iter().map(Pattern::new).collect();
        let root = patterns.iter().map(Pattern::start).collect();
        Self {
            patterns,
            place: 0,
            path: Vec::new(),
            levels: vec![(0, root)],
            now: BTreeMap::new(),
            found: Found::default(),
            bytes_left: MOST_BYTES,
        }
    }

    /// Walks a snapshot beside the one before it; without that one all of it is new.
    fn walk<R: Read, W: Write>(
        &mut self,
        place: usize,
        before: Option<&Opened<'_, R, W>>,
        opened: &Opened<'_, R, W>,
    ) -> Result<(), Stopped> {
        self.place = place;
        self.path.clear();
        self.levels.truncate(1);
        let nothing = Snapshot {
            pieces: Vec::new(),
            ..opened.snapshot.clone()
        };
        let manifest: &dyn Manifest = &opened.frames;
        let older: (&dyn Manifest, _) = match before {
            Some(before) => (&before.frames, &before.snapshot),
            None => (manifest, &nothing),
        };
        let search = self;
        let mut hearing = Hearing {
            search,
            manifest,
            most_bytes: opened.snapshot.counts.file_bytes,
        };
        walk_both(older, (manifest, &opened.snapshot), &mut hearing)
    }

    /// Forgets what it says, and what followed from it.
    fn unreadable(&mut self, place: usize) {
        for (path, version) in mem::take(&mut self.now) {
            if version.first < place {
                self.found.add(path, version, place);
            }
        }
        self.found.unreadable.push(place);
    }

    fn end(mut self) -> Found {
        let behind = self.place.saturating_add(1);
        for (path, version) in mem::take(&mut self.now) {
            self.found.add(path, version, behind);
        }
        self.found
    }

    /// How the path to a name stands to the patterns, and whether one fits.
    pub fn judge(&self, name: &EntryName, is_folder: bool) -> (Vec<Places>, bool) {
        let places = self.levels.last();
        let places = places.map_or(&[][..], |(_, places)| places);
        let mut fits = false;
        let inside = self.patterns.iter().zip(places).map(|(pattern, at)| {
            let (inside, ends) = pattern.enter(*at, name.bytes(), is_folder);
            fits |= ends;
            inside
        });
        (inside.collect(), fits)
    }

    /// What follows lies in this folder.
    pub fn enter(&mut self, name: &EntryName) {
        let (inside, _) = self.judge(name, true);
        self.path = self.path_of(name);
        self.levels.push((self.path.len(), inside));
    }

    /// Everything in it has come.
    pub fn leave(&mut self) {
        self.levels.pop();
        let above = self.levels.last().map_or(0, |(bytes, _)| *bytes);
        self.path.truncate(above);
    }

    fn path_of(&self, name: &EntryName) -> Vec<u8> {
        let between: &[u8] = if self.path.is_empty() { b"" } else { b"/" };
        [&self.path, between, name.bytes()].concat()
    }

    /// From this snapshot on a name is this.
    pub fn begins(&mut self, name: &EntryName, kind: Kind, time: i64) {
        let path = self.path_of(name);
        let bytes = wide(path.len()).saturating_add(HELD_BYTES);
        let Some(left) = self.bytes_left.checked_sub(bytes) else {
            self.found.is_cut = true;
            return;
        };
        self.bytes_left = left;
        let first = self.place;
        self.now.insert(path, Version { first, kind, time });
    }

    /// From this snapshot on a name is not what it was.
    pub fn ends(&mut self, name: &EntryName) {
        let path = self.path_of(name);
        if let Some(version) = self.now.remove(&path) {
            self.found.add(path, version, self.place);
        }
    }
}
