//! What the administrator decides, in `/etc/qubes/qib.conf`.
//!
//! Lines of `key = value`; `#` begins a comment. An unknown key is an error, so
//! that a typing mistake never changes what is backed up where.

use crate::destination::Destination;
use crate::error::{Error, Result, at};
use crate::paths;
use qib_rpc::name::QubeName;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};

/// The configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where backups are kept.
    pub storage: Destination,
    /// The disposable template that helpers are made from.
    pub helper_template: QubeName,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When the file is missing, or a line is wrong; the message says which.
    pub fn read() -> Result<Self> {
        Self::read_if_there()?.ok_or(Error::NoConfig)
    }

    /// Reads the configuration, if the file is there.
    ///
    /// # Errors
    /// When a line is wrong; the message says which.
    pub fn read_if_there() -> Result<Option<Self>> {
        match fs::read_to_string(paths::CONFIG) {
            Ok(text) => Self::parse(&text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(wrong(&error.to_string())),
        }
    }

    /// Writes a configuration where there was none.
    ///
    /// # Errors
    /// When there is one, or it can not be written.
    pub fn write(&self) -> Result<()> {
        let mut file = File::create_new(paths::CONFIG).map_err(at(paths::CONFIG))?;
        file.write_all(self.text().as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(at(paths::CONFIG))
    }

    /// The text of such a file.
    pub fn text(&self) -> String {
        let Self {
            storage,
            helper_template,
        } = self;
        format!(
            "# Where qib stores, and what its helpers are made from.\n\
             storage = {storage}\nhelper_template = {helper_template}\n"
        )
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// Which line is wrong, or what is missing.
    pub fn parse(text: &str) -> Result<Self> {
        let mut storage = None;
        let mut helper_template = None;
        for setting in settings(text) {
            let (number, key, value) = setting.map_err(|error| wrong(&error))?;
            let bad = |error: &dyn Display| wrong(&format!("line {number}: {error}"));
            match key {
                "storage" => storage = Some(value.parse().map_err(|error| bad(&error))?),
                "helper_template" => {
                    helper_template = Some(QubeName::parse(value).map_err(|error| bad(&error))?);
                }
                _ => return Err(wrong(&format!("line {number} has an unknown key"))),
            }
        }
        Ok(Self {
            storage: storage.ok_or_else(|| {
                wrong(
                    "it does not name the storage qube: 'storage = QUBE' or 'storage = QUBE:PLACE'",
                )
            })?,
            helper_template: helper_template.ok_or_else(|| {
                wrong("it does not name the helpers' template: 'helper_template = NAME'")
            })?,
        })
    }
}

/// The settings in a text: number of the line, key and value.
pub fn settings(
    text: &str,
) -> impl Iterator<Item = std::result::Result<(u32, &str, &str), String>> {
    let lines = (1u32..).zip(text.lines());
    let lines = lines.map(|(number, line)| (number, line.split('#').next().unwrap_or_default()));
    let written = lines.filter(|(_, line)| !line.trim().is_empty());
    written.map(|(number, line)| {
        let setting = line.split_once('=');
        let (key, value) = setting.ok_or_else(|| format!("line {number} is not 'key = value'"))?;
        Ok((number, key.trim(), value.trim()))
    })
}

fn wrong(what: &str) -> Error {
    Error::Config(format!("{}: {what}", paths::CONFIG))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_are_read() {
        let config = Config::parse(
            "# mine\nstorage = sys-backup:nas # at home\n\nhelper_template=qib-dvm\n",
        );
        let config = config.unwrap();
        assert_eq!(config.storage.to_string(), "sys-backup:nas");
        assert_eq!(config.helper_template.as_str(), "qib-dvm");
    }

    #[test]
    fn what_is_written_reads_back() {
        let config = Config::parse("storage=a\nhelper_template=b").unwrap();
        assert_eq!(Config::parse(&config.text()).unwrap(), config);
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
