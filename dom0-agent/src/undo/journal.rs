//! The journal file: one line for each thing to undo.

use super::Undo;
use crate::error::{Error, Result, at};
use crate::lvm::Lv;
use crate::part::Part;
use crate::paths::STATE;
use crate::zfs::{Dataset, Snapshot};
use qib_rpc::name::QubeName;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Reads the journal; none is an empty one. A torn last line was never acted upon.
pub(super) fn read() -> Result<Vec<Undo>> {
    let bytes = match fs::read(path()) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(path())(error)),
    };
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |last| last + 1);
    let (lines, _torn) = bytes.split_at(whole);
    let text = String::from_utf8_lossy(lines);
    let read = text
        .lines()
        .map(|line| parse(line).ok_or_else(|| damaged(line)));
    read.collect()
}

/// Appends one line and syncs it.
pub(super) fn append(undo: &Undo) -> Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .append(true)
        .create(true)
        .open(path())
        .map_err(at(path()))?;
    file.write_all(line(undo)?.as_bytes()).map_err(at(path()))?;
    file.sync_all().map_err(at(path()))?;
    sync_folder()
}

/// Replaces the journal.
pub(super) fn rewrite(undos: &[Undo]) -> Result<()> {
    if undos.is_empty() {
        return match fs::remove_file(path()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(path())(error)),
            _ => Ok(()),
        };
    }
    let fresh = path().with_extension("new");
    let text = undos.iter().map(line).collect::<Result<String>>()?;
    let mut file = File::create(&fresh).map_err(at(&fresh))?;
    file.write_all(text.as_bytes()).map_err(at(&fresh))?;
    file.sync_all().map_err(at(&fresh))?;
    fs::rename(&fresh, path()).map_err(at(path()))?;
    sync_folder()
}

fn sync_folder() -> Result<()> {
    File::open(STATE)
        .and_then(|folder| folder.sync_all())
        .map_err(at(STATE))
}

fn path() -> PathBuf {
    Path::new(STATE).join("undo")
}

fn line(undo: &Undo) -> Result<String> {
    let (word, value) = match undo {
        Undo::Helper(name) => ("helper", name.as_str()),
        Undo::Loop(path) => ("loop", text(path)?),
        Undo::Clone(path) => ("clone", text(path)?),
        Undo::Lv(lv) => return Ok(format!("lv {lv}\n")),
        Undo::Zvol(clone) => return Ok(format!("zvol {clone}\n")),
        Undo::ZfsSnapshot(snapshot) => return Ok(format!("zfs-snapshot {snapshot}\n")),
        Undo::Import(name, Part::Private) => ("import", name.as_str()),
        Undo::Import(name, Part::Root) => ("import-root", name.as_str()),
        Undo::Qube(name) => ("qube", name.as_str()),
        Undo::Accept(name, part, path) => {
            return Ok(format!("accept {} {name} {}\n", part.name(), text(path)?));
        }
        Undo::SetUp(name) => ("set-up", name.as_str()),
        Undo::Link(name) => ("link", name.as_str()),
        Undo::Guard(name) => ("guard", name.as_str()),
    };
    Ok(format!("{word} {value}\n"))
}

fn text(path: &Path) -> Result<&str> {
    let plain = path.to_str().filter(|text| !text.contains('\n'));
    plain.ok_or_else(|| Error::Volume(format!("the pool's path {} is unusual", path.display())))
}

fn parse(line: &str) -> Option<Undo> {
    let (word, value) = line.split_once(' ')?;
    let name = || QubeName::parse(value).ok();
    let path = || std::ffi::OsStr::from_bytes(value.as_bytes()).into();
    match word {
        "helper" => Some(Undo::Helper(name()?)),
        "loop" => Some(Undo::Loop(path())),
        "clone" => Some(Undo::Clone(path())),
        "zvol" => Some(Undo::Zvol(Dataset::parse(value)?)),
        "zfs-snapshot" => Some(Undo::ZfsSnapshot(Snapshot::parse(value)?)),
        "lv" => Some(Undo::Lv(Lv::parse(value)?)),
        "import" => Some(Undo::Import(name()?, Part::Private)),
        "import-root" => Some(Undo::Import(name()?, Part::Root)),
        "qube" => Some(Undo::Qube(name()?)),
        "accept" => accept(value),
        "set-up" => Some(Undo::SetUp(name()?)),
        "link" => Some(Undo::Link(name()?)),
        "guard" => Some(Undo::Guard(name()?)),
        _ => None,
    }
}

/// Reads `PART NAME PATH`.
fn accept(value: &str) -> Option<Undo> {
    let mut words = value.splitn(3, ' ');
    let (part, name, path) = (words.next()?, words.next()?, words.next()?);
    let parts = [Part::Private, Part::Root];
    let part = parts.into_iter().find(|of| of.name() == part)?;
    Some(Undo::Accept(QubeName::parse(name).ok()?, part, path.into()))
}

fn damaged(line: &str) -> Error {
    let path = path();
    Error::Ledger(format!(
        "{}: the line '{line}' is not understood",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_reads_back() {
        let name = QubeName::parse("disp-qib-1").unwrap();
        for undo in [
            Undo::Helper(name.clone()),
            Undo::Loop("/pool/a b".into()),
            Undo::Clone("/pool/a=b".into()),
            Undo::Lv(Lv::parse("qubes_dom0/vm-qib.01").unwrap()),
            Undo::Zvol(Dataset::parse("tank/vms/.qib-01").unwrap()),
            Undo::ZfsSnapshot(Snapshot::parse("tank/vms/work/private@qib-01").unwrap()),
            Undo::Import(name.clone(), Part::Private),
            Undo::Import(name.clone(), Part::Root),
            Undo::Qube(name.clone()),
            Undo::Accept(name.clone(), Part::Root, "/pool/a b".into()),
            Undo::SetUp(name.clone()),
            Undo::Link(name.clone()),
            Undo::Guard(name.clone()),
        ] {
            assert_eq!(parse(line(&undo).unwrap().trim_end()), Some(undo));
        }
        assert!(line(&Undo::Clone("/a\nhelper work".into())).is_err());
        assert_eq!(parse("helper ../x"), None);
    }
}
