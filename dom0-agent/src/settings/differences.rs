//! Settings as a list of facts, and what differs between two of them.

use super::{Own, Settings, Volume};
use crate::text;
use std::collections::{BTreeMap, BTreeSet};

/// What is told of a qube, by what it is about: in the order in which it is shown.
pub type Facts = BTreeMap<Subject, String>;

/// What a fact is about. The order of the variants is the order of showing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The qube's class.
    Class,
    /// The colour of its label.
    Colour,
    /// A property.
    Property(String),
    /// A feature.
    Feature(String),
    /// A tag; that it is there is all that there is to tell.
    Tag(String),
    /// All rules of the firewall.
    Firewall,
    /// A device.
    Device(String),
    /// A volume.
    Volume(String),
    /// What people wrote.
    Notes,
}

/// A fact that two settings differ in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub subject: Subject,
    /// How it was, if it was there.
    pub before: Option<String>,
    /// How it is, if it is there.
    pub after: Option<String>,
}

impl Subject {
    /// The kind of fact, and which of its kind.
    pub fn words(&self) -> (&'static str, &str) {
        match self {
            Self::Class => ("class", ""),
            Self::Colour => ("colour", ""),
            Self::Property(name) => ("property", name),
            Self::Feature(name) => ("feature", name),
            Self::Tag(name) => ("tag", name),
            Self::Firewall => ("firewall", ""),
            Self::Device(name) => ("device", name),
            Self::Volume(name) => ("volume", name),
            Self::Notes => ("notes", ""),
        }
    }
}

impl Settings {
    /// Everything that is told of the qube.
    pub fn facts(&self) -> Facts {
        let mut facts = Facts::from([(Subject::Class, self.class.to_string())]);
        if let Some(colour) = &self.colour {
            facts.insert(Subject::Colour, colour.to_string());
        }
        for (name, property) in &self.properties {
            let value = property.value.as_str().to_owned();
            facts.insert(Subject::Property(name.to_string()), value);
        }
        for (name, value) in &self.features {
            let value = value.as_str().to_owned();
            facts.insert(Subject::Feature(name.to_string()), value);
        }
        let tags = self.tags.iter().map(|tag| Subject::Tag(tag.to_string()));
        facts.extend(tags.map(|tag| (tag, String::new())));
        let rules: Vec<&str> = self.firewall.iter().map(|rule| rule.as_str()).collect();
        facts.insert(Subject::Firewall, rules.join("\n"));
        for device in &self.devices {
            let (class, backend, port) = (&device.class, &device.backend, &device.port);
            let name = format!("{class} {backend}:{port}:{}", device.id);
            let mut value = device.mode.word().to_owned();
            for (option, of) in &device.options {
                value.push_str(&format!(" {option}={}", of.as_str()));
            }
            facts.insert(Subject::Device(name), value);
        }
        for (name, volume) in &self.volumes {
            facts.insert(Subject::Volume(name.to_string()), told(volume));
        }
        if !self.notes.as_str().is_empty() {
            facts.insert(Subject::Notes, self.notes.as_str().to_owned());
        }
        facts
    }
}

/// What differs between two settings.
pub fn differences(before: &Facts, after: &Facts) -> Vec<Difference> {
    let subjects: BTreeSet<&Subject> = before.keys().chain(after.keys()).collect();
    let difference = |subject: &Subject| Difference {
        subject: subject.clone(),
        before: before.get(subject).cloned(),
        after: after.get(subject).cloned(),
    };
    let all = subjects.into_iter().map(difference);
    all.filter(|found| found.before != found.after).collect()
}

fn told(volume: &Volume) -> String {
    let mut words = format!("in {} ({})", volume.pool, volume.driver);
    if let Some(Own { bytes, revisions }) = volume.own {
        let size = text::bytes(bytes);
        words.push_str(&format!(", {bytes} bytes ({size}), {revisions} revisions"));
    }
    if !volume.is_writable {
        words.push_str(", read-only");
    }
    if volume.is_ephemeral {
        words.push_str(", ephemeral");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::sample::{property, sample, text, word};
    use super::super::{Kind, Own};
    use super::*;

    #[test]
    fn what_differs_is_told_once_and_nothing_else() {
        let before = sample();
        assert_eq!(differences(&before.facts(), &before.facts()), []);
        let mut after = sample();
        after.properties.remove(&word("memory"));
        let name = property(Kind::Qube, "sys-net");
        after.properties.insert(word("netvm"), name);
        after.tags.insert(word("three"));
        after.notes = text("");
        after.devices.clear();
        let private = after.volumes.get_mut(&word("private")).unwrap();
        private.own = Some(Own {
            bytes: 1 << 30,
            revisions: 2,
        });
        let told = |found: &Difference| {
            let (kind, name) = found.subject.words();
            let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
            format!(
                "{kind} {name}: {} / {}",
                side(&found.before),
                side(&found.after)
            )
        };
        let found = differences(&before.facts(), &after.facts());
        let found: Vec<String> = found.iter().map(told).collect();
        let expected = [
            "property memory: 600 / -",
            "property netvm:  / sys-net",
            "tag three: - / ",
            "device pci dom0:00_1f.2:*: required no-strict-reset=True of=a b / -",
            "volume private: in vm-pool (lvm_thin), 2147483648 bytes (2.0 GiB), -1 revisions / \
             in vm-pool (lvm_thin), 1073741824 bytes (1.0 GiB), 2 revisions",
            "notes : a b\nc / -",
        ];
        assert_eq!(found, expected);
    }
}
