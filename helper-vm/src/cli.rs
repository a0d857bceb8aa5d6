//! The command line of `qib-helper`: one word for each service of a helper.

use clap::{Parser, Subcommand};

/// The helper of qib, the incremental backup for Qubes OS. Started by qrexec.
///
/// Each command is what the service of that name runs in a helper. The conversation with dom0
/// is on standard input and output, so none of them is of use to a person.
#[derive(Debug, Parser)]
#[command(name = "qib-helper", version, max_term_width = 90)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub service: Work,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Work {
    /// qib.Backup: back up the attached volume.
    Backup,
    /// qib.Restore: fill the attached volume from a snapshot.
    Restore,
    /// qib.Verify: prove what is stored.
    Verify,
    /// qib.Browse: show snapshots as folders.
    Browse,
    /// qib.KeyInit: make the master identity and the recovery kit.
    KeyInit,
    /// qib.KeyQube: make a qube's data identity.
    KeyQube,
    /// qib.KeyOpen: open a qube's data identity.
    KeyOpen,
    /// qib.KeyRecover: open the recovery kit for a new dom0.
    KeyRecover,
    /// qib.HelperVersion: tell the version.
    Version,
}
