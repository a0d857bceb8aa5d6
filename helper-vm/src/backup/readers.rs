//! Threads that read windows, several at once, in the order in which they are ordered.

use super::window::Window;
use crate::aligned::Memory;
use crate::error::Result;
use crate::number::narrow;
use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

/// Reads on their way at once.
const READERS: usize = 3;

/// Windows that are read or wait to be used, at most.
pub(super) const WINDOWS: usize = 6;

/// A range to read, at most a window long, and who waits for it.
pub(super) type Order = (Range<u64>, SyncSender<Result<Window>>);

/// A window that was ordered.
pub(super) type Ticket = Receiver<Result<Window>>;

/// Where windows are ordered, and where their memory is given back. Readers wait for
/// memory, so it bounds what is read ahead.
pub(super) struct Readers {
    pub(super) orders: SyncSender<Order>,
    pub(super) free: Sender<Memory>,
}

impl Readers {
    /// Begins to read by `read`. The threads end when nothing more can be ordered, or
    /// no memory be given back.
    pub(super) fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        read: impl Fn(u64, &mut [u8]) -> Result<()> + Copy + Send + 'scope,
    ) -> Self {
        let (orders, ordered) = mpsc::sync_channel(WINDOWS);
        let (free, memories) = mpsc::channel();
        for _ in 0..WINDOWS {
            // The receiver is here.
            let _sent = free.send(Memory::default());
        }
        let source = Arc::new(Mutex::new((memories, ordered)));
        for _ in 0..READERS {
            let source = Arc::clone(&source);
            scope.spawn(move || while read_one(read, &source).is_some() {});
        }
        Self { orders, free }
    }
}

/// An order for a range, and the ticket for its window.
pub(super) fn order(range: Range<u64>) -> (Order, Ticket) {
    let (answer, ticket) = mpsc::sync_channel(1);
    ((range, answer), ticket)
}

/// Reads the next window. Memory comes first: the oldest order then always has some.
fn read_one(
    read: impl Fn(u64, &mut [u8]) -> Result<()>,
    source: &Mutex<(Receiver<Memory>, Receiver<Order>)>,
) -> Option<()> {
    let (mut memory, (range, answer)) = {
        let source = source.lock().unwrap_or_else(PoisonError::into_inner);
        (source.0.recv().ok()?, source.1.recv().ok()?)
    };
    let length = narrow(range.end.saturating_sub(range.start));
    let window = read(range.start, memory.slice(length)).map(|()| Window { range, memory });
    answer.send(window).ok()
}
