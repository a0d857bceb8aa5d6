//! Backblaze B2.

use super::{Operators, SecretFile, made};
use opendal::services;
use serde::Deserialize;

/// What we must know of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct B2 {
    /// The bucket.
    bucket: String,
    /// Its id.
    bucket_id: String,
    /// The folder in the bucket.
    #[serde(default)]
    folder: String,
    /// The key's name.
    application_key_id: String,
    /// The file of the key.
    application_key_file: SecretFile,
}

impl B2 {
    /// What speaks to it.
    ///
    /// # Errors
    /// [`ConfigError`](super::ConfigError) says what it would not take, or which secret can not be read.
    pub fn operator(&self) -> Operators {
        let b2 = services::B2::default()
            .bucket(&self.bucket)
            .bucket_id(&self.bucket_id)
            .root(&self.folder)
            .application_key_id(&self.application_key_id)
            .application_key(self.application_key_file.read()?.reveal());
        made(b2)
    }
}
