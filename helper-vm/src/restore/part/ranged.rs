//! An object at the storage, read by ranges as if it were a file.

use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::number::{narrow, wide};
use crate::restore::tally::Fetched;
use crate::storage::Fetching;
use qib_rpc::limit::MAX_RANGE_BYTES;
use qib_rpc::message::object::RangeBytes;
use qib_rpc::object::ObjectName;
use std::cell::{Cell, RefCell};
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The call to the storage qube, shared by all objects that are read over it.
pub struct Line<'a, R, W> {
    told: &'a dyn Fn(Fetched),
    fetching: RefCell<Fetching<R, W>>,
    /// Why the last range could not be fetched: whoever reads a file sees only that.
    failed: Cell<Option<Error>>,
    /// Bytes that the next reader needs.
    ahead: Cell<u64>,
}

impl<'a, R: Read, W: Write> Line<'a, R, W> {
    /// Takes over the call; tells what was fetched.
    pub fn new(fetching: Fetching<R, W>, told: &'a dyn Fn(Fetched)) -> Self {
        Self {
            told,
            fetching: RefCell::new(fetching),
            failed: Cell::new(None),
            ahead: Cell::new(0),
        }
    }

    /// Gives the call back.
    pub fn into_fetching(self) -> Fetching<R, W> {
        self.fetching.into_inner()
    }

    /// Opens an object.
    pub fn open(&self, name: ObjectName) -> Ranged<'_, R, W> {
        (self.told)(Fetched {
            objects: 1,
            bytes: 0,
        });
        Ranged {
            line: self,
            name,
            at: 0,
            buffer: Vec::new(),
            buffer_at: 0,
        }
    }

    /// Fetches an object as a whole, and checks its digest.
    ///
    /// # Errors
    /// When the storage refuses, goes away, or sends other bytes.
    pub fn fetch_whole(&self, name: ObjectName) -> Result<Vec<u8>> {
        let object = self.fetching.borrow_mut().fetch(name, Vec::new())?;
        (self.told)(Fetched {
            objects: 1,
            bytes: wide(object.len()),
        });
        Ok(object)
    }

    /// The next range is to be at least that long: one answer for one frame.
    pub fn expect(&self, bytes: u64) {
        self.ahead.set(bytes);
    }

    /// Why an object could not be read: what befell the line, or else that it is damaged.
    pub fn error(&self, name: ObjectName, damage: FormatError) -> Error {
        let damaged = Error::Object(name.digest, damage);
        self.failed.take().unwrap_or(damaged)
    }

    fn fetch(&self, name: ObjectName, offset: u64, least: usize) -> Result<Vec<u8>> {
        let bytes = wide(least).max(self.ahead.take()).max(1);
        let bytes = u32::try_from(bytes)
            .unwrap_or(u32::MAX)
            .min(MAX_RANGE_BYTES);
        let bytes = RangeBytes::try_from(bytes).map_err(Error::Job)?;
        let mut fetching = self.fetching.borrow_mut();
        let fetched = fetching.fetch_range(name, offset, bytes)?;
        (self.told)(Fetched {
            objects: 0,
            bytes: wide(fetched.len()),
        });
        Ok(fetched)
    }
}

/// An object, read by ranges. Its end can be read and not be sought.
pub struct Ranged<'a, R, W> {
    line: &'a Line<'a, R, W>,
    name: ObjectName,
    at: u64,
    buffer: Vec<u8>,
    buffer_at: u64,
}

impl<R, W> Ranged<'_, R, W> {
    fn buffered(&self) -> &[u8] {
        let skip = self.at.checked_sub(self.buffer_at);
        let rest = skip.and_then(|skip| self.buffer.get(narrow(skip)..));
        rest.unwrap_or_default()
    }
}

impl<R: Read, W: Write> Read for Ranged<'_, R, W> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.buffered().is_empty() {
            let fetched = self.line.fetch(self.name, self.at, into.len());
            self.buffer = fetched.map_err(|error| {
                self.line.failed.set(Some(error));
                io::Error::from(io::ErrorKind::BrokenPipe)
            })?;
            self.buffer_at = self.at;
        }
        let read = self.buffered().read(into)?;
        self.at = self.at.saturating_add(wide(read));
        Ok(read)
    }
}

impl<R, W> Seek for Ranged<'_, R, W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(_) => None,
        };
        self.at = at.ok_or(io::ErrorKind::Unsupported)?;
        Ok(self.at)
    }
}
