//! A folder of this qube as a place that keeps objects.
//!
//! An object arrives in a temporary file, is made durable there, gets its final
//! name by a link, which never replaces anything, and is acknowledged when the
//! folder with that name is durable too. Where it is there already, the same bytes
//! get its name: whether the one that is there is on the disk nobody can tell.

mod arrivals;
mod arriving;
mod direct;
mod input;
mod output;
mod shelves;
mod sweep;
mod trash;

use crate::allowed::{GetAllowed, PutAllowed, TrashAllowed};
use crate::backend::{Backend, Incoming, Opened, Trouble};
use crate::descriptor::Dom0;
use crate::layout;
use crate::spot::Spot;
use crate::stamp::Stamp;
use arrivals::Arrivals;
use arriving::Arriving;
use input::Input;
use qib_rpc::id::Prefix;
use qib_rpc::message::forget::{ListedObject, Moved};
use qib_rpc::message::record::Place;
use qib_rpc::object::{Kind, ObjectName};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, openat};
use rustix::io::Errno;
use shelves::Shelves;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// The folder. **Invariant:** no other daemon works in it at the same time.
#[derive(Debug)]
pub struct Folder {
    shelves: Shelves,
    arrivals: Arrivals,
    temporary_files: AtomicU64,
}

impl Folder {
    /// Opens the folder, makes it if it is not there, and removes what objects
    /// left that an earlier daemon did not finish.
    ///
    /// # Errors
    /// What the system says, or that another daemon works there.
    pub fn open(path: &Path) -> io::Result<Self> {
        shelves::make_path(path)?;
        let base = File::open(path)?;
        flock(&base, FlockOperation::NonBlockingLockExclusive).map_err(|errno| match errno {
            Errno::WOULDBLOCK => io::Error::new(
                ErrorKind::AddrInUse,
                format!("another daemon works in {}", path.display()),
            ),
            other => other.into(),
        })?;
        sweep::temporary_files(&base)?;
        Ok(Self {
            shelves: Shelves::new(base.into()),
            arrivals: Arrivals::default(),
            temporary_files: AtomicU64::new(0),
        })
    }

    fn open_object(&self, spot: &Spot) -> Result<File, Trouble> {
        let shelf = self.shelves.find(&layout::folders(spot))?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match openat(&shelf, spot.name.to_string(), flags, Mode::empty()) {
            Ok(file) => Ok(file.into()),
            Err(Errno::NOENT) => Err(Trouble::Missing),
            Err(errno) => Err(errno.into()),
        }
    }
}

impl Backend for Folder {
    fn begin(&self, allowed: &PutAllowed) -> Result<Box<dyn Incoming + '_>, Trouble> {
        let number = self.temporary_files.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Arriving::begin(self, *allowed.spot(), number)?))
    }

    fn open(&self, allowed: &GetAllowed, offset: u64) -> Result<Opened, Trouble> {
        let mut file = self.open_object(allowed.spot())?;
        let status = file.metadata()?;
        if !status.is_file() || status.len() > allowed.spot().name.kind.max_bytes() {
            return Err(Trouble::Damaged);
        }
        let bytes = status.len().saturating_sub(offset);
        let input: Box<dyn Read + Send> = if offset == 0 {
            Box::new(Input::new(file))
        } else {
            file.seek(SeekFrom::Start(offset.min(status.len())))?;
            Box::new(file)
        };
        Ok(Opened { bytes, input })
    }

    fn newest(&self, place: Place, kind: Kind) -> Result<Option<ObjectName>, Trouble> {
        match self.shelves.find(&layout::kind_folders(place, kind)) {
            Ok(shelf) => self.arrivals.newest(&shelf, kind),
            Err(Trouble::Missing) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    fn list(
        &self,
        _caller: &Dom0,
        place: Place,
        kind: Kind,
        part: Option<u8>,
    ) -> Result<Vec<ListedObject>, Trouble> {
        trash::list(&self.shelves, place, kind, part)
    }

    fn trashed(&self, _caller: &Dom0, prefix: Prefix) -> Result<Vec<ListedObject>, Trouble> {
        trash::trashed(&self.shelves, prefix)
    }

    fn trash(&self, allowed: &TrashAllowed, now: Stamp) -> Result<Moved, Trouble> {
        trash::trash(&self.shelves, allowed, now)
    }

    fn undelete(&self, allowed: &TrashAllowed) -> Result<Moved, Trouble> {
        trash::undelete(&self.shelves, allowed)
    }

    fn empty(
        &self,
        _caller: &Dom0,
        prefix: Prefix,
        now: Stamp,
        days: u32,
    ) -> Result<Moved, Trouble> {
        trash::empty(&self.shelves, prefix, now, days)
    }
}
