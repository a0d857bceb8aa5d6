//! Reading ahead: the data of files in the order of a list, in large reads, several at once.

use super::read_plan::{FILES, Planned, Planner, Step};
use super::readers::Readers;
use super::reading_list::ToRead;
use super::window::Window;
use crate::aligned::Memory;
use crate::error::{Error, Result};
use qib_ext4::{BlockReader, Ext4};
use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::Scope;

/// The data of the files of a list, one after the other.
pub struct ReadAhead {
    steps: Receiver<Step>,
    files: VecDeque<Box<Planned>>,
    window: Window,
    /// Takes memory that is free again.
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
        let read = |place, buffer: &mut [u8]| Ok(fs.read_volume(place, buffer)?);
        let Readers { orders, free } = Readers::start(scope, read);
        scope.spawn(move || {
            let mut planner = Planner::new(fs, send_step, orders);
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
                return Err(Error::thread_gone());
            }
        }
        Ok(self.window.bytes(place, length))
    }

    fn step(&mut self) -> Result<bool> {
        match self.steps.recv() {
            Ok(Step::File(planned)) => self.files.push_back(planned),
            Ok(Step::Window(ticket)) => {
                let window = ticket.recv().map_err(|_| Error::thread_gone())??;
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
