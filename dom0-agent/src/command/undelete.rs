//! `qib undelete`: a forgotten snapshot is kept again, if all its objects are there or come back
//! from the trash.

use super::Ended;
use crate::cli::Undelete as Arguments;
use crate::error::{Error, Result};
use crate::ledger::book::{Book, Forgotten, History};
use crate::ledger::record::{Record, SnapshotRecord};
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::trash::Trash;
use crate::undo::Undos;
use crate::{storage, text};
use qib_rpc::object::{Kind, ObjectName};
use std::collections::BTreeSet;

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    drop(Undos::sweep()?);
    let book = &installation.ledger.book;
    let private = find(book, arguments)?;
    let forgotten = forgotten(private, arguments.snapshot)?;
    let root = book.root(private.qube.id);
    let pair = root.and_then(|root| Some((root, forgotten_pair(root, forgotten.snapshot.time)?)));
    let storage = private.storage()?;
    storage::wake(storage, &Progress::new(quiet))?;
    storage::compare(&machine, &installation, storage)?;
    let mut recalled = vec![(private, &forgotten.snapshot)];
    recalled.extend(pair);
    let mut records = Vec::new();
    for (history, snapshot) in recalled {
        bring_back(&machine, history, snapshot)?;
        records.push(Record::Recalled {
            qube: history.qube.id,
            sequence: snapshot.sequence,
        });
    }
    for record in records {
        installation.ledger.append(record)?;
    }
    storage::spread(&machine, &installation);
    let (name, sequence) = (&arguments.qube, arguments.snapshot);
    println!("{name}: snapshot {sequence} is kept again");
    Ok(Ended::Well)
}

fn find<'a>(book: &'a Book, arguments: &Arguments) -> Result<&'a History> {
    let mut named = book.named(&arguments.qube);
    let id = arguments.id.as_deref();
    named.retain(|history| id.is_none_or(|id| history.qube.id.to_string().starts_with(id)));
    match named.as_slice() {
        [] => Err(Error::Restore(
            "it was never backed up; see 'qib snapshots'".to_owned(),
        )),
        [only] => Ok(only),
        several => {
            let ids = several.iter().map(|history| history.qube.id.to_string());
            let ids = ids.collect::<Vec<String>>().join(", ");
            let text = format!("several qubes had this name; choose one with --id ID: {ids}");
            Err(Error::Restore(text))
        }
    }
}

fn forgotten(history: &History, sequence: u64) -> Result<&Forgotten> {
    let mut all = history.forgotten();
    all.find(|forgotten| forgotten.snapshot.sequence == sequence)
        .ok_or_else(|| {
            let left = history.forgotten();
            let left: Vec<u64> = left.map(|one| one.snapshot.sequence).collect();
            Error::Restore(if left.is_empty() {
                "no forgotten snapshot of it can be brought back".to_owned()
            } else {
                let left = text::ranges(&left);
                format!("snapshot {sequence} can not be brought back; these can: {left}")
            })
        })
}

/// The root volume's snapshot that belongs to a private one of this time, if that is forgotten.
fn forgotten_pair(root: &History, time: i64) -> Option<&SnapshotRecord> {
    let forgotten = root.forgotten().map(|forgotten| &forgotten.snapshot);
    let all = root.snapshots.iter().chain(forgotten);
    let pair = all
        .filter(|snapshot| snapshot.time <= time && root.revision(snapshot.sequence).is_none())
        .max_by_key(|snapshot| snapshot.sequence)?;
    root.snapshot(pair.sequence).is_none().then_some(pair)
}

fn bring_back(machine: &Machine, history: &History, snapshot: &SnapshotRecord) -> Result<()> {
    let prefix = history.qube.prefix;
    let name = |kind| move |digest| ObjectName { kind, digest };
    let packs = history.packs.needed_by(snapshot.sequence);
    let mut absent: BTreeSet<ObjectName> =
        packs.map(|(pack, _)| *pack).map(name(Kind::Pack)).collect();
    absent.insert(name(Kind::Snapshot)(snapshot.snapshot));
    let mut trash = Trash::start(machine, history.storage()?)?;
    for kind in [Kind::Snapshot, Kind::Pack] {
        trash.each(prefix, kind, |object| {
            absent.remove(&object.name);
        })?;
    }
    // Without them single files are found more slowly, if they are gone.
    let index = snapshot.index.items().iter().copied();
    let index: Vec<ObjectName> = index.map(name(Kind::Index)).collect();
    trash.undelete(prefix, &index)?;
    let absent: Vec<ObjectName> = absent.into_iter().collect();
    let back = trash.undelete(prefix, &absent)?;
    let wanted = u64::try_from(absent.len()).unwrap_or(u64::MAX);
    if back == wanted {
        return Ok(());
    }
    let gone = text::count(wanted.saturating_sub(back), "object", "objects");
    Err(Error::Restore(format!(
        "{gone} of it are gone for ever; nothing was recorded"
    )))
}
