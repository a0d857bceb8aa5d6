//! The `callback` driver runs programs of the administrator's around another driver; which one,
//! with what settings, is in a file of dom0's that qubesd reads too.

use crate::error::{Error, Result, at};
use serde_json::Value;
use std::fs;

const PATH: &str = "/etc/qubes_callback.json";

/// What a driver is told when its pool is set up.
pub(super) struct Wrapped {
    /// Its name.
    pub(super) driver: String,
    settings: Value,
}

impl Wrapped {
    /// Finds the driver that the configuration of this name wraps.
    ///
    /// # Errors
    /// When the file can not be read or does not say.
    pub(super) fn find(name: &str) -> Result<Self> {
        let text = fs::read_to_string(PATH).map_err(at(PATH))?;
        Self::parse(&text, name)
            .ok_or_else(|| Error::Volume(format!("{PATH} does not say what '{name}' wraps")))
    }

    fn parse(text: &str, name: &str) -> Option<Self> {
        let all: Value = serde_json::from_str(text).ok()?;
        let one = all.get(name)?;
        Some(Self {
            driver: one.get("bdriver")?.as_str()?.to_owned(),
            settings: one.get("bdriver_args").cloned().unwrap_or_default(),
        })
    }

    /// One of its settings; empty where there is none.
    pub(super) fn setting(&self, key: &str) -> String {
        let text = self.settings.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_callback_pool_wraps() {
        let text = r#"{
            "one": {"cmd": "/bin/true", "bdriver": "file-reflink",
                    "bdriver_args": {"dir_path": "/mnt/one", "revisions_to_keep": 1}},
            "two": {"bdriver": "lvm_thin"},
            "three": {"cmd": "/bin/true"}
        }"#;
        let one = Wrapped::parse(text, "one").unwrap();
        assert_eq!(one.driver, "file-reflink");
        assert_eq!(one.setting("dir_path"), "/mnt/one");
        assert_eq!(one.setting("revisions_to_keep"), "", "no text");
        let two = Wrapped::parse(text, "two").unwrap();
        assert_eq!(two.setting("volume_group"), "");
        assert!(Wrapped::parse(text, "three").is_none());
        assert!(Wrapped::parse(text, "four").is_none());
        assert!(Wrapped::parse("{", "one").is_none());
    }
}
