//! Settings with something of everything, for tests.

use super::{Colour, Kind, Own, Property, Settings, Text, Volume, Word};
use crate::admin::assignment::{Assignment, Mode};

pub(crate) fn word(text: &str) -> Word {
    Word::parse(text).unwrap()
}

pub(crate) fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

pub(crate) fn property(kind: Kind, value: &str) -> Property {
    let value = text(value);
    Property { kind, value }
}

pub(crate) fn sample() -> Settings {
    let properties = [
        ("label", Kind::Label, "red"),
        ("memory", Kind::Number, "600"),
        ("netvm", Kind::Qube, ""),
        ("template", Kind::Qube, "debian-12"),
    ];
    let properties = properties.map(|(name, kind, value)| (word(name), property(kind, value)));
    let options = [("no-strict-reset", "True"), ("of", "a b")];
    let device = Assignment {
        class: word("pci"),
        backend: word("dom0"),
        port: word("00_1f.2"),
        id: word("*"),
        mode: Mode::Required,
        options: options
            .map(|(name, value)| (word(name), text(value)))
            .into(),
    };
    let volume = |pool, driver, own: Option<(u64, i64)>| Volume {
        pool: word(pool),
        driver: word(driver),
        own: own.map(|(bytes, revisions)| Own { bytes, revisions }),
        is_writable: own.is_some(),
        is_ephemeral: false,
    };
    let kernel = volume("linux-kernel", "linux-kernel", None);
    let private = volume("vm-pool", "lvm_thin", Some((2 << 30, -1)));
    Settings {
        class: word("AppVM"),
        colour: Colour::parse("0xcc0000"),
        properties: properties.into(),
        features: [("gui", ""), ("note", "two\nlines \\ here")]
            .map(|(name, value)| (word(name), text(value)))
            .into(),
        tags: ["one", "two"].map(word).into(),
        firewall: ["action=accept proto=tcp", "action=drop"].map(text).into(),
        notes: text("a b\nc"),
        devices: [device].into(),
        volumes: [(word("kernel"), kernel), (word("private"), private)].into(),
    }
}
