//! The ledger: an append-only, chained, sealed file of what was stored.
//!
//! The file is a sequence of a length (u32, little endian) and a sealed record.
//! A record is appended and synced before anything depends on it. A crash can
//! leave a last record that is torn: it is cut off, nothing depended on it. (Was
//! it damaged later, storage's copy convicts the shorter ledger.) Anything else
//! that does not open is damage, and is never repaired by guessing.

pub mod book;
mod fresh;
pub mod proofs;
pub mod record;
pub mod seal;

use crate::clock;
use crate::error::{Error, Result, at};
use crate::keys::LedgerKey;
use book::Book;
pub use fresh::Fresh;
use qib_rpc::id::Digest;
use qib_rpc::limit::MAX_MESSAGE_BYTES;
use qib_rpc::object;
use record::Record;
use seal::Position;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The ledger, read and ready to be appended to.
pub struct Ledger {
    path: PathBuf,
    file: File,
    key: LedgerKey,
    next: Position,
    /// dom0's time when the newest record was made.
    time: i64,
    /// Bytes of the file that are whole records.
    whole_bytes: u64,
    /// What the records say.
    pub book: Book,
}

impl Ledger {
    /// Makes a new ledger whose first record is `begin`.
    ///
    /// # Errors
    /// When the file exists or can not be written.
    pub fn create(path: &Path, key: LedgerKey, begin: Record) -> Result<Self> {
        let mut fresh = Fresh::begin(path, key)?;
        fresh.append(begin)?;
        fresh.keep()
    }

    /// Reads the ledger. A torn last record stays in the file until the next one is
    /// appended: who only reads may see a record that another process is writing.
    ///
    /// # Errors
    /// When the file can not be read, or is damaged before its last record.
    pub fn open(path: &Path, key: LedgerKey) -> Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(path)
            .map_err(at(path))?;
        let book = Book::default();
        let path = path.to_owned();
        let mut ledger = Self {
            path,
            file,
            key,
            next: Position::FIRST,
            time: 0,
            whole_bytes: 0,
            book,
        };
        ledger.whole_bytes = ledger.read()?;
        Ok(ledger)
    }

    /// Appends `record`; when this returns, it is on the disk.
    ///
    /// # Errors
    /// When it can not be written, or contradicts an earlier one.
    pub fn append(&mut self, record: Record) -> Result<()> {
        let time = clock::now();
        let sealed = seal::seal(&self.key, self.next, time, &record)
            .map_err(|_| Error::Ledger("a ledger record is too large".to_owned()))?;
        self.add(&sealed, time, &record)?;
        self.file.sync_data().map_err(at(&self.path))
    }

    fn add(&mut self, sealed: &[u8], time: i64, record: &Record) -> Result<()> {
        let length = u32::try_from(sealed.len())
            .unwrap_or(u32::MAX)
            .to_le_bytes();
        self.book.apply(record).map_err(|_| self.damage())?;
        let framed = [length.as_slice(), sealed].concat();
        self.write(&framed).map_err(at(&self.path))?;
        let bytes = u64::try_from(framed.len()).unwrap_or(u64::MAX);
        self.whole_bytes = self.whole_bytes.saturating_add(bytes);
        self.next = self.next.after(sealed);
        self.time = time;
        Ok(())
    }

    /// Writes behind the last whole record; a torn one is cut off before.
    fn write(&mut self, framed: &[u8]) -> std::io::Result<()> {
        if self.file.metadata()?.len() > self.whole_bytes {
            self.file.set_len(self.whole_bytes)?;
            self.file.sync_all()?;
        }
        self.file.write_all(framed)
    }

    /// Where the next record will stand.
    pub fn next(&self) -> Position {
        self.next
    }

    /// dom0's time when the newest record was made, in seconds since 1970.
    pub fn newest_time(&self) -> i64 {
        self.time
    }

    /// Hands the sealed records from the one numbered `first` on to `take`.
    ///
    /// # Errors
    /// When the file can not be read, or `take`'s own.
    pub fn each_sealed(
        &self,
        first: u64,
        mut take: impl FnMut(Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let mut reader = self.rewound()?;
        let mut sequence = 0u64;
        while let Some(sealed) = next_sealed(&mut reader).map_err(at(&self.path))? {
            if sequence >= first {
                take(sealed)?;
            }
            sequence = sequence.saturating_add(1);
        }
        Ok(())
    }

    /// The digest of the record numbered `sequence`, if there is one.
    ///
    /// # Errors
    /// When the file can not be read.
    pub fn digest(&self, sequence: u64) -> Result<Option<Digest>> {
        let mut digest = None;
        self.each_sealed(sequence, |sealed| {
            digest.get_or_insert(object::digest(&sealed));
            Ok(())
        })?;
        Ok(digest)
    }

    /// Opens a record that storage returned.
    pub fn open_record(&self, untrusted: &[u8]) -> Option<Position> {
        seal::open(&self.key, untrusted)
            .ok()
            .map(|opened| opened.position)
    }

    fn rewound(&self) -> Result<BufReader<File>> {
        let mut file = self.file.try_clone().map_err(at(&self.path))?;
        file.seek(SeekFrom::Start(0)).map_err(at(&self.path))?;
        Ok(BufReader::new(file))
    }

    /// Reads every whole record; returns their size in the file.
    fn read(&mut self) -> Result<u64> {
        let mut reader = self.rewound()?;
        let mut bytes = 0u64;
        while let Some(sealed) = next_sealed(&mut reader).map_err(at(&self.path))? {
            let opened = seal::open(&self.key, &sealed);
            let Some(opened) = opened.ok().filter(|opened| opened.position == self.next) else {
                let last = reader.fill_buf().map_err(at(&self.path))?.is_empty();
                return if last && bytes > 0 {
                    Ok(bytes)
                } else {
                    Err(self.damage())
                };
            };
            self.book.apply(&opened.record).map_err(|_| self.damage())?;
            self.next = opened.position.after(&sealed);
            self.time = opened.time;
            bytes = bytes
                .saturating_add(4)
                .saturating_add(u64::try_from(sealed.len()).unwrap_or(0));
        }
        Ok(bytes)
    }

    fn damage(&self) -> Error {
        Error::Ledger(format!(
            "the ledger {} is damaged at record {}; put back a good copy of the file",
            self.path.display(),
            self.next.sequence
        ))
    }
}

/// The next sealed record; `None` at the end of the file, also inside a record.
fn next_sealed(reader: &mut impl Read) -> std::io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if !fill(reader, &mut length)? {
        return Ok(None);
    }
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if length > MAX_MESSAGE_BYTES.saturating_mul(2) {
        return Ok(Some(Vec::new()));
    }
    let mut sealed = vec![0; length];
    Ok(fill(reader, &mut sealed)?.then_some(sealed))
}

fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
