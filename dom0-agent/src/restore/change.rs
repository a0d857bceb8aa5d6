//! From how a qube is set up to how it is to be: the steps, one call to qubesd each.

use crate::admin::assignment::{self, Assignment};
use crate::admin::{AdminError, call, settings};
use crate::settings::{Kind, Property, Settings, Text, Volume, Word};
use qib_rpc::name::QubeName;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One step. The order of the variants is the order in which they are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Set a property, or give it its default back.
    Property(Word, Option<Property>),
    /// Set a feature, or remove it.
    Feature(Word, Option<Text>),
    /// Set a tag, or remove it.
    Tag(Word, bool),
    /// Set the rules of the firewall.
    Firewall(Vec<Text>),
    /// Set the notes.
    Notes(Text),
    /// Give it a device at each start, or no more.
    Device(Assignment, bool),
    /// How many of a volume's earlier states are kept.
    Revisions(Word, i64),
    /// Whether the qube may write to a volume.
    Writable(Word, bool),
    /// Whether what is written to a volume is lost when the qube stops.
    Ephemeral(Word, bool),
    /// Make a volume larger.
    Grow(Word, u64),
}

/// Every step from `now` to `wanted`.
pub fn changes(now: &Settings, wanted: &Settings) -> Vec<Change> {
    let mut steps = properties(now, wanted);
    steps.extend(
        differing(&now.features, &wanted.features)
            .map(|(name, value)| Change::Feature(name.clone(), value.cloned())),
    );
    steps.extend(in_one(&now.tags, &wanted.tags).map(|(tag, is)| Change::Tag(tag.clone(), is)));
    if now.firewall != wanted.firewall {
        steps.push(Change::Firewall(wanted.firewall.clone()));
    }
    if now.notes != wanted.notes {
        steps.push(Change::Notes(wanted.notes.clone()));
    }
    let mut devices: Vec<_> = in_one(&now.devices, &wanted.devices).collect();
    // One that is only to be given in another way is taken away first.
    devices.sort_by_key(|(_, is_wanted)| *is_wanted);
    steps.extend(
        devices
            .into_iter()
            .map(|(device, is_wanted)| Change::Device(device.clone(), is_wanted)),
    );
    for (name, volume) in &wanted.volumes {
        steps.extend(of_volume(name, now.volumes.get(name), volume));
    }
    steps
}

fn properties(now: &Settings, wanted: &Settings) -> Vec<Change> {
    let steps = differing(&now.properties, &wanted.properties);
    let steps = steps.map(|(name, value)| Change::Property(name.clone(), value.cloned()));
    let mut steps: Vec<Change> = steps.collect();
    // What others are based on first.
    let is_later = |step: &Change| {
        let Change::Property(name, _) = step else {
            return true;
        };
        name.as_str() != "template_for_dispvms"
    };
    steps.sort_by_key(is_later);
    steps
}

fn of_volume(name: &Word, now: Option<&Volume>, wanted: &Volume) -> Vec<Change> {
    let Some(now) = now else {
        return Vec::new();
    };
    let mut steps = Vec::new();
    if let (Some(now), Some(wanted)) = (now.own, wanted.own) {
        if now.revisions != wanted.revisions {
            steps.push(Change::Revisions(name.clone(), wanted.revisions));
        }
        if now.bytes < wanted.bytes {
            steps.push(Change::Grow(name.clone(), wanted.bytes));
        }
    }
    if now.is_writable != wanted.is_writable {
        steps.push(Change::Writable(name.clone(), wanted.is_writable));
    }
    if now.is_ephemeral != wanted.is_ephemeral {
        steps.push(Change::Ephemeral(name.clone(), wanted.is_ephemeral));
    }
    steps
}

/// The keys whose values differ, with what is wanted.
fn differing<'a, T: PartialEq>(
    now: &'a BTreeMap<Word, T>,
    wanted: &'a BTreeMap<Word, T>,
) -> impl Iterator<Item = (&'a Word, Option<&'a T>)> {
    let keys: BTreeSet<&Word> = now.keys().chain(wanted.keys()).collect();
    let differing = move |key: &&Word| now.get(*key) != wanted.get(*key);
    let keys = keys.into_iter().filter(differing);
    keys.map(move |key| (key, wanted.get(key)))
}

/// What is in one of them alone, and whether that is what is wanted.
fn in_one<'a, T: Ord>(
    now: &'a BTreeSet<T>,
    wanted: &'a BTreeSet<T>,
) -> impl Iterator<Item = (&'a T, bool)> {
    let only = now.symmetric_difference(wanted);
    only.map(move |one| (one, wanted.contains(one)))
}

impl Change {
    /// True for a step that names another qube: it is taken once all qubes are there.
    pub fn is_link(&self) -> bool {
        const LINKS: [&str; 5] = [
            "netvm",
            "default_dispvm",
            "guivm",
            "audiovm",
            "management_dispvm",
        ];
        match self {
            Self::Property(name, Some(property)) => {
                property.kind == Kind::Qube && name.as_str() != "template"
            }
            Self::Property(name, None) => LINKS.contains(&name.as_str()),
            Self::Device(device, _) => device.backend.as_str() != "dom0",
            _ => false,
        }
    }

