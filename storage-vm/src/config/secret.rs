//! Secrets lie in files of their own, which nobody else can read.

use super::ConfigError;
use serde::Deserialize;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Longer than any key of a cloud.
const MAX_SECRET_BYTES: u64 = 64 << 10;

/// The file of a secret, by its path.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct SecretFile(PathBuf);

/// A secret. It is not shown.
pub struct Secret(String);

impl SecretFile {
    /// Reads it; a line feed at its end is not part of it.
    ///
    /// # Errors
    /// When it can not be read, or others could.
    pub fn read(&self) -> Result<Secret, ConfigError> {
        let unreadable = |error| ConfigError::Unreadable(self.0.clone(), error);
        let file = File::open(&self.0).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.permissions().mode() & 0o077 != 0 {
            return Err(ConfigError::Open(self.0.clone()));
        }
        let mut text = String::new();
        file.take(MAX_SECRET_BYTES)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        Ok(Secret(text.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

impl Secret {
    /// Makes one of a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// What is to be said to the place.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret")
    }
}
