//! What all objects together that are being sent may have of memory.

use std::sync::{Condvar, Mutex, PoisonError};

/// Bytes for all of them; one that needs more has all, alone.
const BYTES: u64 = 64 << 20;

/// The memory that is free.
pub struct Room {
    /// Whoever waits for room holds it: what is large is not passed for ever by what is small.
    turn: Mutex<()>,
    free: Mutex<u64>,
    freed: Condvar,
}

/// Memory that one has, until this is dropped.
pub struct Taken<'room> {
    room: &'room Room,
    bytes: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            turn: Mutex::new(()),
            free: Mutex::new(BYTES),
            freed: Condvar::new(),
        }
    }
}

impl Room {
    /// Waits for room.
    pub fn take(&self, bytes: u64) -> Taken<'_> {
        let bytes = bytes.min(BYTES);
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_while(free, |free| *free < bytes);
        let mut free = waited.unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_sub(bytes);
        Taken { room: self, bytes }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let free = self.room.free.lock();
        let mut free = free.unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_add(self.bytes);
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn what_is_large_waits_for_all_and_is_not_passed() {
        let room = Room::default();
        let (large, small) = (AtomicBool::new(false), AtomicBool::new(false));
        let first = room.take(1);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _all = room.take(u64::MAX);
                assert!(!small.load(Ordering::SeqCst));
                large.store(true, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(50));
            });
            while room.turn.try_lock().is_ok() {
                thread::yield_now();
            }
            scope.spawn(|| {
                let _some = room.take(1);
                assert!(large.load(Ordering::SeqCst));
                small.store(true, Ordering::SeqCst);
            });
            thread::sleep(Duration::from_millis(50));
            assert!(!large.load(Ordering::SeqCst) && !small.load(Ordering::SeqCst));
            drop(first);
        });
        assert_eq!(*room.free.lock().unwrap(), BYTES);
    }
}
