//! Putting objects without waiting for each; they count when acknowledged.

use crate::error::{Error, Result};
use crate::number::wide;
use crate::seal::Sealed;
use qib_rpc::fault::Fault;
use qib_rpc::line::{LineError, Receiver, Sender};
use qib_rpc::message::object::{Finish, Finished, PutObject, Stored};
use qib_rpc::object::ObjectName;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a refusal may take to arrive after the line broke.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// While one object is sent the next is filled.
const MAX_SPARE: usize = 1;

/// Objects on their way. Shared by threads.
pub struct Putting {
    queue: Mutex<Option<SyncSender<Sealed>>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Sent or about to be, and not yet acknowledged, in their order.
    expected: VecDeque<(ObjectName, u64)>,
    stored: Taken,
    /// Number of objects that [`Putting::put`] was given.
    given: u64,
    /// Memory of objects that were sent.
    spare: Vec<Vec<u8>>,
    /// Nothing more is sent.
    finishing: bool,
    finished: bool,
    failed: Option<Failure>,
    /// The receiving end is gone and will say no more.
    deaf: bool,
}

/// Why nothing more can be put. Every thread that asks gets to know it.
#[derive(Clone, Copy)]
enum Failure {
    Refused(Fault),
    Lost,
    Protocol,
}

impl From<LineError> for Failure {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Lost | LineError::Io(_) => Self::Lost,
            LineError::Frame(_) | LineError::Unexpected | LineError::TooMuch => Self::Protocol,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(fault) => Self::Storage(fault),
            Failure::Lost => Self::StorageLine(LineError::Lost),
            Failure::Protocol => Self::StorageLine(LineError::Unexpected),
        }
    }
}

/// What the storage has acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Number of objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Putting {
    pub(super) fn new<R, W>(receiver: Receiver<R>, sender: Sender<W>) -> Self
    where
        R: Read + Send + 'static,
        W: Write + Send + 'static,
    {
        let shared = Arc::new(Shared::default());
        // No queue to speak of: an object that waits is up to 20 MiB of memory.
        let (queue, objects) = mpsc::sync_channel(0);
        let sending = Arc::clone(&shared);
        thread::spawn(move || send_all(sender, &objects, &sending));
        let hearing = Arc::clone(&shared);
        thread::spawn(move || hear_all(receiver, &hearing));
        Self {
            queue: Mutex::new(Some(queue)),
            shared,
        }
    }

    /// Sends an object, or waits until the one before is sent.
    ///
    /// # Errors
    /// What the storage refused an earlier object for, or how the line broke.
    pub fn put(&self, sealed: Sealed) -> Result<()> {
        self.shared.check()?;
        let queue = lock(&self.queue).clone();
        {
            let mut state = lock(&self.shared.state);
            state.given = state.given.saturating_add(1);
        }
        match queue.map(|queue| queue.send(sealed)) {
            Some(Ok(())) => Ok(()),
            _ => Err(self.shared.last_words()),
        }
    }

    /// Empty memory for an object, which served one that was sent if there is such.
    pub fn memory(&self) -> Vec<u8> {
        lock(&self.shared.state).spare.pop().unwrap_or_default()
    }

    /// What the storage has acknowledged by now.
    pub fn stored(&self) -> Taken {
        lock(&self.shared.state).stored
    }

    /// Waits until every object so far is acknowledged.
    ///
    /// # Errors
    /// As [`Putting::put`].
    pub fn settle(&self) -> Result<()> {
        self.shared
            .wait(|state| state.stored.objects >= state.given)
    }

    /// Ends the call: the storage says that it answered everything.
    ///
    /// # Errors
    /// As [`Putting::put`].
    pub fn finish(&self) -> Result<()> {
        drop(lock(&self.queue).take());
        self.shared.wait(|state| state.finished)
    }
}

fn send_all<W: Write>(mut sender: Sender<W>, objects: &mpsc::Receiver<Sealed>, shared: &Shared) {
    for mut sealed in objects {
        let bytes = wide(sealed.bytes.len());
        let name = sealed.name;
        shared.change(|state| state.expected.push_back((name, bytes)));
        let sent = sender
            .send(&PutObject { name, bytes })
            .and_then(|()| sender.send_data(&sealed.bytes));
        if sent.is_err() {
            // The storage may have said why; whoever hears that says it.
            return;
        }
        sealed.bytes.clear();
        let mut state = lock(&shared.state);
        if state.spare.len() < MAX_SPARE {
            state.spare.push(sealed.bytes);
        }
    }
    shared.change(|state| state.finishing = true);
    let _broken_is_heard = sender.send(&Finish {});
}

fn hear_all<R: Read>(mut receiver: Receiver<R>, shared: &Shared) {
    loop {
        shared.wait_for_an_answer_to_come();
        let heard = hear_one(&mut receiver, shared);
        let mut state = lock(&shared.state);
        let ended = !matches!(heard, Ok(false));
        if let Err(error) = heard {
            state.failed.get_or_insert(error);
        }
        state.deaf = ended;
        shared.changed.notify_all();
        if ended {
            return;
        }
    }
}

/// True when the storage said its last word.
fn hear_one<R: Read>(
    receiver: &mut Receiver<R>,
    shared: &Shared,
) -> std::result::Result<bool, Failure> {
    let frame = receiver.frame()?;
    if frame.is::<Finished>() {
        frame.decode::<Finished>()?.map_err(Failure::Refused)?;
        let mut state = lock(&shared.state);
        state.finished = state.expected.is_empty();
        return state.finished.then_some(true).ok_or(Failure::Protocol);
    }
    let stored = frame.decode::<Stored>()?.map_err(Failure::Refused)?;
    let mut state = lock(&shared.state);
    match state.expected.pop_front() {
        Some((name, bytes)) if name == stored.name => {
            state.stored.objects = state.stored.objects.saturating_add(1);
            state.stored.bytes = state.stored.bytes.saturating_add(bytes);
            Ok(false)
        }
        _ => Err(Failure::Protocol),
    }
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
        self.changed.notify_all();
    }

    /// Until something was asked: who owes no answer may be silent for as long as a volume is read.
    fn wait_for_an_answer_to_come(&self) {
        let state = lock(&self.state);
        let owes_none = |state: &mut State| state.expected.is_empty() && !state.finishing;
        let _owes = self.changed.wait_while(state, owes_none);
    }

    fn check(&self) -> Result<()> {
        let failed = lock(&self.state).failed;
        failed.map_or(Ok(()), |failure| Err(failure.into()))
    }

    fn wait(&self, done: impl Fn(&State) -> bool) -> Result<()> {
        let mut state = lock(&self.state);
        loop {
            if let Some(failure) = state.failed {
                return Err(failure.into());
            }
            if done(&state) {
                return Ok(());
            }
            if state.deaf {
                return Err(Failure::Lost.into());
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Why the line broke: the storage's refusal if it sent one.
    fn last_words(&self) -> Error {
        let state = lock(&self.state);
        let waited = self
            .changed
            .wait_timeout_while(state, LAST_WORDS, |state| !state.deaf);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.failed.unwrap_or(Failure::Lost).into()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
