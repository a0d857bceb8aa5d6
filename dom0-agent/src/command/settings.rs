//! `qib settings`: how qubes were set up. What dom0 has a copy of needs no storage qube.

use super::{Ended, print_json};
use crate::admin::call;
use crate::cli::{Diff, History as HistoryArguments, Settings as Arguments, Show};
use crate::error::{Error, Result};
use crate::ledger::book::{History, StoredSettings};
use crate::machine::{Installation, Machine};
use crate::named::{self, Asked};
use crate::progress::Progress;
use crate::settings::differences::{Difference, Facts, differences};
use crate::settings::{Settings, json, keep, read};
use crate::{storage, text};
use qib_rpc::name::QubeName;
use serde_json::json;

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    let installation = Installation::open()?;
    let kept = Kept {
        installation: &installation,
        quiet,
    };
    match arguments {
        Arguments::Show(arguments) => kept.show(arguments),
        Arguments::History(arguments) => kept.history(arguments),
        Arguments::Diff(arguments) => kept.diff(arguments),
    }?;
    Ok(Ended::Well)
}

/// Where settings are looked for.
struct Kept<'a> {
    installation: &'a Installation,
    quiet: bool,
}

impl Kept<'_> {
    fn show(&self, arguments: &Show) -> Result<()> {
        let book = &self.installation.ledger.book;
        let asked = asked(&arguments.qube, arguments.id.as_deref());
        let history = match arguments.snapshot {
            Some(_) => named::numbered(book, asked)?,
            None => named::history(book, asked)?,
        };
        let stored = match arguments.snapshot {
            Some(sequence) => of_snapshot(history, sequence)?,
            None => history.settings.last().ok_or_else(|| none(history))?,
        };
        let settings = self.read(history, stored)?;
        if arguments.json {
            return print_json(&json!({
                "qube": history.qube.name.as_str(),
                "id": history.qube.id.to_string(),
                "time": stored.time,
                "snapshots": snapshots_of(history, stored),
                "settings": settings.json(),
            }));
        }
        println!("{}", headline(history, stored));
        print!("{}", lines(&settings.facts()));
        Ok(())
    }

    fn history(&self, arguments: &HistoryArguments) -> Result<()> {
        let book = &self.installation.ledger.book;
        let history = named::history(book, asked(&arguments.qube, arguments.id.as_deref()))?;
        let mut before = None;
        let mut all = Vec::new();
        for stored in &history.settings {
            let facts = self.read(history, stored)?.facts();
            // Of the first there is nothing to compare with, and everything would be new.
            let found = before.map_or_else(Vec::new, |before| differences(&before, &facts));
            if arguments.json {
                all.push(json!({
                    "time": stored.time,
                    "object": format!("settings-{}", stored.object),
                    "snapshots": snapshots_of(history, stored),
                    "changes": json::differences(&found),
                }));
            } else {
                println!("{}", headline(history, stored));
                print!("{}", changes(&found));
            }
            before = Some(facts);
        }
        if arguments.json {
            let (name, id) = (history.qube.name.as_str(), history.qube.id.to_string());
            return print_json(&json!({ "qube": name, "id": id, "settings": all }));
        }
        Ok(())
    }

    fn diff(&self, arguments: &Diff) -> Result<()> {
        let book = &self.installation.ledger.book;
        let history = named::numbered(book, asked(&arguments.qube, arguments.id.as_deref()))?;
        let of = |sequence| self.read(history, of_snapshot(history, sequence)?);
        let before = of(arguments.before)?;
        let after = match arguments.after {
            Some(sequence) => of(sequence)?,
            None => self.now(history)?,
        };
        let found = differences(&before.facts(), &after.facts());
        if arguments.json {
            let name = history.qube.name.as_str();
            let changes = json::differences(&found);
            return print_json(&json!({ "qube": name, "changes": changes }));
        }
        print!("{}", changes(&found));
        Ok(())
    }

    fn read(&self, history: &History, stored: &StoredSettings) -> Result<Settings> {
        let (id, object) = (history.qube.id, stored.object);
        if let Some(settings) = keep::local(self.installation, id, object) {
            return Ok(settings);
        }
        let machine = Machine::open()?;
        storage::wake(history.storage()?, &Progress::new(self.quiet))?;
        keep::get(&machine, self.installation, id, object)
    }

    /// How the qube of this history is set up now.
    fn now(&self, history: &History) -> Result<Settings> {
        let book = &self.installation.ledger.book;
        let qubes = call::qubes()?;
        let qube = qubes.iter().find(|qube| {
            let mut known = book.of_living(&qube.name, qube.uuid);
            known.any(|known| known.qube.id == history.qube.id)
        });
        let gone = || Error::NoQube(history.qube.name.clone());
        read::read(qube.ok_or_else(gone)?)
    }
}

fn asked<'a>(name: &'a QubeName, id: Option<&'a str>) -> Asked<'a> {
    let storage = None;
    Asked { name, id, storage }
}

fn of_snapshot(history: &History, sequence: u64) -> Result<&StoredSettings> {
    let name = &history.qube.name;
    let mut snapshots = history.snapshots.iter();
    if !snapshots.any(|snapshot| snapshot.sequence == sequence) {
        let text = format!("{name} has no snapshot {sequence}; see 'qib snapshots {name}'");
        return Err(Error::Restore(text));
    }
    history.settings_of(sequence).ok_or_else(|| none(history))
}

fn none(history: &History) -> Error {
    let name = &history.qube.name;
    Error::Restore(format!("no settings of {name} were stored"))
}

/// The snapshots that were made while the qube was set up so.
fn snapshots_of(history: &History, stored: &StoredSettings) -> Vec<u64> {
    let sequences = history.snapshots.iter().map(|snapshot| snapshot.sequence);
    let is_of = |sequence: &u64| history.settings_of(*sequence) == Some(stored);
    sequences.filter(is_of).collect()
}

fn headline(history: &History, stored: &StoredSettings) -> String {
    let snapshots = snapshots_of(history, stored);
    let of = match snapshots.as_slice() {
        [] => "no snapshot".to_owned(),
        [only] => format!("snapshot {only}"),
        [first, .., last] => format!("snapshots {first} to {last}"),
    };
    let time = text::time(stored.time);
    format!("{}, as of {time} ({of})", history.qube.name)
}

fn lines(facts: &Facts) -> String {
    let line = |(subject, value): (&_, &String)| fact(" ", subject, value);
    facts.iter().map(line).collect()
}

fn changes(found: &[Difference]) -> String {
    let mut text = String::new();
    for Difference {
        subject,
        before,
        after,
    } in found
    {
        let before = before.iter().map(|value| fact("-", subject, value));
        let after = after.iter().map(|value| fact("+", subject, value));
        text.extend(before.chain(after));
    }
    text
}

fn fact(sign: &str, subject: &crate::settings::differences::Subject, value: &str) -> String {
    let (kind, name) = subject.words();
    let space = if name.is_empty() { "" } else { " " };
    let value = text::shown(value, "      ");
    let colon = if value.is_empty() { "" } else { ": " };
    format!("{sign} {kind}{space}{name}{colon}{value}\n")
}
