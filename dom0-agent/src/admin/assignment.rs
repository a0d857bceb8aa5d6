//! Devices that a qube is given at each start: Qubes 4.3 has other words for it than 4.2.

use crate::admin::call::{Result, bad};
use crate::admin::device::Words;
use crate::admin::{call, reply};
use crate::settings::{Text, Word};
use qib_rpc::name::QubeName;
use std::collections::{BTreeMap, BTreeSet};

/// A device that a qube is given at each start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assignment {
    /// What kind of device it is, as `pci`.
    pub class: Word,
    /// The qube that it is in, or dom0.
    pub backend: Word,
    /// Where in there, as `00_1f.2`, or `*`.
    pub port: Word,
    /// What it is, from Qubes 4.3 on; `*` for whatever is there.
    pub id: Word,
    /// When the qube gets it.
    pub mode: Mode,
    /// How.
    pub options: BTreeMap<Word, Text>,
}

/// When a qube gets a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Whenever it starts, as Qubes 4.2 has it.
    Persistent,
    /// Whenever it starts, which it does not without.
    Required,
    /// When somebody says yes.
    Ask,
    /// When both are there.
    Auto,
}

impl Mode {
    const ALL: [Self; 4] = [Self::Persistent, Self::Required, Self::Ask, Self::Auto];

    /// The mode that is written so.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }

    /// How it is written, by Qubes 4.3 for the modes that it has.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Persistent => "persistent",
            Self::Required => "required",
            Self::Ask => "ask-to-attach",
            Self::Auto => "auto-attach",
        }
    }
}

/// The devices that a qube is given.
///
/// # Errors
/// [`AdminError`](crate::admin::AdminError) says why.
pub fn assigned(qube: &QubeName) -> Result<BTreeSet<Assignment>> {
    const CLASSES: &str = "admin.deviceclass.List";
    let words = Words::for_qube(qube)?;
    let classes = call(CLASSES, "", "dom0", b"")?;
    let mut found = BTreeSet::new();
    for class in reply::words(&classes).ok_or_else(|| bad(CLASSES))? {
        let method = match words {
            Words::Qubes42 => format!("admin.vm.device.{class}.List"),
            Words::Qubes43 => format!("admin.vm.device.{class}.Assigned"),
        };
        let answer = call(&method, "", qube.as_str(), b"")?;
        let lines = reply::lines(&answer).ok_or_else(|| bad(&method))?;
        for line in lines {
            let read = match words {
                Words::Qubes42 => of_list(&class, line),
                Words::Qubes43 => of_assigned(&class, line).map(Some),
            };
            found.extend(read.ok_or_else(|| bad(&method))?);
        }
    }
    Ok(found)
}

/// Has a qube given a device at each start.
///
/// # Errors
/// [`AdminError`](crate::admin::AdminError) says why.
pub fn assign(qube: &QubeName, device: &Assignment) -> Result<()> {
    let class = &device.class;
    let (method, argument, payload) = match Words::for_qube(qube)? {
        Words::Qubes42 => {
            let method = format!("admin.vm.device.{class}.Attach");
            (method, device.place(), device.options_of_4_2())
        }
        Words::Qubes43 => {
            let method = format!("admin.vm.device.{class}.Assign");
            (method, device.name(), device.said_by_4_3(qube))
        }
    };
    call(&method, &argument, qube.as_str(), payload.as_bytes()).map(drop)
}

/// Has it given no more.
///
/// # Errors
/// [`AdminError`](crate::admin::AdminError) says why.
pub fn unassign(qube: &QubeName, device: &Assignment) -> Result<()> {
    let class = &device.class;
    let (method, argument) = match Words::for_qube(qube)? {
        Words::Qubes42 => (format!("admin.vm.device.{class}.Detach"), device.place()),
        Words::Qubes43 => (format!("admin.vm.device.{class}.Unassign"), device.name()),
    };
    call(&method, &argument, qube.as_str(), b"").map(drop)
}

impl Assignment {
    fn place(&self) -> String {
        format!("{}+{}", self.backend, self.port)
    }

    /// What 4.3 calls it in an argument, which has neither `:` nor `*` nor `?`.
    fn name(&self) -> String {
        let name = format!("{}:{}:{}", self.backend, self.port, self.id);
        let name = name.replace(':', "+").replace("?******", "_______");
        name.replace('*', "_")
    }

    fn options_of_4_2(&self) -> String {
        let options = self.options.iter();
        let options = options.map(|(name, value)| format!("{name}={} ", value.as_str()));
        format!("{}persistent=True", options.collect::<String>())
    }

    fn said_by_4_3(&self, qube: &QubeName) -> String {
        let quoted = |value: &str| format!("'{}'", value.replace('\'', "\\'"));
        let mode = match (self.mode, self.class.as_str()) {
            (Mode::Persistent, "pci") => Mode::Required,
            (Mode::Persistent, _) => Mode::Auto,
            (other, _) => other,
        };
        let mut said = format!(
            "device_id={} port_id={} devclass='{}' backend_domain='{}' mode='{}' frontend_domain='{qube}'",
            quoted(self.id.as_str()),
            quoted(self.port.as_str()),
            self.class,
            self.backend,
            mode.word(),
        );
        for (name, value) in &self.options {
            said.push_str(&format!(" _{name}={}", quoted(value.as_str())));
        }
        said
    }
}

