//! Profiles as text.

use super::Profile;
use crate::config::settings;
use crate::select::Selector;
use std::fmt::Display;
use std::str::FromStr;

impl Profile {
    /// Reads the text of a profile.
    ///
    /// # Errors
    /// Which line is wrong, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut profile = Self::default();
        for setting in settings(text) {
            let (number, key, value) = setting?;
            let taken = profile.take(key, value);
            taken.map_err(|error| format!("line {number}: {error}"))?;
        }
        match (profile.all, profile.include.is_empty()) {
            (true, false) => Err("it has both 'all' and 'include'".to_owned()),
            (false, true) => Err("it names no qubes: 'include = NAME' or 'all = yes'".to_owned()),
            _ => Ok(profile),
        }
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "all" => self.all = yes(value)?,
            "include" => self.include.extend(selectors(value)?),
            "exclude" => self.exclude.extend(selectors(value)?),
            "exclude_paths" => self.wishes.exclude(value)?,
            "include_paths" => self.wishes.include(value)?,
            "max_file_size" => self.wishes.max_file_size(value)?,
            "sets" => self.wishes.sets(value)?,
            "storage" => self.storage = Some(parsed(value)?),
            "compression" => self.compression = Some(parsed(value)?),
            "retention" => self.retention = Some(value.to_owned()),
            _ => return Err("an unknown key".to_owned()),
        }
        Ok(())
    }

    /// The text of a profile that a command line makes: such a one has no rules.
    pub fn text(&self) -> String {
        let mut text = "# Made by qib backup --save-profile.\n".to_owned();
        if self.all {
            text.push_str("all = yes\n");
        }
        for (key, selectors) in [("include", &self.include), ("exclude", &self.exclude)] {
            for selector in selectors {
                text.push_str(&format!("{key} = {selector}\n"));
            }
        }
        if let Some(storage) = &self.storage {
            text.push_str(&format!("storage = {storage}\n"));
        }
        if let Some(level) = self.compression {
            text.push_str(&format!("compression = {level}\n"));
        }
        text
    }
}

fn yes(value: &str) -> Result<bool, String> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("it must be 'yes' or 'no'".to_owned()),
    }
}

fn selectors(value: &str) -> Result<Vec<Selector>, String> {
    value.split_whitespace().map(parsed).collect()
}

fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        let text = "# nightly\ninclude = @type:AppVM work # and\ninclude = mail\nexclude = @tag:scratch\n\
                    exclude_paths = *.iso:VMs/**\ninclude_paths = keep.iso\nmax_file_size = 2G\n\
                    sets = build-folders -trash\nstorage = sys-usb nas\ncompression = 7\n\
                    retention = 7 days\n";
        let profile = Profile::parse(text).unwrap();
        let names: Vec<String> = profile.include.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["@type:AppVM", "work", "mail"]);
        assert_eq!(profile.exclude.len(), 1);
        assert_eq!(profile.storage.as_ref().unwrap().to_string(), "nas sys-usb");
        assert_eq!(profile.compression.unwrap().level(), 7);
        assert_eq!(profile.retention.as_deref(), Some("7 days"));
        let rules = profile.wishes.rules().unwrap();
        assert_eq!(rules.paths.exclude.items().len(), 2);
        assert_eq!(rules.named.max_file_bytes, Some(2_000_000_000));
    }

    #[test]
    fn mistakes_are_named_with_their_lines() {
        for (text, said) in [
            ("include work", "line 1 is not 'key = value'"),
            ("include = work\n\nexlude = mail", "line 3: an unknown key"),
            ("include = @tag:", "line 1: it must be"),
            ("all = true", "line 1: it must be 'yes' or 'no'"),
            ("all = yes\ninclude = work", "both"),
            ("compression = 3", "it names no qubes"),
            (
                "all = yes\nsets = cache",
                "line 2: no set of rules is called 'cache'",
            ),
            (
                "all = yes\nexclude_paths = a//b",
                "line 2: a pattern with an empty name",
            ),
            ("all = yes\ncompression = 20", "line 2: a level"),
            ("all = yes\nstorage = a/b", "line 2: "),
            ("all = yes\nstorage =", "line 2: it names no storage"),
        ] {
            let error = Profile::parse(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_saved_reads_back() {
        for text in [
            "include = work\ninclude = @tag:daily\nexclude = mail\n",
            "all = yes\nstorage = nas usb\ncompression = 0\n",
        ] {
            let profile = Profile::parse(text).unwrap();
            assert_eq!(Profile::parse(&profile.text()), Ok(profile.clone()));
            assert!(profile.text().ends_with(text));
        }
    }
}
