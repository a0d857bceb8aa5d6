//! One object on its way into a folder.

use super::Folder;
use super::arrivals::exists;
use super::output::Output;
use crate::backend::{Arrival, Incoming, Trouble};
use crate::digest::digest_of;
use crate::layout;
use crate::spot::Spot;
use qib_rpc::object::Kind;
use rustix::fs::{AtFlags, Mode, OFlags, fchmod, fsync, linkat, openat, renameat, unlinkat};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

/// An object in a temporary file, which is removed when this is dropped.
pub struct Arriving<'folder> {
    folder: &'folder Folder,
    spot: Spot,
    output: Output,
    shelf: OwnedFd,
    name: String,
}

impl<'folder> Arriving<'folder> {
    /// Makes the temporary file with this number.
    pub fn begin(folder: &'folder Folder, spot: Spot, number: u64) -> Result<Self, Trouble> {
        let shelf = folder
            .shelves
            .make(&layout::temporary_folders(spot.place))?;
        let name = layout::temporary_name(number);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = openat(&shelf, &name, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Self {
            folder,
            spot,
            output: Output::new(file.into()),
            shelf,
            name,
        })
    }

    fn name_it(&self, shelf: &OwnedFd) -> Result<Arrival, Trouble> {
        let name = self.spot.name.to_string();
        if self.spot.name.kind != Kind::Pack && !exists(shelf, &name)? {
            // Before the name, so that every object that is there is noted.
            self.folder.arrivals.note(shelf, self.spot.name)?;
        }
        match linkat(&self.shelf, &self.name, shelf, &name, AtFlags::empty()) {
            Ok(()) => Ok(Arrival::New),
            Err(Errno::EXIST) => {
                self.compare()?;
                // The same bytes, named anew: a sync that failed may have left that name out, and
                // the next one would find nothing to write.
                renameat(&self.shelf, &self.name, shelf, &name)?;
                Ok(Arrival::Known)
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// What is there already must be what just came, or it is damaged.
    fn compare(&self) -> Result<(), Trouble> {
        let known = self.folder.open_object(&self.spot)?;
        if digest_of(known)? == self.spot.name.digest {
            Ok(())
        } else {
            Err(Trouble::Damaged)
        }
    }
}

impl Incoming for Arriving<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        Ok(self.output.write(bytes)?)
    }

    fn store(mut self: Box<Self>) -> Result<Arrival, Trouble> {
        let file = self.output.finish()?;
        fchmod(file, Mode::RUSR)?;
        fsync(file)?;
        let shelf = self.folder.shelves.make(&layout::folders(&self.spot))?;
        let arrival = self.name_it(&shelf)?;
        // Also when it was there: whoever put it may have died before this.
        fsync(&shelf)?;
        Ok(arrival)
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        // What can not be removed now is removed at the next start.
        let _later = unlinkat(&self.shelf, &self.name, AtFlags::empty());
    }
}
