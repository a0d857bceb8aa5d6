//! A place over a network, spoken to by OpenDAL.
//!
//! An object waits in a file of this qube until its digest is proven, so that a retried upload is
//! the same bytes again. Then it gets its name: at once where the place shows nothing that is not
//! whole, by a rename elsewhere. It is acknowledged when the place has said so and shows it in
//! full length; what *durable* means beyond that is the place's own promise.

mod arriving;
mod cache;
mod manner;
pub mod order;
mod paths;
mod pieces;
mod room;
mod sweep;
mod trash;
mod trouble;
mod upload;

use crate::allowed::{GetAllowed, PutAllowed, TrashAllowed};
use crate::backend::{Backend, Incoming, Opened, Trouble};
use crate::config::{ConfigError, Transfer, Way};
use crate::descriptor::Dom0;
use crate::layout;
use crate::log;
use crate::stamp::Stamp;
use arriving::Arriving;
use cache::Cache;
use opendal::Operator;
use opendal::blocking;
use opendal::layers::{ConcurrentLimitLayer, RetryLayer, ThrottleLayer, TimeoutLayer};
use order::Order;
use pieces::Pieces;
use qib_rpc::id::Prefix;
use qib_rpc::message::forget::{ListedObject, Moved};
use qib_rpc::message::record::Place;
use qib_rpc::object::{Kind, ObjectName};
pub use room::Room;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
pub use trouble::plain;
use trouble::trouble;

/// What may pass at once before a limit of bandwidth holds it up: more than one request has.
const BURST_BYTES: u32 = 64 << 20;

/// The place. **Invariant:** no other daemon works in it at the same time.
pub struct Remote {
    store: blocking::Operator,
    way: Way,
    spool: PathBuf,
    read_back: bool,
    cache: Option<Cache>,
    order: Order,
    room: Arc<Room>,
    pieces: Pieces,
    temporary_files: AtomicU64,
    /// Requests run on its threads.
    _runtime: Runtime,
}

impl Remote {
    /// Gets ready to speak to the place, and removes what objects left there that an earlier
    /// daemon did not finish. All places share the memory of `room`.
    ///
    /// # Errors
    /// [`ConfigError::Place`] when nothing can be said at all.
    pub fn open(
        operator: Operator,
        way: Way,
        transfer: &Transfer,
        room: Arc<Room>,
    ) -> Result<Self, ConfigError> {
        let place = |error: &dyn std::fmt::Display| ConfigError::Place(error.to_string());
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| place(&error))?;
        let store = {
            let _on_it = runtime.enter();
            blocking::Operator::new(travelling(operator, transfer))
                .map_err(|error| place(&plain(&error)))?
        };
        let remote = Self {
            store,
            way,
            spool: transfer.spool.clone(),
            read_back: transfer.read_back,
            cache: transfer
                .cache_folder()
                .and_then(|folder| opened(&folder, transfer)),
            order: Order::default(),
            room,
            pieces: Pieces::default(),
            temporary_files: AtomicU64::new(0),
            _runtime: runtime,
        };
        // The network may come later than we do; what can not be removed now is removed at the
        // next start.
        if let Err(trouble) = sweep::temporary_files(&remote) {
            log::line(format_args!("{trouble}; each request tries again"));
        }
        Ok(remote)
    }

    /// What speaks to the place, for one who looks whether it works.
    pub fn store(&self) -> &blocking::Operator {
        &self.store
    }

    /// The length of the file at a path.
    fn length(&self, path: &str) -> Result<u64, Trouble> {
        let metadata = self.store.stat(path).map_err(trouble)?;
        match metadata.is_file() {
            true => Ok(metadata.content_length()),
            false => Err(Trouble::Damaged),
        }
    }

    /// The same, of one that may not be there.
    fn length_if_there(&self, path: &str) -> Result<Option<u64>, Trouble> {
        match self.length(path) {
            Ok(length) => Ok(Some(length)),
            Err(Trouble::Missing) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    fn read(&self, path: &str, from: u64, to: u64) -> Result<blocking::StdReader, Trouble> {
        let reader = self.store.reader(path).map_err(trouble)?;
        reader.into_std_read(from..to).map_err(trouble)
    }
}

/// Without it all is as before, and slower.
fn opened(folder: &Path, transfer: &Transfer) -> Option<Cache> {
    let opened = Cache::open(folder, transfer.cache_bytes);
    if let Err(error) = &opened {
        let folder = folder.display();
        log::line(format_args!("indexes can not be kept in {folder}: {error}"));
    }
    opened.ok()
}

/// The same place, by requests that are limited in time, number and bytes, and made again.
pub fn travelling(operator: Operator, transfer: &Transfer) -> Operator {
    let wait = Duration::from_secs(transfer.timeout_seconds);
    let timeout = TimeoutLayer::new().with_timeout(wait).with_io_timeout(wait);
    let retry = RetryLayer::new()
        .with_max_times(transfer.retries)
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(30))
        .with_jitter();
    // Retries lie outside of the time limit, so that what hangs is tried again.
    let operator = operator
        .layer(timeout)
        .layer(retry)
        .layer(ConcurrentLimitLayer::new(transfer.requests_at_once));
    match transfer.max_bytes_per_second {
        Some(most) => operator.layer(ThrottleLayer::new(most, BURST_BYTES)),
        None => operator,
    }
}