    /// Takes the step.
    ///
    /// # Errors
    /// What qubesd says.
    pub fn apply(&self, qube: &QubeName) -> Result<(), AdminError> {
        match self {
            Self::Property(name, Some(Property { value, .. })) => {
                call::set_property(qube, name.as_str(), value.as_str())
            }
            Self::Property(name, None) => settings::reset_property(qube, name),
            Self::Feature(name, Some(value)) => {
                call::set_feature(qube, name.as_str(), value.as_str())
            }
            Self::Feature(name, None) => settings::remove_feature(qube, name),
            Self::Tag(tag, true) => call::set_tag(qube, tag.as_str()),
            Self::Tag(tag, false) => call::remove_tag(qube, tag.as_str()),
            Self::Firewall(rules) => settings::set_firewall(qube, rules),
            Self::Notes(notes) => settings::set_notes(qube, notes),
            Self::Device(device, true) => assignment::assign(qube, device),
            Self::Device(device, false) => assignment::unassign(qube, device),
            Self::Revisions(volume, number) => {
                settings::set_volume(qube, volume, "revisions_to_keep", &number.to_string())
            }
            Self::Writable(volume, is) => settings::set_volume(qube, volume, "rw", flag(*is)),
            Self::Ephemeral(volume, is) => {
                settings::set_volume(qube, volume, "ephemeral", flag(*is))
            }
            Self::Grow(volume, bytes) => settings::resize(qube, volume, *bytes),
        }
    }
}

fn flag(is: bool) -> &'static str {
    if is { "True" } else { "False" }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(name, Some(property)) => {
                write!(out, "property {name} to '{}'", property.value.as_str())
            }
            Self::Property(name, None) => write!(out, "property {name} to its default"),
            Self::Feature(name, Some(value)) => {
                write!(out, "feature {name} to '{}'", value.as_str())
            }
            Self::Feature(name, None) => write!(out, "feature {name} to nothing"),
            Self::Tag(tag, true) => write!(out, "tag {tag}"),
            Self::Tag(tag, false) => write!(out, "tag {tag} to nothing"),
            Self::Firewall(rules) => write!(out, "firewall to {} rules", rules.len()),
            Self::Notes(_) => out.write_str("notes"),
            Self::Device(device, is_wanted) => {
                let (class, backend, port) = (&device.class, &device.backend, &device.port);
                let end = if *is_wanted { "" } else { " to nothing" };
                write!(out, "{class} device {backend}:{port}{end}")
            }
            Self::Revisions(volume, number) => {
                write!(out, "revisions_to_keep of volume {volume} to {number}")
            }
            Self::Writable(volume, is) => write!(out, "rw of volume {volume} to {}", flag(*is)),
            Self::Ephemeral(volume, is) => {
                write!(out, "ephemeral of volume {volume} to {}", flag(*is))
            }
            Self::Grow(volume, bytes) => write!(out, "size of volume {volume} to {bytes} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::assignment::Mode;
    use crate::settings::sample::{property, sample, text, word};

    fn told(now: &Settings, wanted: &Settings) -> Vec<String> {
        let steps = changes(now, wanted);
        steps.iter().map(Change::to_string).collect()
    }

    #[test]
    fn nothing_is_done_where_all_is_as_it_should_be() {
        assert_eq!(changes(&sample(), &sample()), []);
    }

    #[test]
    fn each_difference_is_one_step() {
        let mut wanted = sample();
        wanted.properties.remove(&word("memory"));
        for (name, value) in [("autostart", "True"), ("template_for_dispvms", "True")] {
            let value = property(Kind::Flag, value);
            wanted.properties.insert(word(name), value);
        }
        wanted.features.remove(&word("note"));
        wanted.features.insert(word("gui"), text("1"));
        wanted.tags = ["two", "three"].map(word).into();
        wanted.firewall.reverse();
        wanted.notes = text("");
        let mut device = wanted.devices.pop_first().unwrap();
        device.mode = Mode::Auto;
        wanted.devices.insert(device);
        let private = wanted.volumes.get_mut(&word("private")).unwrap();
        private.is_ephemeral = true;
        private.own.as_mut().unwrap().revisions = 2;
        private.own.as_mut().unwrap().bytes *= 2;
        let expected = [
            "property template_for_dispvms to 'True'",
            "property autostart to 'True'",
            "property memory to its default",
            "feature gui to '1'",
            "feature note to nothing",
            "tag one to nothing",
            "tag three",
            "firewall to 2 rules",
            "notes",
            "pci device dom0:00_1f.2 to nothing",
            "pci device dom0:00_1f.2",
            "revisions_to_keep of volume private to 2",
            "size of volume private to 4294967296 bytes",
            "ephemeral of volume private to True",
        ];
        assert_eq!(told(&sample(), &wanted), expected);
    }

    #[test]
    fn what_names_another_qube_waits_for_it() {
        let mut wanted = sample();
        let name = |name| property(Kind::Qube, name);
        wanted.properties.insert(word("netvm"), name("sys-net"));
        wanted.properties.insert(word("template"), name("other"));
        wanted.properties.insert(word("guivm"), name("sys-gui"));
        let steps = changes(&sample(), &wanted);
        let links: Vec<String> = steps
            .iter()
            .filter(|step| step.is_link())
            .map(Change::to_string)
            .collect();
        assert_eq!(
            links,
            ["property guivm to 'sys-gui'", "property netvm to 'sys-net'"]
        );
    }
}
