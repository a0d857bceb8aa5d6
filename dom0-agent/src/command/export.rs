//! `qib export`: what a snapshot holds, as one tar in a qube.

use super::Ended;
use super::hand_out::HandOut;
use super::restore::wishes::{everything_or, held_back};
use crate::cli::Export;
use crate::error::Result;
use crate::restore::source::Wish;
use qib_rpc::message::restore::ToldApart;

pub(super) fn run(arguments: &Export, quiet: bool) -> Result<Ended> {
    let hand_out = HandOut {
        wish: Wish {
            name: &arguments.qube,
            id: arguments.id.as_deref(),
            storage: arguments.dest_vm.as_ref(),
            sequence: arguments.snapshot,
            paths: Some(everything_or(&arguments.paths)?),
            without: held_back(arguments.documents_only, &arguments.hold_back),
            size: None,
            told_apart: ToldApart::BySnapshot,
        },
        taker: &arguments.to,
        as_tar: true,
        dry_run: arguments.dry_run,
        passphrase_file: arguments.passphrase_file.as_deref(),
        json: arguments.json,
    };
    hand_out.run(quiet)
}
