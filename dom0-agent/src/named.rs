//! Which of the qubes that were backed up is meant by a name.

use crate::error::{Error, Result};
use crate::ledger::book::{Book, History};
use crate::text;
use qib_rpc::name::QubeName;

/// The history that is meant. A qube that was made anew, by a restore for one, has
/// another under the same name: which of them is wanted only the user knows.
///
/// # Errors
/// When there is none, or `id`, the beginning of one, does not tell several apart.
pub fn history<'a>(book: &'a Book, name: &QubeName, id: Option<&str>) -> Result<&'a History> {
    let mut named = book.named(name);
    named.retain(|history| !history.snapshots.is_empty() || !history.settings.is_empty());
    named.retain(|history| id.is_none_or(|id| history.qube.id.to_string().starts_with(id)));
    match named.as_slice() {
        [] => Err(Error::Restore(format!(
            "{name} was never backed up; see 'qib snapshots'"
        ))),
        [only] => Ok(only),
        several => {
            let mut text = format!("several qubes had the name {name}; choose one with --id ID:");
            for history in several {
                text.push_str(&format!("\n  {}  {}", history.qube.id, what(history)));
            }
            Err(Error::Restore(text))
        }
    }
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
