//! Which of the qubes that were backed up is meant by a name, and at which storage qube.

use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::ledger::book::{Book, History};
use crate::text;
use qib_rpc::name::QubeName;

/// What the user says of a qube that was backed up.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its name.
    pub name: &'a QubeName,
    /// The beginning of its id.
    pub id: Option<&'a str>,
    /// The storage qube where it lies.
    pub storage: Option<&'a Destination>,
}

/// The histories that are meant, one for each storage qube. A qube that was made anew, by a
/// restore for one, has others under the same name: which of them is wanted only the user knows.
///
/// # Errors
/// When there is none, or what is said does not tell several qubes apart.
pub fn histories<'a>(book: &'a Book, asked: Asked<'_>) -> Result<Vec<&'a History>> {
    let Asked { name, id, storage } = asked;
    let mut named = book.named(name);
    named.retain(|history| !history.snapshots.is_empty() || !history.settings.is_empty());
    named.retain(|history| id.is_none_or(|id| history.qube.id.to_string().starts_with(id)));
    named.retain(|history| storage.is_none_or(|storage| history.lies_at(storage)));
    let Some(first) = named.first() else {
        let at = storage.map_or_else(String::new, |storage| format!(" to {storage}"));
        return Err(Error::Restore(format!(
            "{name} was never backed up{at}; see 'qib snapshots'"
        )));
    };
    let uuid = first.qube.uuid;
    if named.iter().all(|history| history.qube.uuid == uuid) {
        return Ok(named);
    }
    let text = format!("several qubes had the name {name}; choose one with --id ID:");
    Err(Error::Restore(text + &list(&named)))
}

/// The history that is meant; of several at different storage qubes the one with the newest
/// snapshot.
///
/// # Errors
/// As [`histories`].
pub fn history<'a>(book: &'a Book, asked: Asked<'_>) -> Result<&'a History> {
    let named = histories(book, asked)?;
    let newest = named.into_iter().max_by_key(|history| newest(history));
    newest.ok_or_else(|| Error::Ledger("the ledger does not know the qube".to_owned()))
}

/// The history whose numbers are meant: those of another storage qube are of other snapshots.
///
/// # Errors
/// As [`histories`], and when several are left.
pub fn numbered<'a>(book: &'a Book, asked: Asked<'_>) -> Result<&'a History> {
    only(&histories(book, asked)?)
}

/// The one history whose numbers are meant.
///
/// # Errors
/// When there are several.
pub fn only<'a>(histories: &[&'a History]) -> Result<&'a History> {
    if let [only] = histories {
        return Ok(only);
    }
    let text = "it is stored at several storage qubes, or with several keys, and each history has \
                numbers of its own; choose one with --id ID:";
    Err(Error::Restore(text.to_owned() + &list(histories)))
}

/// When its newest state was stored, in seconds since 1970.
fn newest(history: &History) -> Option<i64> {
    let settings = history.settings.last().map(|settings| settings.time);
    history.newest().map(|newest| newest.time).max(settings)
}

fn list(histories: &[&History]) -> String {
    let lines = histories.iter().map(|history| {
        let storage = history.storage.as_ref();
        let at = storage.map_or_else(String::new, |storage| format!(", at {storage}"));
        let former = if history.is_closed {
            ", former keys"
        } else {
            ""
        };
        format!("\n  {}  {}{at}{former}", history.qube.id, what(history))
    });
    lines.collect()
}

fn what(history: &History) -> String {
    match history.snapshots.last() {
        Some(last) => {
            let count = u64::try_from(history.snapshots.len()).unwrap_or(u64::MAX);
            let count = text::count(count, "snapshot", "snapshots");
            format!("{count}, the last of {}", text::time(last.time))
        }
        None => "its settings alone".to_owned(),
    }
}
