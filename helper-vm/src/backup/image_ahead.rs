//! A range of a volume from its start to its end, read ahead.

use super::readers::{Readers, Ticket, WINDOWS, order};
use super::window::{MAX_BYTES, Window};
use crate::aligned::Memory;
use crate::device::Device;
use crate::error::{Error, Result};
use qib_ext4::BlockReader;
use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::Scope;

/// The bytes of a range, window by window.
pub struct ImageAhead {
    tickets: Receiver<Ticket>,
    window: Window,
    /// Takes memory that is free again.
    free: Sender<Memory>,
}

impl ImageAhead {
    /// Begins to read. The threads end when this is dropped.
    pub fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        volume: &'scope Device,
        range: Range<u64>,
    ) -> Self {
        let read = |place, buffer: &mut [u8]| volume.read_at(place, buffer).map_err(Error::reading);
        let readers = Readers::start(scope, read);
        let (send_ticket, tickets) = mpsc::sync_channel(WINDOWS);
        let orders = readers.orders;
        scope.spawn(move || {
            let mut at = range.start;
            while at < range.end {
                let end = at.saturating_add(MAX_BYTES).min(range.end);
                let (order, ticket) = order(at..end);
                // The other end hangs up when it wants no more.
                if orders.send(order).is_err() || send_ticket.send(ticket).is_err() {
                    return;
                }
                at = end;
            }
        });
        Self {
            tickets,
            window: Window::default(),
            free: readers.free,
        }
    }

    /// The next bytes, [`MAX_BYTES`] but for the last; `None` behind the end.
    ///
    /// # Errors
    /// When the volume can not be read.
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        let Ok(ticket) = self.tickets.recv() else {
            return Ok(None);
        };
        let window = ticket.recv().map_err(|_| Error::thread_gone())??;
        let used = std::mem::replace(&mut self.window, window);
        // When no reader is left, no window is wanted.
        let _sent = self.free.send(used.memory);
        let Range { start, end } = self.window.range;
        Ok(Some(self.window.bytes(start, end.saturating_sub(start))))
    }
}
