//! Reading ahead: the data of files in the order of a list, in large reads, several at once.

use super::reading_list::ToRead;
use super::window::{Memory, Span, Window};
use crate::error::{Error, Result};
use crate::number::narrow;
use qib_ext4::{BlockReader, Ext4, Extent, Inode};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

/// Reads on their way at once.
const READERS: usize = 3;

/// Windows that are read or wait to be used, at most.
const WINDOWS: usize = 8;

/// Files between two windows, at most.
const FILES: usize = 512;

/// More pieces of one file than this are not collected: the rest is another part.
const MAX_EXTENTS: usize = 64 << 10;

/// A file, or a further part of the one before.
pub struct Planned {
    /// Which file.
    pub file: ToRead,
    /// Its inode.
    pub inode: Inode,
    /// Where its data lies; holes and what was never written are left out.
    pub extents: Vec<Extent>,
    /// True when the next one goes on with the same file.
    pub unfinished: bool,
}

/// What is to be done next. One channel holds both, so that nobody waits for
/// the one while the other waits for him.
enum Step {
    File(Box<Planned>),
    Window(Receiver<Result<Window>>),
    Failed(Error),
}

type Order = (Range<u64>, SyncSender<Result<Window>>);

/// The data of the files of a list, one after the other.
pub struct ReadAhead {
    steps: Receiver<Step>,
    files: VecDeque<Box<Planned>>,
    window: Window,
    /// Memory that is free again. Readers wait for it, so it bounds what is read ahead.
    free: Sender<Memory>,
}

impl ReadAhead {
    /// Begins to read. The threads end when this is dropped.
    pub fn start<'scope, R: BlockReader>(
        scope: &'scope Scope<'scope, '_>,
        fs: &'scope Ext4<R>,
        list: &'scope [ToRead],
    ) -> Self {
        let (send_step, steps) = mpsc::sync_channel(FILES);
        let (send_order, orders) = mpsc::sync_channel::<Order>(WINDOWS);
        let (free, memories) = mpsc::channel();
        for _ in 0..WINDOWS {
            // The receiver is here.
            let _sent = free.send(Memory::default());
        }
        let source = Arc::new(Mutex::new((memories, orders)));
        for _ in 0..READERS {
            let source = Arc::clone(&source);
            scope.spawn(move || while read_one(fs, &source).is_some() {});
        }
        scope.spawn(move || {
            let mut planner = Planner {
                fs,
                steps: send_step,
                orders: send_order,
                open: None,
                files: 0,
            };
            // The other end hangs up when it wants no more.
            let _ended = planner.plan(list);
        });
        Self {
            steps,
            files: VecDeque::new(),
            window: Window::default(),
            free,
        }
    }

    /// The next file or part of one; `None` behind the last.
    ///
    /// # Errors
    /// When an inode, a map of blocks or data can not be read.
    pub fn next_file(&mut self) -> Result<Option<Box<Planned>>> {
        while self.files.is_empty() {
            if !self.step()? {
                return Ok(None);
            }
        }
        Ok(self.files.pop_front())
    }

    /// Bytes of the volume from `place` on: at least one, at most `length`. The
    /// places must come in the order of the extents.
    ///
    /// # Errors
    /// As [`ReadAhead::next_file`].
    pub fn bytes(&mut self, place: u64, length: u64) -> Result<&[u8]> {
        while !self.window.range.contains(&place) {
            if !self.step()? {
                return Err(gone());
            }
        }
        Ok(self.window.bytes(place, length))
    }

    fn step(&mut self) -> Result<bool> {
        match self.steps.recv() {
            Ok(Step::File(planned)) => self.files.push_back(planned),
            Ok(Step::Window(ticket)) => {
                let window = ticket.recv().map_err(|_| gone())??;
                let used = std::mem::replace(&mut self.window, window);
                // When no reader is left, no window is wanted.
                let _sent = self.free.send(used.memory);
            }
            Ok(Step::Failed(error)) => return Err(error),
            Err(_) => return Ok(false),
        }
        Ok(true)
    }
}

/// Says what to read, in order. `None` anywhere: nobody wants more.
struct Planner<'a, R> {
    fs: &'a Ext4<R>,
    steps: SyncSender<Step>,
    orders: SyncSender<Order>,
    open: Option<Span>,
    /// Files since the window was opened.
    files: usize,
}

impl<R: BlockReader> Planner<'_, R> {
    fn plan(&mut self, list: &[ToRead]) -> Option<()> {
        for file in list {
            if let Err(error) = self.file(*file)? {
                return self.steps.send(Step::Failed(error)).ok();
            }
        }
        self.close()
    }

    fn file(&mut self, file: ToRead) -> Option<Result<()>> {
        let fs = self.fs;
        let opened = fs
            .inode(file.inode)
            .and_then(|inode| Ok((fs.extents(&inode)?, inode)));
        let (mut found, inode) = match opened {
            Ok(opened) => opened,
            Err(error) => return Some(Err(error.into())),
        };
        loop {
            let part: std::result::Result<Vec<Extent>, _> =
                found.by_ref().take(MAX_EXTENTS).collect();
            let mut extents = match part {
                Ok(extents) => extents,
                Err(error) => return Some(Err(error.into())),
            };
            let unfinished = extents.len() == MAX_EXTENTS;
            // Space that was never written reads as zeros, as a hole does.
            extents.retain(|extent| extent.written);
            let ranges = extents.clone();
            self.announce(Planned {
                file,
                inode: inode.clone(),
                extents,
                unfinished,
            })?;
            for extent in ranges {
                self.want(extent.place..extent.place.saturating_add(extent.length))?;
            }
            if !unfinished {
                return Some(Ok(()));
            }
        }
    }

    fn announce(&mut self, planned: Planned) -> Option<()> {
        self.files = self.files.saturating_add(1);
        if self.files > FILES {
            self.close()?;
        }
        self.steps.send(Step::File(Box::new(planned))).ok()
    }

    fn want(&mut self, range: Range<u64>) -> Option<()> {
        let mut rest = range;
        if let Some(open) = &mut self.open {
            rest = open.extend(rest);
        }
        while !rest.is_empty() {
            self.close()?;
            let (open, left) = Span::first(rest);
            self.open = Some(open);
            rest = left;
        }
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        self.files = 0;
        let Some(open) = self.open.take() else {
            return Some(());
        };
        let (answer, ticket) = mpsc::sync_channel(1);
        let range = open.aligned(self.fs.volume_bytes());
        self.orders.send((range, answer)).ok()?;
        self.steps.send(Step::Window(ticket)).ok()
    }
}

/// Reads the next window. Memory comes first: the oldest order then always has some.
fn read_one<R: BlockReader>(
    fs: &Ext4<R>,
    source: &Mutex<(Receiver<Memory>, Receiver<Order>)>,
) -> Option<()> {
    let (mut memory, (range, answer)) = {
        let source = source.lock().unwrap_or_else(PoisonError::into_inner);
        (source.0.recv().ok()?, source.1.recv().ok()?)
    };
    let length = narrow(range.end.saturating_sub(range.start));
    let read = fs.read_volume(range.start, memory.slice(length));
    let window = read.map(|()| Window { range, memory });
    answer.send(window.map_err(Error::Volume)).ok()
}

fn gone() -> Error {
    Error::Helper(std::io::Error::other("a thread of the helper is gone"))
}
