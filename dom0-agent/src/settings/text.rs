//! Settings as bytes: lines of text, one form for each.
//!
//! Every line but the first is a word for what it is, then its fields, with one space between
//! them; the last field may have spaces. In a value `\\` is a backslash, `\n` the end of a line
//! and, where it must be a word, `\s` a space. Lines of one kind are in the order of their bytes,
//! but for the rules of the firewall, which keep theirs.

use super::{Colour, Kind, Own, Property, Settings, Text, Volume, Word, unescape};
use crate::admin::assignment::{Assignment, Mode};
use std::collections::{BTreeMap, BTreeSet};

/// The first line; another one is another version.
const VERSION: &str = "qib settings 1";

/// The longest text that is read, in bytes.
const MAX_BYTES: usize = 2 << 20;

impl Settings {
    /// The text, ending with the end of a line.
    pub fn encode(&self) -> String {
        let mut lines = vec![VERSION.to_owned(), format!("class {}", self.class)];
        lines.extend(self.colour.iter().map(|colour| format!("colour {colour}")));
        for (name, Property { kind, value }) in &self.properties {
            let value = value.escape(false);
            lines.push(format!("property {name} {} {value}", kind.name()));
        }
        for (name, value) in &self.features {
            lines.push(format!("feature {name} {}", value.escape(false)));
        }
        lines.extend(self.tags.iter().map(|tag| format!("tag {tag}")));
        for rule in &self.firewall {
            lines.push(format!("firewall {}", rule.escape(false)));
        }
        lines.push(format!("notes {}", self.notes.escape(false)));
        lines.extend(self.devices.iter().map(device_line));
        for (name, volume) in &self.volumes {
            lines.push(format!("volume {name} {}", volume_fields(volume)));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    /// Reads the text. What this accepts is what [`Self::encode`] writes, and nothing else.
    pub fn decode(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let mut lines = text.split('\n');
        if lines.next()? != VERSION {
            return None;
        }
        let mut settings = Self {
            class: Word::parse(lines.next()?.strip_prefix("class ")?)?,
            colour: None,
            properties: BTreeMap::new(),
            features: BTreeMap::new(),
            tags: BTreeSet::new(),
            firewall: Vec::new(),
            notes: Text::default(),
            devices: BTreeSet::new(),
            volumes: BTreeMap::new(),
        };
        lines
            .filter(|line| !line.is_empty())
            .try_for_each(|line| settings.take(line))?;
        // Another order, a line twice or a field written otherwise is another text.
        (settings.encode() == text).then_some(settings)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (what, fields) = line.split_once(' ')?;
        match what {
            "colour" => self.colour = Some(Colour::parse(fields)?),
            "property" => {
                let (name, fields) = fields.split_once(' ')?;
                let (kind, value) = fields.split_once(' ')?;
                let (kind, value) = (Kind::parse(kind)?, unescape(value)?);
                let property = Property { kind, value };
                self.properties.insert(Word::parse(name)?, property);
            }
            "feature" => {
                let (name, value) = fields.split_once(' ')?;
                self.features.insert(Word::parse(name)?, unescape(value)?);
            }
            "tag" => drop(self.tags.insert(Word::parse(fields)?)),
            "firewall" => self.firewall.push(unescape(fields)?),
            "notes" => self.notes = unescape(fields)?,
            "device" => drop(self.devices.insert(device(fields)?)),
            "volume" => {
                let (name, fields) = fields.split_once(' ')?;
                self.volumes.insert(Word::parse(name)?, volume(fields)?);
            }
            _ => return None,
        }
        Some(())
    }
}

fn device_line(device: &Assignment) -> String {
    let Assignment {
        class,
        backend,
        port,
        id,
        mode,
        options,
    } = device;
    let mode = mode.word();
    let mut line = format!("device {class} {backend} {port} {id} {mode}");
    for (name, value) in options {
        line.push_str(&format!(" {name}={}", value.escape(true)));
    }
    line
}

fn device(fields: &str) -> Option<Assignment> {
    let mut words = fields.split(' ');
    let mut word = || Word::parse(words.next()?);
    let (class, backend, port, id) = (word()?, word()?, word()?, word()?);
    let mode = Mode::parse(words.next()?)?;
    let option = |option: &str| {
        let (name, value) = option.split_once('=')?;
        Some((Word::parse(name)?, unescape(value)?))
    };
    Some(Assignment {
        class,
        backend,
        port,
        id,
        mode,
        options: words.map(option).collect::<Option<_>>()?,
    })
}

fn volume_fields(volume: &Volume) -> String {
    let Volume { pool, driver, .. } = volume;
    let own = match volume.own {
        Some(Own { bytes, revisions }) => format!("{bytes} {revisions}"),
        None => "- -".to_owned(),
    };
    let writable = if volume.is_writable { "rw" } else { "ro" };
    let ephemeral = if volume.is_ephemeral {
        "ephemeral"
    } else {
        "lasting"
    };
    format!("{pool} {driver} {own} {writable} {ephemeral}")
}

fn volume(fields: &str) -> Option<Volume> {
    let words: Vec<&str> = fields.split(' ').collect();
    let [pool, driver, bytes, revisions, writable, ephemeral] = *words.as_slice() else {
        return None;
    };
    let own = match (bytes, revisions) {
        ("-", "-") => None,
        _ => Some(Own {
            bytes: bytes.parse().ok()?,
            revisions: revisions.parse().ok()?,
        }),
    };
    Some(Volume {
        pool: Word::parse(pool)?,
        driver: Word::parse(driver)?,
        own,
        is_writable: either(writable, "rw", "ro")?,
        is_ephemeral: either(ephemeral, "ephemeral", "lasting")?,
    })
}

fn either(word: &str, yes: &str, no: &str) -> Option<bool> {
    (word == yes || word == no).then_some(word == yes)
}

#[cfg(test)]
mod tests {
    use super::super::sample::sample;
    use super::*;

    const TEXT: &str = "qib settings 1\nclass AppVM\ncolour 0xcc0000\nproperty label label red\n\
        property memory int 600\nproperty netvm vm \nproperty template vm debian-12\n\
        feature gui \nfeature note two\\nlines \\\\ here\ntag one\ntag two\n\
        firewall action=accept proto=tcp\nfirewall action=drop\nnotes a b\\nc\n\
        device pci dom0 00_1f.2 * required no-strict-reset=True of=a\\sb\n\
        volume kernel linux-kernel linux-kernel - - ro lasting\n\
        volume private vm-pool lvm_thin 2147483648 -1 rw lasting\n";

    #[test]
    fn the_text_is_the_documented_one() {
        assert_eq!(sample().encode(), TEXT);
        assert_eq!(Settings::decode(TEXT), Some(sample()));
    }

    #[test]
    fn the_colour_may_be_unknown() {
        let text = TEXT.replacen("colour 0xcc0000\n", "", 1);
        let colour = None;
        assert_eq!(
            Settings::decode(&text),
            Some(Settings { colour, ..sample() })
        );
    }

    #[test]
    fn any_other_text_is_refused() {
        for (from, to) in [
            ("qib settings 1", "qib settings 2"),
            ("class AppVM", "class A B"),
            ("class AppVM\n", ""),
            ("0xcc0000", "0xcc000"),
            ("colour 0xcc0000\n", "colour 0xcc0000\ncolour 0xcc0000\n"),
            ("tag one\ntag two", "tag two\ntag one"),
            ("tag one", "tag one\ntag one"),
            ("tag one", "tag one\n"),
            ("tag one", "tga one"),
            ("tag one", "tag "),
            ("int 600", "number 600"),
            ("two\\nlines", "two\\xlines"),
            ("here\n", "here\n\n"),
            (" * required", " * manual"),
            ("00_1f.2 *", "00_1f.2  *"),
            ("of=a\\sb", "of"),
            ("2147483648", "02147483648"),
            ("2147483648", "18446744073709551616"),
            ("2147483648 -1", "- -1"),
            ("rw lasting\n", "rw lasting"),
            ("rw lasting", "rw"),
            ("notes a b\\nc\n", ""),
        ] {
            let text = TEXT.replacen(from, to, 1);
            assert_ne!(text, TEXT, "{from}");
            assert_eq!(Settings::decode(&text), None, "{from} -> {to}");
        }
        let long = TEXT.replacen("a b\\nc", &"a".repeat(256_001), 1);
        assert_eq!(Settings::decode(&long), None);
        let long = TEXT.replacen("tag one\n", &"tag one\n".repeat(300_000), 1);
        assert_eq!(Settings::decode(&long), None);
    }
}
