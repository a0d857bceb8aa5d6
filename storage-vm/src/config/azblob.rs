//! Azure Blob Storage.

use super::{Operators, SecretFile, made};
use opendal::services;
use serde::Deserialize;

/// What we must know of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Azblob {
    /// The container.
    container: String,
    /// `https://ACCOUNT.blob.core.windows.net`.
    endpoint: String,
    /// The account.
    account_name: String,
    /// The file of its key.
    account_key_file: SecretFile,
    /// The folder in the container.
    #[serde(default)]
    folder: String,
}

impl Azblob {
    /// What speaks to it.
    ///
    /// # Errors
    /// [`ConfigError`](super::ConfigError) says what it would not take, or which secret can not be read.
    pub fn operator(&self) -> Operators {
        let azblob = services::Azblob::default()
            .container(&self.container)
            .endpoint(&self.endpoint)
            .account_name(&self.account_name)
            .account_key(self.account_key_file.read()?.reveal())
            .root(&self.folder);
        made(azblob)
    }
}
