//! Settings as JSON.

use super::differences::Difference;
use super::{Settings, Word};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

impl Settings {
    /// All of it.
    pub fn json(&self) -> Value {
        let property = |property: &super::Property| json!({ "type": property.kind.name(), "value": property.value.as_str() });
        let tags: Vec<&str> = self.tags.iter().map(Word::as_str).collect();
        let firewall: Vec<&str> = self.firewall.iter().map(|rule| rule.as_str()).collect();
        let devices = self.devices.iter().map(|device| {
            json!({
                "class": device.class.as_str(),
                "backend": device.backend.as_str(),
                "port": device.port.as_str(),
                "id": device.id.as_str(),
                "mode": device.mode.word(),
                "options": object(&device.options, |value| value.as_str().into()),
            })
        });
        json!({
            "class": self.class.as_str(),
            "colour": self.colour.as_ref().map(super::Colour::as_str),
            "properties": object(&self.properties, property),
            "features": object(&self.features, |value| value.as_str().into()),
            "tags": tags,
            "firewall": firewall,
            "notes": self.notes.as_str(),
            "devices": devices.collect::<Vec<Value>>(),
            "volumes": object(&self.volumes, volume),
        })
    }
}

/// What differs, each with how it was and how it is.
pub fn differences(found: &[Difference]) -> Vec<Value> {
    let one = |difference: &Difference| {
        let (kind, name) = difference.subject.words();
        json!({
            "kind": kind,
            "name": name,
            "before": difference.before,
            "after": difference.after,
        })
    };
    found.iter().map(one).collect()
}

fn volume(volume: &super::Volume) -> Value {
    json!({
        "pool": volume.pool.as_str(),
        "driver": volume.driver.as_str(),
        "bytes": volume.own.map(|own| own.bytes),
        "revisions_to_keep": volume.own.map(|own| own.revisions),
        "rw": volume.is_writable,
        "ephemeral": volume.is_ephemeral,
    })
}

fn object<T>(map: &BTreeMap<Word, T>, value: impl Fn(&T) -> Value) -> Value {
    let pairs = map.iter();
    let pairs = pairs.map(|(name, of)| (name.to_string(), value(of)));
    Value::Object(pairs.collect::<Map<_, _>>())
}
