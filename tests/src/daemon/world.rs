//! The daemon's shared state: the machine, and the qubes that run now.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};

use super::calls::Calls;
use super::devices::Attachment;
use super::machine::{Machine, Qube};
use crate::layout::Layout;
use crate::policy::{Domain, SystemInfo};
use crate::pool::Pool;
use crate::qube::spawn::Processes;
use crate::qubesd::Listeners;
use crate::release::Release;

/// A qube that runs now.
pub(crate) struct Running {
    pub(crate) processes: Processes,
    /// A machine of its own, not processes of this one.
    pub(crate) is_vm: bool,
    /// By the name it has in the qube's /dev.
    pub(crate) attached: BTreeMap<String, Attachment>,
}

/// What one lock guards.
pub(crate) struct Inner {
    pub(crate) machine: Machine,
    pub(crate) running: BTreeMap<String, Running>,
}

/// Shared by all threads of the daemon.
pub(crate) struct World {
    pub(crate) layout: Layout,
    pub(crate) pool: Pool,
    pub(crate) release: Release,
    pub(crate) calls: Calls,
    /// Who is told what happens.
    pub(crate) listeners: Listeners,
    inner: Mutex<Inner>,
    deaf_to: Mutex<BTreeSet<String>>,
    memory: Mutex<Option<u64>>,
    attaches_writable: AtomicBool,
}

impl World {
    pub(crate) fn new(layout: Layout, machine: Machine) -> Result<Arc<Self>> {
        let pool = Pool::new(machine.driver, &layout)?;
        let release = machine.release;
        let inner = Mutex::new(Inner {
            machine,
            running: BTreeMap::new(),
        });
        Ok(Arc::new(Self {
            layout,
            pool,
            release,
            calls: Calls::default(),
            listeners: Listeners::default(),
            inner,
            deaf_to: Mutex::default(),
            memory: Mutex::default(),
            attaches_writable: AtomicBool::new(false),
        }))
    }

    /// The state. A thread that panicked left it as whole as any other, so go on.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn save(&self, inner: &Inner) -> Result<()> {
        inner.machine.save(&self.layout.state())
    }

    /// Adds a line to one of the lab's logs; a log that cannot be written stops nothing.
    pub(crate) fn log(&self, name: &str, line: &str) {
        let file = File::options()
            .create(true)
            .append(true)
            .open(self.layout.log(name));
        drop(file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes())));
    }

    /// A qubesd that says yes to this call and does nothing, as tests want it.
    pub(crate) fn turn_deaf(&self, call: String) {
        let mut deaf_to = self.deaf_to.lock().unwrap_or_else(PoisonError::into_inner);
        deaf_to.insert(call);
    }

    pub(crate) fn is_deaf_to(&self, method: &str, argument: &str) -> bool {
        let deaf_to = self.deaf_to.lock().unwrap_or_else(PoisonError::into_inner);
        deaf_to.contains(method) || deaf_to.contains(&format!("{method}+{argument}"))
    }

    /// A qubesd that attaches every device writable, as tests want it.
    pub(crate) fn attach_writable(&self) {
        self.attaches_writable.store(true, Ordering::SeqCst);
    }

    pub(crate) fn attaches_writable(&self) -> bool {
        self.attaches_writable.load(Ordering::SeqCst)
    }

    /// A machine with room for disposables of so many MiB.
    pub(crate) fn limit_memory(&self, mebibytes: u64) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        *memory = Some(mebibytes);
    }

    /// Is there memory for one more?
    pub(crate) fn has_memory_for(&self, inner: &Inner, qube: &Qube) -> bool {
        let memory = *self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let running = inner.running.keys();
        let running = running.filter_map(|name| inner.machine.qubes.get(name));
        let used: u64 = running
            .filter(|qube| qube.is_disposable())
            .map(Qube::memory)
            .sum();
        !qube.is_disposable() || memory.is_none_or(|memory| used + qube.memory() <= memory)
    }

    pub(crate) fn is_running(&self, name: &str) -> bool {
        self.lock().running.contains_key(name)
    }

    /// Where calls to a running qube are sent.
    pub(crate) fn control_of(&self, name: &str) -> Result<OwnedFd> {
        let inner = self.lock();
        inner
            .running
            .get(name)
            .with_context(|| format!("{name} is not running"))?
            .processes
            .control()
    }

    /// What the policy may know.
    pub(crate) fn system_info(&self) -> SystemInfo {
        let inner = self.lock();
        let mut info: SystemInfo = inner
            .machine
            .qubes
            .iter()
            .map(|(name, qube)| {
                let named = |property: &str| qube.properties.get(property).cloned();
                let domain = Domain {
                    class: qube.class.clone(),
                    tags: qube.tags.clone(),
                    template_for_dispvms: qube.is_set("template_for_dispvms"),
                    default_dispvm: named("default_dispvm").filter(|name| !name.is_empty()),
                    uuid: qube.uuid.clone(),
                };
                (name.clone(), domain)
            })
            .collect();
        let class = "AdminVM".to_owned();
        let uuid = crate::qubesd::DOM0_UUID.to_owned();
        info.insert(
            "dom0".to_owned(),
            Domain {
                class,
                uuid,
                ..Domain::default()
            },
        );
        info
    }
}
