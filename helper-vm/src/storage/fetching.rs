//! Getting objects, one after the other, each checked against its name; or parts of
//! objects, which whoever asks must check.

use super::{Putting, line};
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::number::narrow;
use qib_rpc::line::{LineError, Receiver, Sender};
use qib_rpc::message::object::{GetObject, GetRange, Object, RangeBytes};
use qib_rpc::object::{ObjectName, digest};
use std::io::{Read, Write};

/// The largest object that a helper takes into memory, in bytes.
const MAX_FETCHED_BYTES: u64 = 1 << 30;

/// A call over which objects are fetched.
pub struct Fetching<R, W> {
    receiver: Receiver<R>,
    sender: Sender<W>,
}

impl<R: Read, W: Write> Fetching<R, W> {
    /// Begins to talk.
    pub fn new(input: R, output: W) -> Self {
        Self {
            receiver: Receiver::new(input),
            sender: Sender::new(output),
        }
    }

    /// Fetches one object and checks its digest. It comes into `memory`, which may have served
    /// another.
    ///
    /// # Errors
    /// When the storage refuses, goes away, or sends other bytes.
    pub fn fetch(&mut self, name: ObjectName, memory: Vec<u8>) -> Result<Vec<u8>> {
        self.sender.send(&GetObject { name }).map_err(line)?;
        let bytes = self.receive(name.kind.max_bytes().min(MAX_FETCHED_BYTES), memory)?;
        if digest(&bytes) != name.digest {
            let damage = FormatError::Damaged("not the bytes that its name says");
            return Err(Error::Object(name.digest, damage));
        }
        Ok(bytes)
    }

    /// Fetches a part of an object: fewer bytes where it ends before. Nothing says yet
    /// that they are the object's.
    ///
    /// # Errors
    /// When the storage refuses, goes away, or sends more.
    pub fn fetch_range(
        &mut self,
        name: ObjectName,
        offset: u64,
        bytes: RangeBytes,
    ) -> Result<Vec<u8>> {
        let range = GetRange {
            name,
            offset,
            bytes,
        };
        self.sender.send(&range).map_err(line)?;
        self.receive(u32::from(bytes).into(), Vec::new())
    }

    fn receive(&mut self, most: u64, memory: Vec<u8>) -> Result<Vec<u8>> {
        let answer = self.receiver.receive::<Object>().map_err(line)?;
        let length = answer.map_err(Error::Storage)?.bytes;
        if length > most {
            return Err(Error::StorageLine(LineError::TooMuch));
        }
        let mut bytes = memory;
        bytes.clear();
        self.receiver
            .receive_data(length, |piece| {
                if bytes.is_empty() {
                    // Only once something came: a length alone must not cost memory.
                    bytes.reserve_exact(narrow(length));
                }
                bytes.extend_from_slice(piece);
                Ok::<(), LineError>(())
            })
            .map_err(line)?
            .map_err(Error::Storage)?;
        Ok(bytes)
    }
}

impl<R: Read + Send + 'static, W: Write + Send + 'static> Fetching<R, W> {
    /// Nothing more to fetch; objects may be put.
    pub fn into_putting(self) -> Putting {
        Putting::new(self.receiver, self.sender)
    }
}
