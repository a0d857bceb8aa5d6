//! `qfile-unpacker`, what `qubes.Filecopy` runs: takes files, by the rules of Qubes' own, below
//! `QubesIncoming` of the private volume. It stands in for the real one, which mounts and changes
//! its user: a qube of the lab has one user.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

const INCOMING: &str = "/rw/home/user/QubesIncoming";
const LONGEST: usize = 16_383;

const EEXIST: u32 = 17;
const EINVAL: u32 = 22;
const ENAMETOOLONG: u32 = 36;
const ENOLINK: u32 = 67;
const EILSEQ: u32 = 84;
const EREMOTEIO: u32 = 121;

/// Why a file is not taken: an errno.
struct Refused(u32);

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        let number = error
            .raw_os_error()
            .and_then(|number| number.try_into().ok());
        Self(number.unwrap_or(EREMOTEIO))
    }
}

/// What comes, with the checksum of it.
struct Input {
    from: io::StdinLock<'static>,
    sum: crc32fast::Hasher,
}

impl Input {
    fn read(&mut self, bytes: usize) -> io::Result<Vec<u8>> {
        let mut read = vec![0; bytes];
        self.from.read_exact(&mut read)?;
        self.sum.update(&read);
        Ok(read)
    }
}

struct Entry {
    path: Vec<u8>,
    mode: u32,
    bytes: u64,
    changed: SystemTime,
}

pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let every_name = arguments.iter().any(|word| word == "--allow-all-names");
    let sender = std::env::var_os("QREXEC_REMOTE_DOMAIN").context("who sends?")?;
    let folder = Path::new(INCOMING).join(sender);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)?;
    std::env::set_current_dir(folder)?;
    let from = io::stdin().lock();
    let sum = crc32fast::Hasher::new();
    let mut input = Input { from, sum };
    let taken = take_all(&mut input, every_name);
    let number = taken.map_or_else(|Refused(number)| number, |()| 0);
    let mut answer = [number.to_le_bytes(), [0; 4]].concat();
    answer.extend(u64::from(input.sum.finalize()).to_le_bytes());
    // The name of the last file, which is none.
    answer.extend([0; 4]);
    io::stdout().write_all(&answer)?;
    Ok(ExitCode::from(u8::from(number != 0)))
}

fn take_all(input: &mut Input, every_name: bool) -> Result<(), Refused> {
    while let Some(entry) = header(input)? {
        check(&entry.path, 0, every_name).map_err(|_| Refused(EILSEQ))?;
        let path = PathBuf::from(OsStr::from_bytes(&entry.path));
        match entry.mode & 0o170_000 {
            0o100_000 => file(input, &path, &entry)?,
            0o040_000 => folder(&path, &entry)?,
            0o120_000 => link(input, &path, &entry, every_name)?,
            _ => return Err(Refused(EINVAL)),
        }
    }
    Ok(())
}

/// The next header and path; none at the end.
fn header(input: &mut Input) -> Result<Option<Entry>, Refused> {
    let header = input.read(32)?;
    let number = |at: usize| {
        let bytes = header
            .get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_le_bytes)
    };
    let length = usize::try_from(number(0)).unwrap_or(usize::MAX);
    if length == 0 {
        return Ok(None);
    }
    if length > LONGEST {
        return Err(Refused(ENAMETOOLONG));
    }
    let path = input.read(length)?;
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(Some(Entry {
        path: path.to_vec(),
        mode: number(4),
        bytes: u64::from(number(8)) | u64::from(number(12)) << 32,
        changed: SystemTime::UNIX_EPOCH + Duration::new(number(24).into(), number(28)),
    }))
}

/// Names that lead down, at most `ups` of `..` before them, in characters that are plain or
/// allowed; returns how many.
fn check(path: &[u8], ups: usize, every_name: bool) -> Result<usize, Refused> {
    if path.is_empty() || path.starts_with(b"/") {
        return Err(Refused(ENOLINK));
    }
    let is_plain = |byte: &u8| (0x20..=0x7e).contains(byte);
    if !every_name && !path.iter().all(is_plain) {
        return Err(Refused(EILSEQ));
    }
    let (mut names, mut ups) = (0, ups);
    for name in path.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => return Err(Refused(EILSEQ)),
            b".." => ups = ups.checked_sub(1).ok_or(Refused(ENOLINK))?,
            _ => (names, ups) = (names + 1, 0),
        }
    }
    Ok(names)
}

fn file(input: &mut Input, path: &Path, entry: &Entry) -> Result<(), Refused> {
    let mut made = File::options()
        .write(true)
        .create_new(true)
        .mode(0o000)
        .open(path)?;
    let mut left = entry.bytes;
    while left > 0 {
        let piece = input.read(usize::try_from(left.min(1 << 20)).unwrap_or(1 << 20))?;
        made.write_all(&piece)?;
        left -= u64::try_from(piece.len()).unwrap_or(left);
    }
    made.set_permissions(Permissions::from_mode(entry.mode & 0o7777))?;
    Ok(made.set_modified(entry.changed)?)
}

/// The second time it comes it is complete.
fn folder(path: &Path, entry: &Entry) -> Result<(), Refused> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if !fs::symlink_metadata(path)?.is_dir() {
                return Err(Refused(EEXIST));
            }
            fs::set_permissions(path, Permissions::from_mode(entry.mode & 0o7777))?;
            Ok(File::open(path)?.set_modified(entry.changed)?)
        }
        made => Ok(made?),
    }
}

fn link(input: &mut Input, path: &Path, entry: &Entry, every_name: bool) -> Result<(), Refused> {
    let target = input.read(
        usize::try_from(entry.bytes)
            .unwrap_or(usize::MAX)
            .min(LONGEST),
    )?;
    let depth = check(&entry.path, 0, every_name)?;
    let ups = depth.checked_sub(2).ok_or(Refused(ENOLINK))?;
    let plain: Vec<&[u8]> = target
        .split(|byte| *byte == b'/')
        .filter(|name| !matches!(*name, b"" | b"."))
        .collect();
    if target.starts_with(b"/") {
        return Err(Refused(ENOLINK));
    }
    check(&plain.join(&b'/'), ups, every_name)?;
    Ok(symlink(OsStr::from_bytes(&target), path)?)
}
