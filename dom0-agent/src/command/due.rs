//! `qib due`: which qubes should be backed up, by exit code and on the desktop.

use super::{Ended, print_json};
use crate::admin::call;
use crate::age::Age;
use crate::cli::Due as Arguments;
use crate::config::Config;
use crate::destination;
use crate::due::{self, Due};
use crate::error::Result;
use crate::machine::Installation;
use crate::{clock, notify, select, storage, text};
use serde_json::json;

pub(super) fn run(arguments: &Arguments) -> Result<Ended> {
    let config = Config::read()?;
    let installation = Installation::open()?;
    let (qubes, now) = (call::qubes()?, clock::now());
    let book = &installation.ledger.book;
    let included = select::included(&qubes, &destination::qubes(&storage::known(&config, book)))?;
    let due = due::find(book, &qubes, &included, arguments.days, now)?;
    if arguments.json {
        let qubes = due
            .iter()
            .map(|due| json!({ "qube": due.name.as_str(), "time": due.age.map(Age::time) }));
        print_json(&json!({ "days": arguments.days, "due": qubes.collect::<Vec<_>>() }))?;
    } else {
        due.iter().for_each(|due| println!("{}", line(due)));
    }
    if due.is_empty() {
        return Ok(Ended::Well);
    }
    if arguments.notify {
        show(&due);
    }
    Ok(Ended::Wrong)
}

fn line(due: &Due) -> String {
    match due.age {
        None => format!("{}: never backed up", due.name),
        Some(age) => {
            let time = text::time(age.time());
            format!("{}: last backed up {time}, {age} ago", due.name)
        }
    }
}

/// Nobody may be at the desktop: that is no reason to fail.
fn show(due: &[Due]) {
    let count = u64::try_from(due.len()).unwrap_or(u64::MAX);
    let qubes = text::count(count, "qube is", "qubes are");
    let lines: Vec<String> = due.iter().map(line).collect();
    if let Err(error) = notify::show(&format!("{qubes} due for a backup"), &lines.join("\n")) {
        eprintln!("qib: warning: nothing is shown on the desktop: {error}");
    }
}
