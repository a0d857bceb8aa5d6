//! `qib status`: how the backups of each volume stand, and what is due.

use super::{Ended, print_json};
use crate::age::Age;
use crate::cli::Status;
use crate::clock;
use crate::destination::Destination;
use crate::error::{Error, Result, at};
use crate::ledger::book::{Book, History};
use crate::ledger::proofs::Proof;
use crate::machine::Installation;
use crate::status::{self, Standing};
use crate::{report, text};
use qib_rpc::name::QubeName;
use serde_json::{Value, json};
use std::fs;

pub(super) fn run(arguments: &Status) -> Result<Ended> {
    let installation = Installation::open()?;
    let now = clock::now();
    let histories = histories(&installation.ledger.book, &arguments.qubes)?;
    let standings: Vec<Standing<'_>> = histories
        .into_iter()
        .map(|history| Standing::new(history, now))
        .collect();
    if let Some(path) = &arguments.html {
        let fresh = path.with_extension("new");
        let page = status::page(&standings, &installation.receipt(), now);
        fs::write(&fresh, page).map_err(at(&fresh))?;
        fs::rename(&fresh, path).map_err(at(path))?;
    }
    if arguments.json {
        let volumes: Vec<Value> = standings.iter().map(to_json).collect();
        print_json(&json!({ "time": now, "qubes": volumes }))?;
    } else if arguments.html.is_none() {
        print(&installation.ledger.book, &standings);
    }
    let needs_attention = standings.iter().any(Standing::needs_attention);
    Ok(if needs_attention {
        Ended::Wrong
    } else {
        Ended::Well
    })
}

fn histories<'a>(book: &'a Book, names: &[QubeName]) -> Result<Vec<&'a History>> {
    let mut found: Vec<&History> = book.histories().collect();
    found.retain(|history| !history.snapshots.is_empty());
    if let Some(name) = names
        .iter()
        .find(|name| !found.iter().any(|history| history.qube.name == **name))
    {
        let text = format!("{name} was never backed up; see 'qib snapshots'");
        return Err(Error::Restore(text));
    }
    found.retain(|history| names.is_empty() || names.contains(&history.qube.name));
    found.sort_by_key(|history| (&history.qube.name, history.part(), history.qube.id));
    Ok(found)
}

fn print(book: &Book, standings: &[Standing<'_>]) {
    if standings.is_empty() {
        println!("Nothing is stored yet.");
    }
    for standing in standings {
        let history = standing.history;
        println!("{}", book.label(history));
        if let (Some(last), Some(age)) = (standing.last, standing.age) {
            println!(
                "  last backup {age} ago, {}: {} files, {} ({}), stored {}; {} kept",
                text::time(last.time),
                text::number(last.counts.files),
                text::bytes(last.counts.file_bytes),
                status::growth(standing.growth),
                text::bytes(last.counts.bytes_stored),
                text::number(u64::try_from(history.snapshots.len()).unwrap_or(u64::MAX)),
            );
        }
        match standing.proved() {
            Some(proof) => println!(
                "  proved on {}: {}, up to snapshot {}",
                text::time(proof.time),
                proof.proof.text(),
                proof.sequence
            ),
            None => println!("  never proved"),
        }
        if history.proofs.identity.is_none() {
            println!("  its sealed key is unproven: no passphrase has opened it yet");
        }
        for problem in status::problems(standing) {
            println!("  ! {problem}");
        }
    }
}

fn to_json(standing: &Standing<'_>) -> Value {
    let history = standing.history;
    let proved = |proof: Proof| history.proofs.good(proof).map(|record| record.time);
    json!({
        "qube": history.qube.name.as_str(),
        "part": history.part().name(),
        "storage": history.storage.as_ref().map(Destination::to_string),
        "id": history.qube.id.to_string(),
        "ok": !standing.needs_attention(),
        "snapshots": history.snapshots.len(),
        "last": standing.last.map(|last| json!({
            "snapshot": last.sequence,
            "time": last.time,
            "counts": report::counts(&last.counts),
        })),
        "age_seconds": standing.age.map(Age::seconds),
        "growth_bytes": standing.growth,
        "proved": {
            "sample": proved(Proof::Sample),
            "digests": proved(Proof::Digests),
            "opened": proved(Proof::Opened),
            "drilled": proved(Proof::Drilled),
            "identity": history.proofs.identity,
        },
        "lost": standing.lost.iter().map(|(object, snapshots)| json!({
            "object": object.to_string(),
            "snapshots": snapshots,
        })).collect::<Vec<Value>>(),
        "alarm": history.frozen().map(|(sequence, signs)| json!({
            "snapshot": sequence,
            "signs": report::alarm(signs),
        })),
        "due": standing.due.iter().map(|due| due.word()).collect::<Vec<&str>>(),
    })
}