impl Backend for Remote {
    fn begin(&self, allowed: &PutAllowed) -> Result<Box<dyn Incoming + '_>, Trouble> {
        let number = self.temporary_files.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Arriving::begin(self, *allowed.spot(), number)?))
    }

    fn open(&self, allowed: &GetAllowed, offset: u64) -> Result<Opened, Trouble> {
        let path = paths::object(allowed.spot());
        let length = self.length(&path)?;
        if length > allowed.spot().name.kind.max_bytes() {
            return Err(Trouble::Damaged);
        }
        let from = offset.min(length);
        let bytes = length.saturating_sub(from);
        let may_be_cached = allowed.is_index_for_backup() && offset == 0;
        if let (true, Some(cache)) = (may_be_cached, &self.cache) {
            let digest = allowed.spot().name.digest;
            let input = match cache.get(digest, length) {
                Some(file) => Box::new(file),
                None => cache.beside(digest, self.read(&path, 0, length)?, length),
            };
            return Ok(Opened { bytes, input });
        }
        let input = Box::new(self.read(&path, from, length)?);
        Ok(Opened { bytes, input })
    }

    fn newest(&self, place: Place, kind: Kind) -> Result<Option<ObjectName>, Trouble> {
        self.order.newest(self, place, kind)
    }

    fn list(
        &self,
        _caller: &Dom0,
        place: Place,
        kind: Kind,
        part: Option<u8>,
    ) -> Result<Vec<ListedObject>, Trouble> {
        let mut folder = layout::kind_folders(place, kind);
        if kind != Kind::Pack {
            return paths::objects(self, &folder);
        }
        if let Some(part) = part {
            folder.push(layout::shelf(part));
            return paths::objects(self, &folder);
        }
        let mut all = Vec::new();
        for shelf in paths::folders(self, &folder, layout::is_shelf)? {
            let mut folder = folder.clone();
            folder.push(shelf);
            all.extend(paths::objects(self, &folder)?);
        }
        Ok(all)
    }

    fn trashed(&self, _caller: &Dom0, prefix: Prefix) -> Result<Vec<ListedObject>, Trouble> {
        trash::trashed(self, prefix)
    }

    fn trash(&self, allowed: &TrashAllowed, now: Stamp) -> Result<Moved, Trouble> {
        trash::trash(self, allowed, now)
    }

    fn undelete(&self, allowed: &TrashAllowed) -> Result<Moved, Trouble> {
        trash::undelete(self, allowed)
    }

    fn empty(
        &self,
        _caller: &Dom0,
        prefix: Prefix,
        now: Stamp,
        days: u32,
    ) -> Result<Moved, Trouble> {
        trash::empty(self, prefix, now, days)
    }
}
