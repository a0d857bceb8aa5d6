//! A ledger that is being made: it has its name only once it is whole.

use super::book::Book;
use super::seal::{self, Position};
use super::{Ledger, Record};
use crate::error::{Error, Result, at};
use crate::keys::LedgerKey;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A ledger that is being made.
pub struct Fresh {
    ledger: Ledger,
    path: PathBuf,
}

impl Fresh {
    /// Begins a ledger that is to lie at `path`.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn begin(path: &Path, key: LedgerKey) -> Result<Self> {
        let fresh = path.with_extension("new");
        let mut options = OpenOptions::new();
        let options = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600);
        let file = options.open(&fresh).map_err(at(&fresh))?;
        let ledger = Ledger {
            path: fresh,
            file,
            key,
            next: Position::FIRST,
            time: 0,
            whole_bytes: 0,
            book: Book::default(),
        };
        Ok(Self {
            ledger,
            path: path.to_owned(),
        })
    }

    /// Appends a record.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append(&mut self, record: Record) -> Result<()> {
        self.ledger.append(record)
    }

    /// Takes a record that was sealed for this place in this ledger before.
    ///
    /// # Errors
    /// When it was not, or contradicts an earlier one.
    pub fn take(&mut self, untrusted_sealed: &[u8]) -> Result<()> {
        let ledger = &mut self.ledger;
        let opened = seal::open(&ledger.key, untrusted_sealed).ok();
        let opened = opened.filter(|opened| opened.position == ledger.next);
        let opened = opened.ok_or_else(|| {
            Error::Ledger(format!(
                "what is to be record {} of the ledger is another one",
                ledger.next.sequence
            ))
        })?;
        ledger.add(untrusted_sealed, opened.time, &opened.record)
    }

    /// What the records say so far.
    pub fn book(&self) -> &Book {
        &self.ledger.book
    }

    /// Gives it its name, in the place of nothing.
    ///
    /// # Errors
    /// When there is a ledger already, or it can not be written.
    pub fn keep(self) -> Result<Ledger> {
        let Self { ledger, path } = self;
        ledger.file.sync_all().map_err(at(&ledger.path))?;
        renameat_with(CWD, &ledger.path, CWD, &path, RenameFlags::NOREPLACE)
            .map_err(|errno| at(&path)(errno.into()))?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(at(folder))?;
        Ledger::open(&path, ledger.key)
    }
}
