//! A WebDAV server, such as that of Nextcloud.

use super::{Operators, SecretFile, given, made};
use opendal::services;
use serde::Deserialize;

/// What we must know of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webdav {
    /// Its address.
    url: String,
    /// The folder there.
    #[serde(default)]
    folder: String,
    /// Who to be there.
    user: Option<String>,
    /// The file of the password.
    password_file: Option<SecretFile>,
}

impl Webdav {
    /// What speaks to it.
    ///
    /// # Errors
    /// [`ConfigError`](super::ConfigError) says what it would not take, or which secret can not be read.
    pub fn operator(&self) -> Operators {
        let webdav = services::Webdav::default()
            .endpoint(&self.url)
            .root(&self.folder);
        let mut webdav = given(webdav, &self.user, services::Webdav::username);
        if let Some(file) = &self.password_file {
            webdav = webdav.password(file.read()?.reveal());
        }
        made(webdav)
    }
}
