//! Whose turn it is to hand on chunks: that of the frame behind the one that was handed on last.

use crate::error::{Error, Result};
use crate::format_error;
use crate::pack::{Checking, Frame};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Turns, in the order of frames. Shared by threads.
#[derive(Default)]
pub struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

/// What holds for all frames together.
#[derive(Default)]
pub struct State {
    /// Frames that were handed on.
    done: u64,
    /// The pack of the next one, as far as it was handed on.
    pack: Checking,
    failed: Option<Error>,
}

impl Turns {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn of a frame; none when all has failed meanwhile.
    pub fn wait(&self, number: u64) -> Option<MutexGuard<'_, State>> {
        let is_other = |state: &mut State| state.done != number && state.failed.is_none();
        let state = self.changed.wait_while(self.state(), is_other);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        state.failed.is_none().then_some(state)
    }

    /// The frame whose turn it is was handed on.
    pub fn pass_on(&self, mut turn: MutexGuard<'_, State>) {
        turn.done = turn.done.saturating_add(1);
        drop(turn);
        self.changed.notify_all();
    }

    /// Keeps the first error; nothing is handed on after it.
    pub fn fail(&self, error: Error) {
        self.state().failed.get_or_insert(error);
        self.changed.notify_all();
    }

    /// No thread is left.
    ///
    /// # Errors
    /// The first.
    pub fn ended(self) -> Result<()> {
        let state = self.state.into_inner();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        state.failed.map_or(Ok(()), Err)
    }
}

impl State {
    /// Tests a frame where it stands in its pack.
    ///
    /// # Errors
    /// When it may not stand there.
    pub fn check(&mut self, frame: &Frame<'_>, is_last: bool) -> format_error::Result<()> {
        self.pack.next(frame)?;
        if is_last {
            std::mem::take(&mut self.pack).finish()?;
        }
        Ok(())
    }
}