/// Reads a line of 4.2's `List`: `BACKEND+PORT OPTION=VALUE… persistent=yes`. One that is there
/// until the qube stops is none.
pub fn of_list(class: &Word, line: &str) -> Option<Option<Assignment>> {
    let mut words = line.split(' ');
    let (backend, port) = words.next()?.split_once('+')?;
    let mut options = BTreeMap::new();
    for word in words {
        let (name, value) = word.split_once('=')?;
        options.insert(Word::parse(name)?, Text::parse(value)?);
    }
    let persistent = options.remove("persistent")?;
    let assignment = Assignment {
        class: class.clone(),
        backend: Word::parse(backend)?,
        port: Word::parse(port)?,
        id: Word::parse("*")?,
        mode: Mode::Persistent,
        options,
    };
    match persistent.as_str() {
        "yes" => Some(Some(assignment)),
        "no" => Some(None),
        _ => None,
    }
}

/// Reads a line of 4.3's `Assigned`: `BACKEND+PORT:ID KEY='VALUE'…`, where options are keys that
/// begin with `_`.
pub fn of_assigned(class: &Word, line: &str) -> Option<Assignment> {
    let (_, pairs) = line.split_once(' ')?;
    let (mut facts, mut options) = (BTreeMap::new(), BTreeMap::new());
    let mut rest = pairs;
    while !rest.is_empty() {
        let (key, after) = rest.split_once("='")?;
        let (value, after) = quoted(after)?;
        match key.strip_prefix('_') {
            Some(option) => drop(options.insert(Word::parse(option)?, Text::parse(&value)?)),
            None => drop(facts.insert(key, Word::parse(&value)?)),
        }
        rest = after;
    }
    let same_class = facts.remove("devclass")? == *class;
    let assignment = Assignment {
        class: class.clone(),
        backend: facts.remove("backend_domain")?,
        port: facts.remove("port_id")?,
        id: facts.remove("device_id")?,
        mode: Mode::parse(facts.remove("mode")?.as_str())?,
        options,
    };
    same_class.then_some(assignment)
}

/// A value up to its closing quote, and what follows the space behind that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('\'')?;
        match before.strip_suffix('\\') {
            Some(escaped) => {
                value.push_str(escaped);
                value.push('\'');
                rest = after;
            }
            None => {
                value.push_str(before);
                let end = after.strip_prefix(' ').or(after.is_empty().then_some(""))?;
                return Some((value, end));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::sample::{text, word};

    #[test]
    fn devices_are_asked_for_in_the_words_of_each_release() {
        let mut device = Assignment {
            class: word("pci"),
            backend: word("dom0"),
            port: word("00_1f.2"),
            id: word("0x8086:0x1e26::p0c0320"),
            mode: Mode::Persistent,
            options: [(word("a"), text("b'c"))].into(),
        };
        let qube = QubeName::parse("work").unwrap();
        assert_eq!(device.place(), "dom0+00_1f.2");
        assert_eq!(device.options_of_4_2(), "a=b'c persistent=True");
        assert_eq!(device.name(), "dom0+00_1f.2+0x8086+0x1e26++p0c0320");
        let said = "device_id='0x8086:0x1e26::p0c0320' port_id='00_1f.2' devclass='pci' \
            backend_domain='dom0' mode='required' frontend_domain='work' _a='b\\'c'";
        assert_eq!(device.said_by_4_3(&qube), said);
        (device.port, device.id) = (word("*"), word("0000:0000::?******"));
        assert_eq!(device.name(), "dom0+_+0000+0000++_______");
        device.class = word("usb");
        assert!(device.said_by_4_3(&qube).contains(" mode='auto-attach' "));
    }

    #[test]
    fn lines_of_qubes_4_2() {
        let line = "dom0+00_1f.2 no-strict-reset=True persistent=yes";
        let read = of_list(&word("pci"), line).unwrap().unwrap();
        assert_eq!((read.backend, read.port), (word("dom0"), word("00_1f.2")));
        assert_eq!(
            read.options,
            [(word("no-strict-reset"), text("True"))].into()
        );
        let volatile = "sys-usb+sda frontend-dev=xvdi persistent=no";
        assert_eq!(of_list(&word("block"), volatile), Some(None));
        for wrong in [
            "",
            "dom0 persistent=yes",
            "dom0+a",
            "dom0+a persistent=perhaps",
            "dom0+a x persistent=yes",
            "+a persistent=yes",
            "dom0+a  persistent=yes",
        ] {
            assert_eq!(of_list(&word("pci"), wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lines_of_qubes_4_3() {
        let line = "dom0+00_1f.2:0x8086:0x1e26::p0c0320 device_id='0x8086:0x1e26::p0c0320' \
            port_id='00_1f.2' devclass='pci' backend_domain='dom0' mode='required' \
            frontend_domain='work' _no-strict-reset='True' _of='a \\'b\\''";
        let read = of_assigned(&word("pci"), line).unwrap();
        assert_eq!(read.mode, Mode::Required);
        assert_eq!(read.id, word("0x8086:0x1e26::p0c0320"));
        assert_eq!(read.options.get("of"), Some(&text("a 'b'")));
        for (from, to) in [
            ("='required'", "='manual'"),
            ("='required'", "='required"),
            ("='pci'", "='usb'"),
            (" mode='required'", ""),
            ("='dom0'", "=''"),
            ("_no-", "_no -"),
            ("'True' ", "'True'"),
        ] {
            let wrong = line.replacen(from, to, 1);
            assert_ne!(wrong, line);
            assert_eq!(of_assigned(&word("pci"), &wrong), None, "{from} -> {to}");
        }
    }
}
