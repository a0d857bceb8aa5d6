//! This installation: its configuration, secret, ledger, and the lock on them.

use crate::clock;
use crate::config::Config;
use crate::error::{Error, Result, at};
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::paths::STATE;
use crate::receipt::Receipt;
use crate::state;
use crate::stop::Stop;
use qib_rpc::key::Kit;
use rustix::fs::{FlockOperation, flock};
use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// While another qib is at work, between two looks at whether it still is.
const BETWEEN: Duration = Duration::from_secs(2);

/// What every command that changes something works on. One at a time: others
/// find the lock taken.
pub struct Machine {
    /// What the administrator decides.
    pub config: Config,
    /// Tells when to stop.
    pub stop: Stop,
    /// Held while a volume is kept still: pools are asked for one snapshot at a time.
    pub snapshot: Mutex<()>,
    lock: Option<File>,
}

/// What `qib init` has made.
pub struct Installation {
    /// Everything symmetric.
    pub keys: Keys,
    /// What was stored.
    pub ledger: Ledger,
    /// The recovery kit.
    pub kit: Kit,
}

/// An installation for sessions beside each other: one at a time reads or writes it.
pub struct Shared(Mutex<Installation>);

impl Shared {
    /// Shares it.
    pub fn new(installation: Installation) -> Self {
        Self(Mutex::new(installation))
    }

    /// Waits for one's turn. A thread that panicked left the ledger as whole as any other.
    pub fn lock(&self) -> MutexGuard<'_, Installation> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Machine {
    /// Reads the configuration and takes the lock.
    ///
    /// # Errors
    /// [`Error::Busy`] when another qib is at work.
    pub fn open() -> Result<Self> {
        Self::lock(|_| Err(Error::Busy))
    }

    /// The same, but while another qib is at work this one waits.
    ///
    /// # Errors
    /// [`Error::Stopped`] when somebody asked to stop meanwhile.
    pub fn open_when_free() -> Result<Self> {
        Self::lock(|stop| match stop.wait(BETWEEN) {
            true => Err(Error::Stopped),
            false => Ok(()),
        })
    }

    fn lock(busy: impl Fn(&Stop) -> Result<()>) -> Result<Self> {
        let config = Config::read()?;
        let mut folder = DirBuilder::new();
        folder
            .recursive(true)
            .mode(0o700)
            .create(STATE)
            .map_err(at(STATE))?;
        let stop = Stop::catch().map_err(at(STATE))?;
        let lock = loop {
            match lock() {
                Err(Error::Busy) => busy(&stop)?,
                result => break result?,
            }
        };
        Ok(Self {
            config,
            stop,
            snapshot: Mutex::default(),
            lock: Some(lock),
        })
    }

    /// Lets another qib work from here on: this one changes nothing any more.
    pub fn let_others_work(&mut self) {
        self.lock = None;
    }

    /// Fills `buffer` from the system's randomness.
    ///
    /// # Errors
    /// When the system has none.
    pub fn fill_random(&self, buffer: &mut [u8]) -> Result<()> {
        getrandom::fill(buffer)
            .map_err(|error| Error::Config(format!("the system gives no randomness: {error}")))
    }

    /// `N` random bytes.
    ///
    /// # Errors
    /// When the system has none.
    pub fn random<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill_random(&mut bytes)?;
        Ok(bytes)
    }

    /// The time in seconds since 1970, by dom0's clock.
    pub fn now(&self) -> i64 {
        clock::now()
    }
}

impl Installation {
    /// Reads what `qib init` has made.
    ///
    /// # Errors
    /// [`Error::NotInitialised`] when it was not run.
    pub fn open() -> Result<Self> {
        if state::has_keys_only() {
            return Err(Error::Ledger(format!(
                "{} is missing, though there are keys: put back a copy of it, or get it from \
                 storage with 'qib recover'; or, if 'qib init' never ended well, run that again",
                state::ledger_path().display()
            )));
        }
        if !state::is_initialised() {
            return Err(Error::NotInitialised);
        }
        let keys = Keys::new(&state::read_secret()?);
        let mut ledger = Ledger::open(&state::ledger_path(), keys.ledger())?;
        if let Some(config) = Config::read_if_there()? {
            ledger.book.assume(&config.storage);
        }
        Ok(Self {
            keys,
            ledger,
            kit: state::read_kit()?,
        })
    }

    /// The receipt of the newest record.
    pub fn receipt(&self) -> Receipt {
        let next = self.ledger.next();
        Receipt::new(&self.keys, next.sequence.saturating_sub(1), &next.previous)
    }
}

fn lock() -> Result<File> {
    let path = Path::new(STATE).join("lock");
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&path).map_err(at(&path))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Busy),
        Err(error) => Err(at(&path)(error.into())),
    }
}
