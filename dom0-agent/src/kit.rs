//! The recovery kit as a folder: with it, the passphrase and the stored objects a person gets
//! everything back by hand, with `age`, `zstd`, `tar` and a shell.

use crate::error::{Error, Result};
use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use crate::machine::Installation;
use crate::text;
use qib_rpc::object::{Kind, ObjectName, digest};
use std::fmt::Write;

/// The formats of what is stored, with the scripts that read them.
const FORMAT: &str = include_str!("../../docs/format.md");

/// What README.txt begins with.
const README: &str = "\
To get back what qib stored, without qib. Needed: this folder, the passphrase, the disk or
folder where the storage qube keeps its objects (PLACE below: its whole path), and the programs
age, zstd, GNU tar and coreutils. As root everything comes back; else owners, devices and some
attributes stay away. Copy this folder to a disk with room, and work in it.

First see that these files are whole, and open the kit, which asks for the passphrase:

    sha256sum --check SHA256SUMS
    age --decrypt --output identity recovery-kit.age

Then, of each volume, what is below. Its newest snapshot is named there; snapshots.txt names all.
What is restored of a disk are a folder 'files' and 'volume.img', which join.sh joins; 'volume.img'
alone is the volume.

With qib there is an easier way: see 'qib recover --help'. dom0's own files and the settings of
qubes come back by that alone.
";

/// The files of the folder, by their names.
///
/// # Errors
/// When the page of formats holds no script.
pub fn files(installation: &Installation) -> Result<Vec<(String, Vec<u8>)>> {
    let kit = installation.kit.expose();
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("recovery-kit.age".to_owned(), kit.to_vec()),
        ("FORMAT.md".to_owned(), FORMAT.into()),
        ("restore.sh".to_owned(), script("restore")?.into()),
        ("join.sh".to_owned(), script("disk")?.into()),
    ];
    let (mut readme, mut snapshots) = (README.to_owned(), String::new());
    let histories = installation.ledger.book.histories();
    for history in histories.filter(|history| !history.snapshots.is_empty()) {
        let name = name(history);
        files.push((key(&name), history.qube.sealed.expose().to_vec()));
        for snapshot in &history.snapshots {
            snapshots.push_str(&line(&name, snapshot));
        }
        readme.push_str(&steps(history, &name));
    }
    files.push(("README.txt".to_owned(), readme.into()));
    files.push(("snapshots.txt".to_owned(), snapshots.into()));
    let mut sums = String::new();
    for (name, bytes) in &files {
        let _written = writeln!(sums, "{}  {name}", digest(bytes));
    }
    files.push(("SHA256SUMS".to_owned(), sums.into()));
    Ok(files)
}

/// A script of the page of formats, by the word after its language.
fn script(word: &str) -> Result<&'static str> {
    let begin = format!("```sh {word}\n");
    let found = FORMAT.split_once(&begin);
    let script = found.and_then(|(_, rest)| rest.split_once("```"));
    let none = || Error::Config(format!("this qib has no script '{word}'"));
    script.map(|(script, _)| script).ok_or_else(none)
}

/// What a volume's files are called by.
fn name(history: &History) -> String {
    let id = history.qube.id.to_string();
    let id = id.get(..8).unwrap_or(&id);
    format!("{}-{}-{id}", history.qube.name, history.part().name())
}

fn key(name: &str) -> String {
    format!("keys/{name}.age")
}

fn line(name: &str, snapshot: &SnapshotRecord) -> String {
    format!(
        "{name}  {}  {}  {}\n",
        snapshot.sequence,
        text::time(snapshot.time),
        object(snapshot)
    )
}

fn object(snapshot: &SnapshotRecord) -> ObjectName {
    ObjectName {
        kind: Kind::Snapshot,
        digest: snapshot.snapshot,
    }
}

fn steps(history: &History, name: &str) -> String {
    let Some(newest) = history.newest() else {
        return String::new();
    };
    let storage = history.storage.as_ref();
    let storage = storage.map_or_else(|| "?".to_owned(), ToString::to_string);
    format!(
        "\n{name}: at {storage}, snapshot {} of {}\n\n    \
         age --decrypt --identity identity --output {name}.identity {}\n    \
         mkdir -p objects && find PLACE/{} -type f -name '*-*' -exec ln -s '{{}}' objects/ ';'\n    \
         sh restore.sh {name}.identity objects {} {name}\n",
        newest.sequence,
        text::time(newest.time),
        key(name),
        history.qube.prefix,
        object(newest),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_formats_has_the_scripts() {
        for word in ["restore", "disk"] {
            assert!(script(word).unwrap().starts_with("#!/bin/sh\n"), "{word}");
        }
        assert!(script("none").is_err());
    }
}
