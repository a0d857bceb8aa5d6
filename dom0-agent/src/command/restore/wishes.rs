//! What the command line asks to be restored.

use super::Outcome;
use crate::cli::{Restore as Arguments, Source as Asked};
use crate::error::{Error, Result};
use crate::ledger::book::{Book, History};
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::restore::choices::{Choices, Conflict, Scope};
use crate::restore::source::{Source, Wish, find};
use crate::storage;
use qib_rpc::class::{Class, Classes};
use qib_rpc::limit::MAX_PATHS;
use qib_rpc::message::restore::ToldApart;
use qib_rpc::name::QubeName;
use qib_rpc::path::{PathPattern, PathPatterns};
use std::collections::BTreeMap;

/// What was stored of the qubes that are asked for, and those of which nothing can be had.
pub(super) fn sources<'a>(
    machine: &Machine,
    installation: &Installation,
    arguments: &Arguments,
    progress: &Progress,
) -> Result<(Vec<Source>, Vec<Outcome<'a>>)> {
    let mut named = named(&installation.ledger.book, arguments);
    named.retain(|name, _| !arguments.exclude.contains(name));
    if named.is_empty() {
        return Err(Error::Restore("there is nothing to restore".to_owned()));
    }
    let of_one = [
        ("--as", arguments.target.is_some()),
        ("--snapshot", arguments.snapshot.is_some()),
        ("--id", arguments.id.is_some()),
        ("--size", arguments.size.is_some()),
    ];
    if let Some((option, _)) = of_one
        .iter()
        .find(|(_, is_said)| *is_said && named.len() > 1)
    {
        return Err(Error::Usage(format!("{option} is for one qube alone")));
    }
    let without = held_back(arguments.documents_only, &arguments.hold_back);
    let paths = match arguments.is_of_files() {
        true => Some(everything_or(&arguments.paths)?),
        false => None,
    };
    let wishes = named.iter().map(|(name, id)| Wish {
        name,
        id: id.as_deref(),
        storage: arguments.dest_vm.as_ref(),
        sequence: arguments.snapshot,
        paths: paths.clone(),
        without,
        size: arguments.size,
        told_apart: if arguments.random_uuid {
            ToldApart::AtRandom
        } else {
            ToldApart::BySnapshot
        },
    });
    let wishes: Vec<Wish<'_>> = wishes.collect();
    let book = &installation.ledger.book;
    let histories = wishes.iter().filter_map(|wish| wish.history(book).ok());
    let storages = histories.filter_map(|history| history.storage.clone());
    let away = storage::wake_all(&storages.collect(), progress)?;
    let (mut sources, mut failed) = (Vec::new(), Vec::new());
    for wish in &wishes {
        let history = wish.history(book);
        let reached = history.and_then(|history| away.check(history.storage()?));
        match reached.and_then(|()| find(machine, installation, wish)) {
            Ok(source) => sources.push(source),
            Err(error) => failed.push(Outcome {
                name: wish.name.clone(),
                result: Err(error),
            }),
        }
    }
    Ok((sources, failed))
}

/// The names that are asked for, with the beginnings of ids that tell them apart.
fn named(book: &Book, arguments: &Arguments) -> BTreeMap<QubeName, Option<String>> {
    if !arguments.all {
        let names = arguments.qubes.iter().filter_map(|asked| match asked {
            Asked::Qube(name) => Some(name),
            Asked::Dom0 => None,
        });
        return names
            .map(|name| (name.clone(), arguments.id.clone()))
            .collect();
    }
    let mut newest: BTreeMap<QubeName, &History> = BTreeMap::new();
    let mut histories: Vec<&History> = book.histories().collect();
    histories.retain(|history| history.root_of.is_none() && !history.settings.is_empty());
    if let Some(storage) = &arguments.dest_vm {
        histories.retain(|history| history.lies_at(storage));
    }
    histories.sort_by_key(|history| history.settings.last().map(|settings| settings.time));
    for history in histories {
        newest.insert(history.qube.name.clone(), history);
    }
    let id = |history: &History| Some(history.qube.id.to_string());
    newest
        .into_iter()
        .map(|(name, history)| (name, id(history)))
        .collect()
}

/// How the user wants it where there is a choice.
pub(super) fn choices(arguments: &Arguments) -> Choices {
    Choices {
        target: arguments.target.clone(),
        conflict: match arguments {
            Arguments {
                rename_conflicting: true,
                ..
            } => Conflict::Rename,
            Arguments {
                skip_conflicting: true,
                ..
            } => Conflict::Skip,
            Arguments { replace: true, .. } => Conflict::Replace,
            _ => Conflict::Refuse,
        },
        scope: match arguments {
            Arguments {
                settings_only: true,
                ..
            } => Scope::Settings,
            Arguments {
                data_only: true, ..
            } => Scope::Data,
            _ => Scope::Everything,
        },
        ignore_missing: arguments.ignore_missing,
        templates: arguments.templates.clone(),
        netvms: arguments.netvms.clone(),
        pools: arguments.pools.clone(),
    }
}

/// What is to be held back.
pub(in crate::command) fn held_back(documents_only: bool, classes: &[Class]) -> Classes {
    match documents_only {
        true => Class::CAREFUL.into_iter().collect(),
        false => classes.iter().copied().collect(),
    }
}

/// These paths, or everything if there are none.
pub(in crate::command) fn everything_or(paths: &[PathPattern]) -> Result<PathPatterns> {
    let paths = match paths {
        [] => {
            let all = "*".parse::<PathPattern>();
            vec![all.map_err(|error| Error::Usage(error.to_owned()))?]
        }
        paths => paths.to_vec(),
    };
    PathPatterns::try_from(paths)
        .map_err(|_| Error::Usage(format!("--path may be given {MAX_PATHS} times at most")))
}
