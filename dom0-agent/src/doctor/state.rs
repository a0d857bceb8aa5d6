//! What dom0 remembers: keys, kit, ledger; and what an earlier run left.

use super::Report;
use crate::admin::call;
use crate::browse::on_show;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::machine::{Installation, Machine};
use crate::records::Records;
use crate::state;
use crate::undo::Undos;

pub(super) fn examine_leftovers(report: &mut Report) {
    match leftovers() {
        Ok(0) => report.well("leftovers", "an earlier run left nothing behind"),
        Ok(left) => report.warning(
            "leftovers",
            format!(
                "an earlier run did not end well and left {left} things, which are cleared up now"
            ),
        ),
        Err(error) => report.wrong("leftovers", error),
    }
    match strays() {
        Ok(names) if names.is_empty() => {}
        Ok(names) => report.warning(
            "strays",
            format!(
                "no run knows of these helpers: {}; look at them, and remove them with qvm-remove",
                names.join(", ")
            ),
        ),
        Err(error) => report.wrong("strays", error),
    }
}

fn leftovers() -> Result<usize> {
    Undos::left_behind()
}

/// Helpers of nobody's, as a journal that was lost would leave them.
fn strays() -> Result<Vec<String>> {
    let mut known = Undos::helpers_left_behind()?;
    known.extend(on_show::helpers()?);
    let qubes = call::qubes()?.into_iter().map(|qube| qube.name);
    let strays = qubes.filter(|name| crate::helper::is_one(name) && !known.contains(name));
    Ok(strays.map(String::from).collect())
}

/// What `qib init` made; none when it can not be used.
pub(super) fn examine(
    machine: &Machine,
    answering: Vec<&Destination>,
    report: &mut Report,
) -> Option<Installation> {
    if !state::is_initialised() && !state::has_keys_only() {
        report.wrong("init", Error::NotInitialised);
        return None;
    }
    let kit = state::kit_path();
    report.keep("kit", state::read_kit(), |_| {
        format!("the recovery kit is {}", kit.display())
    });
    let so = |installation: &Installation| {
        let records = installation.ledger.next().sequence;
        format!("the ledger is whole, with {records} records")
    };
    let installation = report.keep("ledger", Installation::open(), so)?;
    for storage in answering {
        examine_copy(machine, &installation, storage, report);
    }
    Some(installation)
}

fn examine_copy(
    machine: &Machine,
    installation: &Installation,
    storage: &Destination,
    report: &mut Report,
) {
    let ledger = &installation.ledger;
    let copied = Records::start(machine, storage).and_then(|mut records| records.copied(ledger));
    match copied {
        Ok(copied) if copied == ledger.next().sequence => {
            report.well(
                "ledger-copy",
                format!("the storage qube {storage} has a copy of the whole ledger"),
            );
        }
        Ok(copied) => {
            let late = ledger.next().sequence.saturating_sub(copied);
            let text = format!(
                "the storage qube {storage} lacks {late} records of the ledger: the next backup there \
                 copies them"
            );
            report.warning("ledger-copy", text);
        }
        Err(error) => report.wrong("ledger-copy", error),
    }
}
