//! `qib thaw`: an alarm was looked at.

use super::Ended;
use crate::cli::Thaw;
use crate::error::{Error, Result};
use crate::ledger::record::Record;
use crate::machine::{Installation, Machine};
use crate::text;
use qib_rpc::id::QubeId;

pub(super) fn run(arguments: &Thaw) -> Result<Ended> {
    let _machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let book = &installation.ledger.book;
    let named = book.named(&arguments.qube).into_iter();
    let volumes = named.flat_map(|history| [Some(history), book.root(history.qube.id)]);
    let frozen: Vec<QubeId> = volumes
        .flatten()
        .filter(|history| history.frozen().is_some())
        .map(|history| history.qube.id)
        .collect();
    if frozen.is_empty() {
        let text = format!(
            "there is no alarm about {}; see 'qib status'",
            arguments.qube
        );
        return Err(Error::Restore(text));
    }
    for qube in &frozen {
        installation.ledger.append(Record::Thawed { qube: *qube })?;
    }
    let volumes = u64::try_from(frozen.len()).unwrap_or(u64::MAX);
    let volumes = text::count(volumes, "volume", "volumes");
    println!(
        "{}: the history of {volumes} may be forgotten again",
        arguments.qube
    );
    Ok(Ended::Well)
}
