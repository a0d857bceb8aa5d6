//! `qib restore QUBE --path PATH --to QUBE`: files of a snapshot for a qube that is there.

use super::wishes::{everything_or, held_back};
use crate::cli::{Restore as Arguments, Source as Asked};
use crate::command::Ended;
use crate::command::hand_out::HandOut;
use crate::error::{Error, Result};
use crate::restore::source::Wish;
use crate::text;
use qib_rpc::message::restore::ToldApart;
use qib_rpc::name::QubeName;
use std::path::Path;

pub(super) fn run(arguments: &Arguments, to: &Path, quiet: bool) -> Result<Ended> {
    if !arguments.is_of_files() {
        let text = "--to is for files, which --path names; a qube is restored as a new one, with --as NAME";
        return Err(Error::Usage(text.to_owned()));
    }
    let [Asked::Qube(name)] = arguments.qubes.as_slice() else {
        return Err(Error::Usage(
            "--to is with the files of one qube".to_owned(),
        ));
    };
    let hand_out = HandOut {
        wish: Wish {
            name,
            id: arguments.id.as_deref(),
            storage: arguments.dest_vm.as_ref(),
            sequence: arguments.snapshot,
            paths: Some(everything_or(&arguments.paths)?),
            without: held_back(arguments.documents_only, &arguments.hold_back),
            size: None,
            told_apart: ToldApart::BySnapshot,
        },
        taker: &taker(to)?,
        as_tar: false,
        dry_run: arguments.dry_run,
        passphrase_file: arguments.passphrase_file.as_deref(),
        json: arguments.json,
    };
    hand_out.run(quiet)
}

/// The qube that takes the files.
fn taker(to: &Path) -> Result<QubeName> {
    let name = to.to_str().and_then(|name| QubeName::parse(name).ok());
    let shown = text::shown(&to.display().to_string(), "");
    name.ok_or_else(|| Error::Usage(format!("'{shown}' is not a qube's name")))
}
