//! The files in `/var/lib/qib`: secret, recovery kit, ledger.

use crate::error::{Error, Result, at};
use crate::paths::STATE;
use qib_rpc::key::{Dom0Secret, Kit};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where the ledger lies.
pub fn ledger_path() -> PathBuf {
    Path::new(STATE).join("ledger")
}

/// Where the recovery kit lies.
pub fn kit_path() -> PathBuf {
    Path::new(STATE).join("recovery-kit.age")
}

fn secret_path() -> PathBuf {
    Path::new(STATE).join("secret")
}

/// True once `qib init` has ended well: the ledger is what it makes last.
pub fn is_initialised() -> bool {
    ledger_path().exists()
}

/// Keys without a ledger: `qib init` did not end, or the ledger was lost.
pub fn has_keys_only() -> bool {
    !is_initialised() && (secret_path().exists() || kit_path().exists())
}

/// Renames keys that are there already: what they open must not be lost.
///
/// # Errors
/// When they can not be renamed.
pub fn put_aside() -> Result<()> {
    for path in [secret_path(), kit_path()] {
        let number = (1u32..).find(|number| !aside(&path, *number).exists());
        let aside = aside(&path, number.unwrap_or(u32::MAX));
        if path.exists() {
            fs::rename(&path, &aside).map_err(at(&path))?;
            eprintln!(
                "qib: an earlier {} is now {}",
                path.display(),
                aside.display()
            );
        }
    }
    Ok(())
}

fn aside(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Reads the dom0 secret.
///
/// # Errors
/// When the file is missing or not of its length.
pub fn read_secret() -> Result<Dom0Secret> {
    let path = secret_path();
    let bytes = Zeroizing::new(fs::read(&path).map_err(at(&path))?);
    let bytes = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| damaged(&path))?);
    Ok(Dom0Secret::new(*bytes))
}

/// Reads the recovery kit.
///
/// # Errors
/// When the file is missing or too long.
pub fn read_kit() -> Result<Kit> {
    let path = kit_path();
    Kit::new(fs::read(&path).map_err(at(&path))?).map_err(|_| damaged(&path))
}

/// Writes secret and kit.
///
/// # Errors
/// When they can not be written.
pub fn write(secret: &Dom0Secret, kit: &Kit) -> Result<()> {
    write_file(&secret_path(), secret.expose())?;
    write_file(&kit_path(), kit.expose())
}

/// Makes sure that keys which are there already are these: others are never overwritten.
///
/// # Errors
/// When there are others, or a file can not be read.
pub fn refuse_others(secret: &Dom0Secret, kit: &Kit) -> Result<()> {
    for (path, ours) in [
        (secret_path(), secret.expose().as_slice()),
        (kit_path(), kit.expose().as_slice()),
    ] {
        match fs::read(&path).map(Zeroizing::new) {
            Ok(found) if found.as_slice() == ours => {}
            Ok(_) => {
                return Err(Error::Restore(format!(
                    "{} is there and is another one, and nothing is overwritten: move it away first",
                    path.display()
                )));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(at(&path)(error)),
        }
    }
    Ok(())
}

/// Writes a file of dom0's own, whole or not at all; it is on the disk afterwards.
///
/// # Errors
/// When it can not be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(STATE));
    let mut folders = DirBuilder::new();
    let folders = folders.recursive(true).mode(0o700);
    folders.create(folder).map_err(at(folder))?;
    // No name of ours, nor of a qube, ends so.
    let mut fresh = path.as_os_str().to_owned();
    fresh.push("~");
    let fresh = PathBuf::from(fresh);
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&fresh).map_err(at(&fresh))?;
    file.write_all(bytes).map_err(at(&fresh))?;
    file.sync_all().map_err(at(&fresh))?;
    fs::rename(&fresh, path).map_err(at(path))?;
    for folder in [folder, Path::new(STATE)] {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(at(folder))?;
    }
    Ok(())
}

fn damaged(path: &Path) -> Error {
    Error::Ledger(format!(
        "{} is damaged; put back a good copy of the file",
        path.display()
    ))
}
