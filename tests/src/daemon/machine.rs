//! The state of the lab's machine; every answer of qubesd is computed from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::pool::Driver;
use crate::random;
use crate::release::Release;

/// Everything that outlives the daemon.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) release: Release,
    pub(crate) driver: Driver,
    /// Each helper is a machine of its own.
    pub(crate) has_vm_helpers: bool,
    pub(crate) qubes: BTreeMap<String, Qube>,
    /// The labels that somebody made, with their colours.
    pub(crate) labels: Vec<(String, String)>,
    /// Other names of the pool.
    pub(crate) pools: Vec<String>,
    /// dom0's QubesDB.
    pub(crate) qubesdb: BTreeMap<String, String>,
    /// Loop devices of a lab without root.
    pub(crate) loops: BTreeMap<u32, Loop>,
}

/// One qube; dom0 is not among them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Qube {
    pub(crate) class: String,
    pub(crate) uuid: String,
    pub(crate) qid: u32,
    /// Only those that were set.
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) features: BTreeMap<String, String>,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) firewall: Option<String>,
    pub(crate) notes: String,
    /// The devices that it gets whenever it starts; the lab plugs none of them in.
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) private_size: u64,
    /// Of one that is based on no template.
    pub(crate) root_size: Option<u64>,
    pub(crate) revisions_to_keep: i32,
    /// The pools of those volumes that are not in the default one.
    pub(crate) pools: BTreeMap<String, String>,
    /// Those that were set, by the volume and `rw` or `ephemeral`.
    pub(crate) volume_flags: BTreeMap<String, bool>,
    /// To be started again when the daemon comes back.
    pub(crate) running: bool,
}

/// A device that a qube gets whenever it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    pub(crate) class: String,
    pub(crate) backend: String,
    pub(crate) port: String,
    /// `*` up to 4.2.
    pub(crate) id: String,
    /// Empty up to 4.2.
    pub(crate) mode: String,
    pub(crate) options: BTreeMap<String, String>,
}

/// A name for a plain file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Loop {
    pub(crate) file: PathBuf,
    pub(crate) read_only: bool,
}

pub(crate) const STORAGE: &str = "sys-backup";
pub(crate) const HELPER_TEMPLATE: &str = "qib-dvm";
pub(crate) const TEMPLATE: &str = "debian-12-xfce";
const PRIVATE_SIZE: u64 = 2 << 30;
const ROOT_SIZE: u64 = 10 << 30;

impl Qube {
    pub(crate) fn new(class: &str, label: &str, template: Option<&str>, qid: u32) -> Result<Self> {
        let mut properties = BTreeMap::from([("label".to_owned(), label.to_owned())]);
        if let Some(template) = template {
            properties.insert("template".to_owned(), template.to_owned());
        }
        Ok(Self {
            class: class.to_owned(),
            uuid: random::uuid()?,
            qid,
            properties,
            features: BTreeMap::new(),
            tags: BTreeSet::from(["created-by-dom0".to_owned()]),
            firewall: None,
            notes: String::new(),
            assignments: Vec::new(),
            private_size: PRIVATE_SIZE,
            root_size: ["StandaloneVM", "TemplateVM"]
                .contains(&class)
                .then_some(ROOT_SIZE),
            revisions_to_keep: 1,
            pools: BTreeMap::new(),
            volume_flags: BTreeMap::new(),
            running: false,
        })
    }

    pub(crate) fn is_disposable(&self) -> bool {
        self.class == "DispVM"
    }

    /// The volumes that are files of its own.
    pub(crate) fn own_volumes(&self) -> &'static [&'static str] {
        match self {
            qube if qube.is_disposable() => &[],
            qube if qube.root_size.is_some() => &["root", "private"],
            _ => &["private"],
        }
    }

    /// The size of one of these.
    pub(crate) fn size(&self, volume: &str) -> u64 {
        let root = self.root_size.filter(|_| volume == "root");
        root.unwrap_or(self.private_size)
    }

    pub(crate) fn set_size(&mut self, volume: &str, size: u64) {
        if volume == "root" {
            self.root_size = Some(size);
        } else {
            self.private_size = size;
        }
    }

    pub(crate) fn flag(&self, volume: &str, flag: &str) -> Option<bool> {
        self.volume_flags.get(&format!("{volume} {flag}")).copied()
    }

    pub(crate) fn is_set(&self, property: &str) -> bool {
        self.properties
            .get(property)
            .is_some_and(|value| value == "True")
    }

    /// MiB that it starts with.
    pub(crate) fn memory(&self) -> u64 {
        let set = self.properties.get("memory");
        set.and_then(|text| text.parse().ok()).unwrap_or(400)
    }

    /// True when `qib-storage` is installed and switched on in it.
    fn stores(&self) -> bool {
        let is_on = |value: &String| value == "1";
        let has_service = self.features.get("service.qib-storage").is_some_and(is_on);
        has_service || self.tags.contains("qib-storage")
    }

    /// Which programs it has.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            qube if qube.stores() => "storage",
            qube if qube.is_disposable() => "helper",
            _ => "plain",
        }
    }
}

impl Machine {
    /// A machine as `create` makes it; nothing runs yet.
    pub(crate) fn new(release: Release, driver: Driver, has_vm_helpers: bool) -> Result<Self> {
        let mut template = Qube::new("TemplateVM", "black", None, 1)?;
        // The volumes of this one are only names.
        template.root_size = None;
        let mut helper = Qube::new("AppVM", "red", Some(TEMPLATE), 2)?;
        helper
            .properties
            .insert("template_for_dispvms".to_owned(), "True".to_owned());
        helper.properties.insert("netvm".to_owned(), String::new());
        let mut storage = Qube::new("AppVM", "gray", Some(TEMPLATE), 3)?;
        storage.tags.insert("qib-storage".to_owned());
        storage.properties.insert("netvm".to_owned(), String::new());
        storage.running = true;
        let named = [
            (TEMPLATE, template),
            (HELPER_TEMPLATE, helper),
            (STORAGE, storage),
        ];
        Ok(Self {
            release,
            driver,
            has_vm_helpers,
            qubes: named.map(|(name, qube)| (name.to_owned(), qube)).into(),
            labels: Vec::new(),
            pools: Vec::new(),
            qubesdb: BTreeMap::new(),
            loops: BTreeMap::new(),
        })
    }

    pub(crate) fn next_qid(&self) -> u32 {
        self.qubes.values().map(|qube| qube.qid).max().unwrap_or(0) + 1
    }

    pub(crate) fn load(path: &Path) -> Result<Self> {
        let text = fs::read(path).with_context(|| path.display().to_string())?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Whoever reads the file sees the old or the new state, never a part.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let new = path.with_extension("new");
        fs::write(&new, serde_json::to_vec_pretty(self)?)?;
        Ok(fs::rename(&new, path)?)
    }
}
