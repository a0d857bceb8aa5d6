//! What the administrator decides, in `/etc/qubes/qib.conf`.
//!
//! Lines of `key = value`; `#` begins a comment. An unknown key is an error, so
//! that a typing mistake never changes what is backed up where.

use crate::error::{Error, Result};
use crate::paths;
use qib_rpc::name::QubeName;
use std::fs;

/// The configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The qube that keeps the backups.
    pub storage: QubeName,
    /// The disposable template that helpers are made from.
    pub helper_template: QubeName,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When the file is missing, or a line is wrong; the message says which.
    pub fn read() -> Result<Self> {
        let text = fs::read_to_string(paths::CONFIG).map_err(|error| {
            wrong(&format!(
                "{error}; it must name the storage qube: 'storage = NAME'"
            ))
        })?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut storage = None;
        let mut helper_template = None;
        for (number, line) in (1u32..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let (key, value) = line
                .split_once('=')
                .ok_or_else(|| wrong(&format!("line {number} is not 'key = value'")))?;
            let name = QubeName::parse(value.trim())
                .map_err(|error| wrong(&format!("line {number}: {error}")))?;
            match key.trim() {
                "storage" => storage = Some(name),
                "helper_template" => helper_template = Some(name),
                _ => return Err(wrong(&format!("line {number} has an unknown key"))),
            }
        }
        Ok(Self {
            storage: storage
                .ok_or_else(|| wrong("it does not name the storage qube: 'storage = NAME'"))?,
            helper_template: helper_template.ok_or_else(|| {
                wrong("it does not name the helpers' template: 'helper_template = NAME'")
            })?,
        })
    }
}

fn wrong(what: &str) -> Error {
    Error::Config(format!("{}: {what}", paths::CONFIG))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_are_read() {
        let config =
            Config::parse("# mine\nstorage = sys-backup # a NAS\n\nhelper_template=qib-dvm\n");
        let config = config.unwrap();
        assert_eq!(config.storage.as_str(), "sys-backup");
        assert_eq!(config.helper_template.as_str(), "qib-dvm");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, word) in [
            ("storage sys", "line 1"),
            ("storage = a b", "line 1"),
            ("\nstorrage = a", "line 2"),
            ("storage = a", "helper_template"),
            ("helper_template = a", "storage"),
        ] {
            assert!(
                Config::parse(text).unwrap_err().to_string().contains(word),
                "{text}"
            );
        }
    }
}
