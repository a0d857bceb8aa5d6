//! A server that is reached by `ssh`, with the user's own keys, agent and configuration.

use super::{Operators, given, made};
use opendal::services;
use serde::Deserialize;

/// What we must know of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sftp {
    /// `HOST`, `HOST:PORT`, or a name in ssh's configuration.
    host: String,
    /// Who to be there.
    user: Option<String>,
    /// The private key's file, if ssh would not find it.
    key: Option<String>,
    /// The folder there, from the server's root.
    folder: String,
}

impl Sftp {
    /// What speaks to it.
    ///
    /// # Errors
    /// [`ConfigError`](super::ConfigError) says what it would not take, or which secret can not be read.
    pub fn operator(&self) -> Operators {
        // A port only travels in an address.
        let is_plain = !self.host.contains(':') || self.host.contains("://");
        let scheme = if is_plain { "" } else { "ssh://" };
        let sftp = services::Sftp::default()
            .endpoint(&format!("{scheme}{}", self.host))
            .root(&self.folder);
        let sftp = given(sftp, &self.user, services::Sftp::user);
        made(given(sftp, &self.key, services::Sftp::key))
    }
}
