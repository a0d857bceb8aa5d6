//! The plan of what is read ahead: files in the order of a list, and the windows that hold their data.

use super::readers::{Order, Ticket, order};
use super::reading_list::ToRead;
use super::window::Span;
use crate::error::{Error, Result};
use qib_ext4::{BlockReader, Ext4, Extent, Inode};
use std::ops::Range;
use std::sync::mpsc::SyncSender;

/// Files between two windows, at most.
pub(super) const FILES: usize = 512;

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
pub(super) enum Step {
    File(Box<Planned>),
    Window(Ticket),
    Failed(Error),
}

/// Says what to read, in order. `None` anywhere: nobody wants more.
pub(super) struct Planner<'a, R> {
    fs: &'a Ext4<R>,
    steps: SyncSender<Step>,
    orders: SyncSender<Order>,
    open: Option<Span>,
    /// Files since the window was opened.
    files: usize,
}

impl<'a, R: BlockReader> Planner<'a, R> {
    pub(super) fn new(fs: &'a Ext4<R>, steps: SyncSender<Step>, orders: SyncSender<Order>) -> Self {
        Self {
            fs,
            steps,
            orders,
            open: None,
            files: 0,
        }
    }

    /// Plans all files.
    pub(super) fn plan(&mut self, list: &[ToRead]) -> Option<()> {
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
        let (order, ticket) = order(open.aligned(self.fs.volume_bytes()));
        self.orders.send(order).ok()?;
        self.steps.send(Step::Window(ticket)).ok()
    }
}
