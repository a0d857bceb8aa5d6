//! Giving an object its name in a place, never in the place of another.

use super::manner::Manner;
use super::trouble::trouble;
use super::{Remote, paths};
use crate::backend::{Arrival, Trouble};
use crate::config::Way;
use crate::digest::digest_of;
use crate::layout;
use crate::spot::Spot;
use opendal::ErrorKind;
use opendal::options::WriteOptions;
use qib_rpc::id::Digest;
use qib_rpc::object::Kind;
use std::fs::File;
use std::io;

impl Remote {
    /// Stores what is in the file.
    pub(super) fn upload(
        &self,
        spot: &Spot,
        file: &mut File,
        bytes: u64,
        number: u64,
    ) -> Result<Arrival, Trouble> {
        let path = paths::object(spot);
        let known = self.length_if_there(&path)?.is_some();
        if known {
            return self.compare(&path, spot);
        }
        if spot.name.kind != Kind::Pack {
            // Before the name, so that every object that is there is noted.
            self.order.note(self, spot.place, spot.name)?;
        }
        let arrival = match self.way {
            Way::Put => self.put(&path, spot, file, bytes)?,
            Way::Rename => self.rename(&path, spot, file, bytes, number)?,
        };
        self.confirm(&path, spot, bytes)?;
        Ok(arrival)
    }

    /// Where the place can, it refuses a name that is there already.
    fn put(
        &self,
        path: &str,
        spot: &Spot,
        file: &mut File,
        bytes: u64,
    ) -> Result<Arrival, Trouble> {
        let can_refuse = self.store.info().capability().write_with_if_not_exists;
        match self.send(path, file, bytes, can_refuse) {
            Ok(()) => Ok(Arrival::New),
            // A request that was made again can find what the one before it did.
            Err(Unsent::Place(error)) if is_there(error.kind()) => self.compare(path, spot),
            Err(unsent) => Err(unsent.into()),
        }
    }

    fn rename(
        &self,
        path: &str,
        spot: &Spot,
        file: &mut File,
        bytes: u64,
        number: u64,
    ) -> Result<Arrival, Trouble> {
        let folders = layout::temporary_folders(spot.place);
        let temporary = paths::file(&folders, &layout::temporary_name(number));
        let sent = self.send(&temporary, file, bytes, false);
        let sent = sent.map_err(Trouble::from);
        let named = sent.and_then(|()| self.store.rename(&temporary, path).map_err(trouble));
        match named {
            Ok(()) => Ok(Arrival::New),
            Err(failed) => {
                // What can not be removed now is removed at the next start.
                let _later = self.store.delete(&temporary);
                match self.length_if_there(path) {
                    // Done, although the answer got lost.
                    Ok(Some(_)) => self.compare(path, spot),
                    _ => Err(failed),
                }
            }
        }
    }

    fn send(&self, path: &str, file: &mut File, bytes: u64, only_new: bool) -> Result<(), Unsent> {
        let manner = Manner::of(self, bytes);
        let _room = self.room.take(manner.memory(bytes));
        let options = WriteOptions {
            if_not_exists: only_new,
            chunk: manner.part(),
            ..WriteOptions::default()
        };
        if manner == Manner::Whole {
            let pieces = std::iter::from_fn(|| self.pieces.read(&mut *file).transpose());
            let whole = pieces.collect::<io::Result<Vec<_>>>()?;
            self.store.write_options(path, whole, options)?;
            return Ok(());
        }
        let mut writer = self.store.writer_options(path, options)?;
        while let Some(piece) = self.pieces.read(&mut *file)? {
            writer.write(piece)?;
        }
        writer.close()?;
        Ok(())
    }

    /// The place said that it has it: it must show it, too.
    fn confirm(&self, path: &str, spot: &Spot, bytes: u64) -> Result<(), Trouble> {
        let shown = self.length(path)?;
        if shown != bytes || (self.read_back && self.digest(path, shown)? != spot.name.digest) {
            return Err(Trouble::Damaged);
        }
        Ok(())
    }

    /// What is there already must be what just came, or it is damaged.
    fn compare(&self, path: &str, spot: &Spot) -> Result<Arrival, Trouble> {
        let length = self.length(path)?;
        if length <= spot.name.kind.max_bytes() && self.digest(path, length)? == spot.name.digest {
            Ok(Arrival::Known)
        } else {
            Err(Trouble::Damaged)
        }
    }

    fn digest(&self, path: &str, length: u64) -> Result<Digest, Trouble> {
        Ok(digest_of(self.read(path, 0, length)?)?)
    }
}

enum Unsent {
    Place(opendal::Error),
    Spool(io::Error),
}

impl From<opendal::Error> for Unsent {
    fn from(error: opendal::Error) -> Self {
        Self::Place(error)
    }
}

impl From<io::Error> for Unsent {
    fn from(error: io::Error) -> Self {
        Self::Spool(error)
    }
}

impl From<Unsent> for Trouble {
    fn from(unsent: Unsent) -> Self {
        match unsent {
            Unsent::Place(error) => trouble(error),
            Unsent::Spool(error) => error.into(),
        }
    }
}

fn is_there(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists | ErrorKind::Conflict
    )
}
