//! Speaking to dom0: progress every half second from a thread of its own, and
//! the few messages that matter.

use crate::error::{Error, Result};
use qib_rpc::count::Counts;
use qib_rpc::line::Sender;
use qib_rpc::message::Message;
use qib_rpc::message::backup::Progress;
use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(500);

/// The end that speaks to dom0. Shared by threads.
pub struct Dom0<W> {
    sender: Arc<Mutex<Sender<W>>>,
    counts: Arc<Mutex<Counts>>,
}

impl<W> Clone for Dom0<W> {
    fn clone(&self) -> Self {
        Self {
            sender: Arc::clone(&self.sender),
            counts: Arc::clone(&self.counts),
        }
    }
}

impl<W: Write + Send + 'static> Dom0<W> {
    /// Speaks into `output`.
    pub fn new(output: W) -> Self {
        Self {
            sender: Arc::new(Mutex::new(Sender::new(output))),
            counts: Arc::default(),
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When dom0 is gone.
    pub fn say<M: Message>(&self, message: &M) -> Result<()> {
        lock(&self.sender).send(message).map_err(Error::Dom0)
    }

    /// What the next progress message will say.
    pub fn count(&self, counts: &Counts) {
        *lock(&self.counts) = *counts;
    }

    /// Sends progress while `work` is done, from a thread that is gone afterwards. A dom0 that
    /// hears no more is noticed by the next message that matters.
    pub fn while_told<T>(&self, work: impl FnOnce() -> T) -> T {
        let _ticker = self.start_progress();
        work()
    }

    fn start_progress(&self) -> Ticker {
        let (stop, stopped) = mpsc::channel::<()>();
        let (sender, counts) = (Arc::clone(&self.sender), Arc::clone(&self.counts));
        let thread = thread::spawn(move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let counts = *lock(&counts);
                let _heard = lock(&sender).send(&Progress { counts });
            }
        });
        Ticker {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

/// Progress is sent as long as this lives.
struct Ticker {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
