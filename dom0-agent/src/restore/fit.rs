//! Makes settings fit what there is: other names, and what is missing.

use super::choices::{Choices, Instead, Stead};
use super::exists::Exists;
use super::plan::Names;
use crate::settings::{Colour, Kind, Settings, Text, Word};
use qib_rpc::name::QubeName;
use std::collections::BTreeMap;

/// What settings are made to fit.
pub(super) struct Fit<'a> {
    /// Which qubes become which.
    pub names: &'a Names,
    /// What there is.
    pub exists: &'a Exists,
    /// What the user chose.
    pub choices: &'a Choices,
}

impl Fit<'_> {
    /// The qube that is meant by a name that was written down when it was backed up.
    fn now(&self, name: &str) -> Option<String> {
        if name == "dom0" {
            return Some(name.to_owned());
        }
        let name = QubeName::parse(name).ok()?;
        if let Some(target) = self.names.get(&name) {
            return Some(target.to_string());
        }
        let is_there = self.exists.qubes.contains_key(&name);
        is_there.then(|| name.to_string())
    }

    /// Has a qube that is based on a template be based on one that is there.
    pub(super) fn template(
        &self,
        wanted: &mut Settings,
        remarks: &mut Vec<String>,
    ) -> Result<(), String> {
        let Some(old) = wanted.value("template").map(str::to_owned) else {
            return Ok(());
        };
        let default = self.exists.default_template.as_ref();
        let template = match Instead::of(&self.choices.templates, &old) {
            Some(Stead::Qube(new)) => self.now(new.as_str()),
            Some(Stead::Default) => default.map(QubeName::to_string),
            Some(Stead::None) => None,
            None => match self.now(&old) {
                None if self.choices.ignore_missing => default.map(QubeName::to_string),
                found => found,
            },
        };
        let template = template.ok_or_else(|| {
            format!(
                "its template {old} does not exist here; install it first, restore it too, \
                 or say --template {old}=OTHER or --ignore-missing"
            )
        })?;
        if template != old {
            remarks.push(format!("its template is {template}, not {old}"));
        }
        set(wanted, "template", &template);
        Ok(())
    }

    /// A label that is not there is made if its colour is known, and else becomes red, as in
    /// Qubes' own restore.
    pub(super) fn label(
        &self,
        wanted: &mut Settings,
        remarks: &mut Vec<String>,
    ) -> Option<(Word, Colour)> {
        let old = Word::parse(wanted.value("label")?)?;
        if self.exists.labels.contains(&old) {
            return None;
        }
        if let Some(colour) = wanted.colour.clone() {
            remarks.push(format!("its label {old} is made, with the colour {colour}"));
            return Some((old, colour));
        }
        remarks.push(format!("its label is red, as there is no {old}"));
        set(wanted, "label", "red");
        None
    }

    /// The pools of a new qube's volumes, as far as they are there: those that are its own, and
    /// the volatile one. The others lie where their template's do.
    pub(super) fn pools(
        &self,
        wanted: &mut Settings,
        remarks: &mut Vec<String>,
    ) -> Result<BTreeMap<Word, Word>, String> {
        let mut pools = BTreeMap::new();
        for (name, volume) in &mut wanted.volumes {
            if volume.own.is_none() && name.as_str() != "volatile" {
                continue;
            }
            let mut chosen = self.choices.pools.iter();
            let chosen = chosen.find(|chosen| chosen.old == volume.pool);
            let pool = chosen.map_or(&volume.pool, |chosen| &chosen.new).clone();
            if self.exists.pools.contains(&pool) {
                if pool != volume.pool {
                    remarks.push(format!(
                        "its {name} volume lies in pool {pool}, not {}",
                        volume.pool
                    ));
                }
                volume.pool = pool.clone();
                pools.insert(name.clone(), pool);
            } else if chosen.is_some() {
                return Err(format!("there is no pool {pool}; see 'qvm-pool'"));
            } else {
                remarks.push(format!(
                    "its {name} volume lies in the default pool, as there is no {pool}"
                ));
            }
        }
        Ok(pools)
    }

    /// A kernel that is not installed becomes the default one.
    pub(super) fn kernel(&self, wanted: &mut Settings, remarks: &mut Vec<String>) {
        let kernel = wanted.value("kernel").filter(|kernel| !kernel.is_empty());
        let (Some(old), Some(kernels)) = (kernel.map(str::to_owned), &self.exists.kernels) else {
            return;
        };
        if !kernels.contains(&old) {
            remarks.push(format!("its kernel is the default, as there is no {old}"));
            wanted.properties.remove("kernel");
        }
    }

    /// Has properties name qubes that are there.
    pub(super) fn links(
        &self,
        wanted: &mut Settings,
        remarks: &mut Vec<String>,
    ) -> Result<(), String> {
        self.netvm(wanted, remarks)?;
        let is_link = |name: &Word| !["template", "netvm"].contains(&name.as_str());
        let links: Vec<(Word, String)> = wanted
            .properties
            .iter()
            .filter(|(name, property)| property.kind == Kind::Qube && is_link(name))
            .map(|(name, property)| (name.clone(), property.value.as_str().to_owned()))
            .filter(|(_, old)| !old.is_empty())
            .collect();
        for (name, old) in links {
            match self.now(&old) {
                Some(new) => set(wanted, name.as_str(), &new),
                // Files opened in a disposable must not get a network that they had not.
                None if name.as_str() == "default_dispvm" => {
                    set(wanted, name.as_str(), "");
                    remarks.push(format!("it has no default_dispvm, as there is no {old}"));
                }
                None => {
                    wanted.properties.remove(&name);
                    remarks.push(format!("its {name} is the default, as there is no {old}"));
                }
            }
        }
        Ok(())
    }

    /// A qube whose net qube is missing is offline: better than through one that nobody chose.
    fn netvm(&self, wanted: &mut Settings, remarks: &mut Vec<String>) -> Result<(), String> {
        let netvm = wanted.value("netvm").filter(|name| !name.is_empty());
        let Some(old) = netvm.map(str::to_owned) else {
            return Ok(());
        };
        let missing = || {
            format!(
                "its net qube {old} does not exist here; restore it too, or say \
                 --netvm {old}=OTHER, --netvm {old}=none or --ignore-missing"
            )
        };
        let new = match Instead::of(&self.choices.netvms, &old) {
            Some(Stead::Qube(new)) => self.now(new.as_str()).ok_or_else(missing)?,
            Some(Stead::None) => String::new(),
            Some(Stead::Default) => {
                wanted.properties.remove("netvm");
                remarks.push(format!("its net qube is the default, not {old}"));
                return Ok(());
            }
            None => match self.now(&old) {
                Some(new) => new,
                None if self.choices.ignore_missing => String::new(),
                None => return Err(missing()),
            },
        };
        if new.is_empty() {
            remarks.push(format!("it has no net qube; it had {old}"));
        } else if new != old {
            remarks.push(format!("its net qube is {new}, not {old}"));
        }
        set(wanted, "netvm", &new);
        Ok(())
    }

    /// Devices of qubes that are not there are not given.
    pub(super) fn devices(&self, wanted: &mut Settings, remarks: &mut Vec<String>) {
        for mut device in std::mem::take(&mut wanted.devices) {
            let backend = self.now(device.backend.as_str());
            match backend.and_then(|name| Word::parse(&name)) {
                Some(backend) => {
                    device.backend = backend;
                    wanted.devices.insert(device);
                }
                None => {
                    let (class, backend, port) = (&device.class, &device.backend, &device.port);
                    remarks.push(format!("not given the {class} device {backend}:{port}"));
                }
            }
        }
    }
}

/// Gives a property that was set another value.
fn set(settings: &mut Settings, name: &str, value: &str) {
    if let Some(property) = settings.properties.get_mut(name) {
        property.value = Text::parse(value).unwrap_or_default();
    }
}
