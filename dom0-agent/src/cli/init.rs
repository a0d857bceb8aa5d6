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
    /// Do not store the recovery kit with the backups.
    ///
    /// With it there, passphrase and storage are enough to get everything back;
    /// but who holds the storage may try passphrases for ever. Without it, a
    /// copy of /var/lib/qib/recovery-kit.age must be kept elsewhere.
    #[arg(long)]
    pub no_kit_at_storage: bool,
}
