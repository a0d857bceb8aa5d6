//! One object on its way to a place: in a file of this qube until its digest is proven.

use super::Remote;
use crate::backend::{Arrival, Incoming, Trouble};
use crate::spot::Spot;
use qib_rpc::object::Kind;
use std::fs::File;
use std::io::{Seek, Write};

/// An object in a file without a name.
pub struct Arriving<'remote> {
    remote: &'remote Remote,
    spot: Spot,
    spooled: File,
    bytes: u64,
    number: u64,
}

impl<'remote> Arriving<'remote> {
    /// Makes the file.
    pub fn begin(remote: &'remote Remote, spot: Spot, number: u64) -> Result<Self, Trouble> {
        Ok(Self {
            remote,
            spot,
            spooled: tempfile::tempfile_in(&remote.spool)?,
            bytes: 0,
            number,
        })
    }
}

impl Incoming for Arriving<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.spooled.write_all(bytes)?;
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(count);
        Ok(())
    }

    fn store(mut self: Box<Self>) -> Result<Arrival, Trouble> {
        self.spooled.rewind()?;
        let Self {
            remote,
            spot,
            bytes,
            number,
            ..
        } = *self;
        let arrival = remote.upload(&spot, &mut self.spooled, bytes, number)?;
        if let (Kind::Index, Some(cache)) = (spot.name.kind, &remote.cache) {
            self.spooled.rewind()?;
            cache.keep(spot.name.digest, &self.spooled);
        }
        Ok(arrival)
    }
}
