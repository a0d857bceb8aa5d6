//! Google Cloud Storage.

use super::{Operators, made};
use opendal::services;
use serde::Deserialize;

/// What we must know of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gcs {
    /// The bucket.
    bucket: String,
    /// The folder in the bucket.
    #[serde(default)]
    folder: String,
    /// The file of a service account's key, as Google gives it.
    credential_file: String,
}

impl Gcs {
    /// What speaks to it.
    ///
    /// # Errors
    /// [`ConfigError`](super::ConfigError) says what it would not take, or which secret can not be read.
    pub fn operator(&self) -> Operators {
        let gcs = services::Gcs::default()
            .bucket(&self.bucket)
            .root(&self.folder)
            .credential_path(&self.credential_file);
        made(gcs)
    }
}
