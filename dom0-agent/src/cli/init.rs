//! The arguments of `qib init`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Read the passphrase from the first line of FILE, or of standard input with '-'.
    #[arg(short, long, value_name = "FILE", conflicts_with = "generate")]
    pub passphrase_file: Option<PathBuf>,
    /// Choose a passphrase (80 random bits) and print it, once.
    #[arg(long)]
    pub generate: bool,
    /// Begin anew beside what an earlier installation stored, as if that were not there.
    ///
    /// It stays as it is, and keeps its space; but 'qib recover' finds only what is newer. To
    /// get it back in spite of that, move what is newer out of the folder 'root' of the
    /// storage, and run 'qib recover' in a dom0 that is not set up.
    #[arg(long)]
    pub begin_anew: bool,
    /// Do not store the recovery kit with the backups.
    ///
    /// With it there, passphrase and storage are enough to get everything back;
    /// but who holds the storage may try passphrases for ever. Without it, a
    /// copy of /var/lib/qib/recovery-kit.age must be kept elsewhere.
    #[arg(long)]
    pub no_kit_at_storage: bool,
}
