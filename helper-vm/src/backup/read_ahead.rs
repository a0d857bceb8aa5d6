//! Reading ahead: the data of files in the order of a list, in large reads, several at once.

use super::read_plan::{FILES, Order, Planned, Planner, Step};
use super::reading_list::ToRead;
use super::window::{Memory, Window};
use crate::error::{Error, Result};
use crate::number::narrow;
use qib_ext4::{BlockReader, Ext4};
use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

/// Reads on their way at once.
const READERS: usize = 3;

/// Windows that are read or wait to be used, at most.
const WINDOWS: usize = 6;

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
            let mut planner = Planner::new(fs, send_step, send_order);
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
