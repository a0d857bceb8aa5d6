//! `qib diff`: in what two snapshots of a qube differ, in numbers.

use super::{Ended, print_json};
use crate::cli::Differ;
use crate::error::{Error, Result};
use crate::helper::Helper;
use crate::ledger::record::SnapshotRecord;
use crate::machine::{Installation, Machine};
use crate::named::{self, Asked};
use crate::progress::Progress;
use crate::restore::source::{check_files, with_number};
use crate::undo::Undos;
use crate::verify::compare;
use crate::{passphrase, restore, storage, text};
use qib_rpc::message::verify::{Compared, Entries};
use serde_json::{Value, json};

pub(super) fn run(arguments: &Differ, quiet: bool) -> Result<Ended> {
    let machine = Machine::open()?;
    let installation = Installation::open()?;
    let mut progress = Progress::new(quiet);
    let mut undos = Undos::sweep()?;
    let name = &arguments.qube;
    let asked = Asked {
        name,
        id: arguments.id.as_deref(),
        storage: arguments.dest_vm.as_ref(),
    };
    let history = named::numbered(&installation.ledger.book, asked)?;
    let newest = history.newest().map(|snapshot| snapshot.sequence);
    let none = || Error::Restore(format!("{name} has no files stored"));
    let newer = arguments.newer.or(newest).ok_or_else(none)?;
    let both = (
        with_number(history, arguments.older)?,
        with_number(history, newer)?,
    );
    check_files(history, both.0)?;
    check_files(history, both.1)?;
    storage::wake(history.storage()?, &progress)?;
    let passphrase = passphrase::read(arguments.passphrase_file.as_deref(), &machine.stop)?;
    progress.stage(name, "opening the keys");
    let qube = &history.qube;
    let identity = restore::open_identity(&machine, &installation, qube, passphrase, &mut undos)?;
    let helper = Helper::start(&machine, &mut undos)?;
    progress.stage(name, "comparing");
    let with = (&helper, identity);
    let compared = compare(&machine, &installation, history, both, with, &mut progress);
    progress.clear();
    undos.all()?;
    let compared = compared.map_err(|error| error.of(name))?;
    if arguments.json {
        print_json(&to_json(arguments, both, &compared))?;
    } else {
        print(arguments, both, &compared);
    }
    Ok(Ended::Well)
}

fn print(arguments: &Differ, both: (&SnapshotRecord, &SnapshotRecord), compared: &Compared) {
    let (older, newer) = both;
    println!(
        "{}: snapshot {} of {}, against {} of {}",
        arguments.qube,
        newer.sequence,
        text::time(newer.time),
        older.sequence,
        text::time(older.time),
    );
    for (what, entries) in [
        ("added", &compared.added),
        ("removed", &compared.removed),
        ("changed", &compared.changed),
    ] {
        println!(
            "  {what}: {}, {}; {}; {}",
            text::count(entries.files, "file", "files"),
            text::bytes(entries.file_bytes),
            text::count(entries.folders, "folder", "folders"),
            text::count(entries.others, "link or other", "links and others"),
        );
    }
    let touched = text::count(compared.touched, "entry", "entries");
    println!(
        "  touched: {touched} with the same content and another owner, mode, time or attribute"
    );
}

fn to_json(
    arguments: &Differ,
    (older, newer): (&SnapshotRecord, &SnapshotRecord),
    compared: &Compared,
) -> Value {
    let entries = |entries: &Entries| {
        json!({
            "files": entries.files,
            "file_bytes": entries.file_bytes,
            "folders": entries.folders,
            "others": entries.others,
        })
    };
    json!({
        "qube": arguments.qube.as_str(),
        "older": {"snapshot": older.sequence, "time": older.time},
        "newer": {"snapshot": newer.sequence, "time": newer.time},
        "added": entries(&compared.added),
        "removed": entries(&compared.removed),
        "changed": entries(&compared.changed),
        "touched": compared.touched,
    })
}
