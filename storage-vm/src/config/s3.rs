//! S3, or a store that speaks it.

use super::{Operators, SecretFile, given, made};
use opendal::services;
use serde::Deserialize;

/// What we must know of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// The bucket.
    bucket: String,
    /// Where the store is; AWS' own if not said.
    endpoint: Option<String>,
    /// Its region; many stores take any.
    region: Option<String>,
    /// The folder in the bucket.
    #[serde(default)]
    folder: String,
    /// A profile of AWS' configuration, which then has the keys.
    profile: Option<String>,
    /// The key's name.
    access_key_id: Option<String>,
    /// The file of the key.
    secret_access_key_file: Option<SecretFile>,
    /// Whether the bucket is named in the host's name.
    #[serde(default)]
    virtual_host: bool,
}

impl S3 {
    /// What speaks to it.
    ///
    /// # Errors
    /// [`ConfigError`](super::ConfigError) says what it would not take, or which secret can not be read.
    pub fn operator(&self) -> Operators {
        let mut s3 = services::S3::default()
            .bucket(&self.bucket)
            .root(&self.folder)
            .region(self.region.as_deref().unwrap_or("auto"));
        s3 = given(s3, &self.endpoint, services::S3::endpoint);
        s3 = given(s3, &self.profile, services::S3::profile);
        s3 = given(s3, &self.access_key_id, services::S3::access_key_id);
        if let Some(file) = &self.secret_access_key_file {
            s3 = s3.secret_access_key(file.read()?.reveal());
        }
        if self.virtual_host {
            s3 = s3.enable_virtual_host_style();
        }
        made(s3)
    }
}
