//! What of a qube's settings is restored, and what somebody has to agree to before.
//!
//! Settings come back authenticated, but what a qube may do here today is not decided by what it
//! could do when it was backed up.

use crate::settings::{Settings, Word};
use std::collections::BTreeSet;
use std::fmt;

/// Beginnings of tags that say what a qube may do for qib, for Qubes' own restore and for whoever
/// made it.
const TAGS: [&str; 6] = [
    "qib-",
    "backup-restore-",
    "created-by-",
    "disp-created-by-",
    "guivm-",
    "audiovm-",
];

/// Beginnings of features that hide a qube, give rights to those that it makes, keep it from
/// starting, or say that somebody accepted where it is stored.
const FEATURES: [&str; 6] = [
    "qib.networked-storage",
    "internal",
    "tag-created-vm-with",
    "preload-dispvm",
    "prohibit-start",
    "backup-",
];

/// Properties and values that give a qube more than its share, or change what is started.
const DANGEROUS: [&str; 3] = ["provides_network", "kernelopts", "virt_mode"];

/// Something in settings that somebody has to agree to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// What the qube holds now is replaced.
    Replaced,
    /// A property has this value.
    Property(String, String),
    /// It is given a device of this machine.
    Pci(String),
    /// It gets a tag that a policy of this machine names.
    Tag(String),
}

impl fmt::Display for Danger {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replaced => out.write_str("it exists, and is replaced"),
            Self::Property(name, value) => write!(out, "property {name} is {value}"),
            Self::Pci(name) => write!(out, "it is given the PCI device {name}"),
            Self::Tag(name) => write!(out, "policy names its tag {name}"),
        }
    }
}

/// Takes away what is never restored, and names it.
pub fn restorable(settings: &mut Settings) -> Vec<String> {
    let starts = |word: &Word, all: &[&str]| all.iter().any(|of| word.as_str().starts_with(of));
    let mut taken = Vec::new();
    settings.tags.retain(|tag| {
        let is_never = starts(tag, &TAGS);
        taken.extend(is_never.then(|| format!("tag {tag}")));
        !is_never
    });
    settings.features.retain(|name, _| {
        let is_never = starts(name, &FEATURES);
        taken.extend(is_never.then(|| format!("feature {name}")));
        !is_never
    });
    taken
}

/// What in `wanted` somebody has to agree to, if it is not so `now`.
pub fn dangers(
    wanted: &Settings,
    now: Option<&Settings>,
    policy_tags: &BTreeSet<String>,
) -> BTreeSet<Danger> {
    let mut found = BTreeSet::new();
    for name in DANGEROUS {
        let is_now = now.and_then(|now| now.value(name));
        let value = wanted.value(name).filter(|value| Some(*value) != is_now);
        let value = value.filter(|value| !["", "False"].contains(value));
        found.extend(value.map(|value| Danger::Property(name.to_owned(), value.to_owned())));
    }
    for device in &wanted.devices {
        let is_now = now.is_some_and(|now| now.devices.contains(device));
        if device.class.as_str() == "pci" && !is_now {
            let name = format!("{}:{}", device.backend, device.port);
            found.insert(Danger::Pci(name));
        }
    }
    for tag in &wanted.tags {
        let is_now = now.is_some_and(|now| now.tags.contains(tag));
        if policy_tags.contains(tag.as_str()) && !is_now {
            found.insert(Danger::Tag(tag.to_string()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Kind;
    use crate::settings::sample::{property, sample, text, word};

    #[test]
    fn what_gives_rights_is_never_restored() {
        let mut settings = sample();
        for tag in [
            "qib-helper",
            "qib-storage",
            "backup-restore-in-progress",
            "created-by-dom0",
            "disp-created-by-work",
            "guivm-sys-gui",
            "audiovm-dom0",
            "qibla",
        ] {
            settings.tags.insert(word(tag));
        }
        for feature in [
            "internal",
            "tag-created-vm-with",
            "preload-dispvm-max",
            "prohibit-start",
            "backup-content",
            "qib.networked-storage",
            "service.qubes-backup",
        ] {
            settings.features.insert(word(feature), text("1"));
        }
        let taken = restorable(&mut settings);
        assert_eq!(taken.len(), 13, "{taken:?}");
        assert_eq!(settings.tags, ["one", "qibla", "two"].map(word).into());
        let left: Vec<&str> = settings.features.keys().map(Word::as_str).collect();
        assert_eq!(left, ["gui", "note", "service.qubes-backup"]);
    }

    #[test]
    fn what_is_dangerous_is_named_unless_it_is_so_already() {
        let mut settings = sample();
        for (name, value) in [
            ("provides_network", "True"),
            ("kernelopts", "init=/bin/sh"),
            ("virt_mode", "hvm"),
        ] {
            let value = property(Kind::Text, value);
            settings.properties.insert(word(name), value);
        }
        let policy = BTreeSet::from(["two".to_owned(), "other".to_owned()]);
        let found = dangers(&settings, None, &policy);
        let found: Vec<String> = found.iter().map(Danger::to_string).collect();
        let expected = [
            "property kernelopts is init=/bin/sh",
            "property provides_network is True",
            "property virt_mode is hvm",
            "it is given the PCI device dom0:00_1f.2",
            "policy names its tag two",
        ];
        assert_eq!(found, expected);
        assert_eq!(
            dangers(&settings, Some(&settings), &policy),
            BTreeSet::new()
        );
    }
}
