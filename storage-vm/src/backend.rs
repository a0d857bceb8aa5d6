//! What a place that keeps objects must promise.

use crate::allowed::{GetAllowed, PutAllowed, TrashAllowed};
use crate::descriptor::Dom0;
use crate::stamp::Stamp;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::{Digest, Prefix};
use qib_rpc::message::forget::{ListedObject, Moved};
use qib_rpc::message::record::Place;
use qib_rpc::object::{Kind, ObjectName};
use rustix::io::Errno;
use std::fmt;
use std::io::{self, Read};

/// A place that keeps objects.
pub trait Backend: Send + Sync {
    /// Begins to take an object. Nothing is seen of it until it is stored.
    ///
    /// # Errors
    /// [`Trouble`] says what the place could not do.
    fn begin(&self, allowed: &PutAllowed) -> Result<Box<dyn Incoming + '_>, Trouble>;

    /// Opens an object to be read from an offset on; there is nothing beyond its end.
    ///
    /// # Errors
    /// [`Trouble`] says what the place could not do.
    fn open(&self, allowed: &GetAllowed, offset: u64) -> Result<Opened, Trouble>;

    /// The object of this kind that came last. Packs have no order.
    ///
    /// # Errors
    /// [`Trouble`] says what the place could not do.
    fn newest(&self, place: Place, kind: Kind) -> Result<Option<ObjectName>, Trouble>;

    /// The objects of this kind in any order; of packs, only those whose digest begins with
    /// `part`, if that is given.
    ///
    /// # Errors
    /// [`Trouble`] says what the place could not do.
    fn list(
        &self,
        caller: &Dom0,
        place: Place,
        kind: Kind,
        part: Option<u8>,
    ) -> Result<Vec<ListedObject>, Trouble>;

    /// The objects in the prefix's trash.
    ///
    /// # Errors
    /// [`Trouble`] says what the place could not do.
    fn trashed(&self, caller: &Dom0, prefix: Prefix) -> Result<Vec<ListedObject>, Trouble>;

    /// Moves objects to the trash, durably, and notes when.
    ///
    /// # Errors
    /// [`Trouble`] says what the place could not do.
    fn trash(&self, allowed: &TrashAllowed, now: Stamp) -> Result<Moved, Trouble>;

    /// Moves objects back, durably, and never in the place of others.
    ///
    /// # Errors
    /// [`Trouble`] says what the place could not do.
    fn undelete(&self, allowed: &TrashAllowed) -> Result<Moved, Trouble>;

    /// Removes for ever what has been in the trash for so many days by both clocks.
    ///
    /// # Errors
    /// [`Trouble`] says what the place could not do.
    fn empty(&self, caller: &Dom0, prefix: Prefix, now: Stamp, days: u32)
    -> Result<Moved, Trouble>;
}

/// An object on its way in. Dropping it leaves no trace.
pub trait Incoming: Send {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Trouble`] says what the place could not do.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble>;

    /// Makes the object durable under its name, whole or not at all, and never
    /// in the place of another.
    ///
    /// # Errors
    /// [`Trouble`] says what the place could not do.
    fn store(self: Box<Self>) -> Result<Arrival, Trouble>;
}

/// What became of an object that was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It was not there before.
    New,
    /// It was there already, whole.
    Known,
}

/// An object to be read.
pub struct Opened {
    /// Its bytes from the offset on.
    pub input: Box<dyn Read + Send>,
    /// Number of these bytes.
    pub bytes: u64,
}

/// What a place could not do.
#[derive(Debug)]
pub enum Trouble {
    /// The object is not there.
    Missing,
    /// The object is there and is not what its name says.
    Damaged,
    /// There is no room.
    Full,
    /// The place failed.
    Failed(io::Error),
}

impl Trouble {
    /// The fault to tell the peer.
    pub fn about(&self, object: Digest) -> Fault {
        Fault::about(self.code(), object)
    }

    /// The code of that fault.
    pub fn code(&self) -> Code {
        match self {
            Self::Missing => Code::Missing,
            Self::Damaged => Code::Damaged,
            Self::Full => Code::StorageFull,
            Self::Failed(_) => Code::StorageFailed,
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(Errno::NOSPC | Errno::DQUOT) => Self::Full,
            _ => Self::Failed(error),
        }
    }
}

impl From<Errno> for Trouble {
    fn from(errno: Errno) -> Self {
        io::Error::from(errno).into()
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => out.write_str("the object is not there"),
            Self::Damaged => out.write_str("the object is damaged"),
            Self::Full => out.write_str("no room is left"),
            Self::Failed(error) => write!(out, "the place failed: {error}"),
        }
    }
}
