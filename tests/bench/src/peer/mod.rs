//! The programs that qib is measured against; each is what its own file says, and no more.

mod borg;
mod bupstash;
mod duplicity;
mod pipe;
mod place;
mod qvm_backup;
mod restic;
mod rustic;

pub(crate) use place::{Paths, Place};

use crate::tool::Kind;

/// A program, and what it is asked to do.
///
/// The scripts are run by `bash -o pipefail -ec`, with these in their environment: `REPOSITORY`,
/// an empty folder at first; `SECRETS`, a folder with a file `passphrase`; `HOME`, the peer's own,
/// where it keeps its caches as it does for everyone; `VOLUME`, where the volume is mounted
/// read-only; `IMAGE`, the volume as a file; `TARGET`, an empty folder to restore to; `FILE`, the
/// one file to restore, from the volume's root.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What has to be in PATH.
    pub(crate) programs: &'static [&'static str],
    /// How a user gets it.
    pub(crate) install: &'static str,
    /// Prints the version.
    pub(crate) version: &'static str,
    /// Makes keys and an empty repository.
    pub(crate) init: &'static str,
    pub(crate) back_up: &'static str,
    pub(crate) restore: Option<&'static str>,
    pub(crate) restore_file: Option<&'static str>,
}

/// All of them.
pub(crate) const PEERS: [&Peer; 7] = [
    &restic::RESTIC,
    &borg::BORG,
    &rustic::RUSTIC,
    &bupstash::BUPSTASH,
    &duplicity::DUPLICITY,
    &pipe::PIPE,
    &qvm_backup::QVM_BACKUP,
];
