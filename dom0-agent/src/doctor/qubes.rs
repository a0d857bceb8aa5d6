//! The qubes that are to be backed up: their pools, and how old their last snapshots are.

use super::Report;
use crate::admin::call;
use crate::admin::reply::Qube;
use crate::age::Age;
use crate::command::backup::qube::parts;
use crate::destination::Said;
use crate::error::Result;
use crate::machine::{Installation, Machine};
use crate::network;
use crate::part::Part;
use crate::pool::Pooled;
use crate::select;
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;

pub(super) fn examine(
    machine: &Machine,
    (storages, installation): (&BTreeSet<QubeName>, Option<&Installation>),
    days: u32,
    report: &mut Report,
) {
    let qubes = match included(storages) {
        Ok(qubes) => qubes,
        Err(error) => return report.wrong("qubes", error),
    };
    examine_pools(&qubes, report);
    match undecided(&qubes, machine) {
        Ok(names) if names.is_empty() => {}
        Ok(names) => report.warning(
            "network",
            format!(
                "without network, and their storage qube has one: {}; run 'qib backup' for them at a \
                 terminal, or with --accept-networked-storage",
                names.join(", ")
            ),
        ),
        Err(error) => report.wrong("network", error),
    }
    let Some(installation) = installation else {
        return;
    };
    match ages(&qubes, installation, machine.now()) {
        Ok(ages) => examine_ages(&ages, days, report),
        Err(error) => report.wrong("backups", error),
    }
}

/// Those whose next backup would be refused.
fn undecided(qubes: &[Qube], machine: &Machine) -> Result<Vec<String>> {
    let said = Said {
        arguments: None,
        profile: None,
        config: &machine.config.storage,
    };
    let mut names = Vec::new();
    for Qube { name, .. } in qubes {
        for storage in said.of_qube(name)?.iter() {
            if !network::is_settled(name, &storage.qube)? {
                names.push(format!("{name} (at {storage})"));
            }
        }
    }
    Ok(names)
}

/// Those that `qib backup --all` takes.
fn included(storages: &BTreeSet<QubeName>) -> Result<Vec<Qube>> {
    let mut qubes = call::qubes()?;
    let names = select::included(&qubes, storages)?;
    qubes.retain(|qube| names.contains(&qube.name));
    Ok(qubes)
}

/// Each pool once.
fn examine_pools(qubes: &[Qube], report: &mut Report) {
    let mut seen = BTreeSet::new();
    for Qube { name, .. } in qubes {
        let pooled = match Pooled::find(name, Part::Private) {
            Ok(pooled) => pooled,
            Err(error) => {
                report.wrong("pool", error.of(name));
                continue;
            }
        };
        let pool = pooled.pool().to_owned();
        if !seen.contains(&pool) {
            examine_pool(&pooled, report);
            seen.insert(pool);
        }
    }
}

fn examine_pool(pooled: &Pooled, report: &mut Report) {
    let used = pooled.refuse_full().and_then(|()| pooled.used_percent());
    let pool = pooled.pool();
    report.keep("pool", used, |percent| match percent {
        Some(percent) => format!("{pool} is {percent} % full, which leaves room for a snapshot"),
        None => format!("{pool} is one that qib knows"),
    });
}

/// Each qube with the age of its backup; none if it is in none.
fn ages<'a>(
    qubes: &'a [Qube],
    installation: &Installation,
    now: i64,
) -> Result<Vec<(&'a str, Option<Age>)>> {
    let book = &installation.ledger.book;
    let age = |qube: &'a Qube| {
        let (living, parts) = (call::with_uuid(qube)?, parts(qube)?);
        let age = Age::of_qube(book, &living, parts, now);
        Ok((qube.name.as_str(), age))
    };
    qubes.iter().map(age).collect()
}

fn examine_ages(ages: &[(&str, Option<Age>)], days: u32, report: &mut Report) {
    let never: Vec<&str> = ages
        .iter()
        .filter(|(_, age)| age.is_none())
        .map(|(name, _)| *name)
        .collect();
    let old: Vec<String> = ages
        .iter()
        .filter_map(|(name, age)| Some((name, age.filter(|age| age.is_over(days))?)))
        .map(|(name, age)| format!("{name} ({age})"))
        .collect();
    if !never.is_empty() {
        let text = format!(
            "never backed up: {}; back them up, or clear their 'include_in_backups'",
            never.join(", ")
        );
        report.warning("backups", text);
    }
    if !old.is_empty() {
        let text = format!(
            "not backed up for long: {}; run 'qib backup'",
            old.join(", ")
        );
        report.warning("backups", text);
    }
    if never.is_empty() && old.is_empty() {
        let text = format!("every included qube has a snapshot of the last {days} days");
        report.well("backups", text);
    }
}
