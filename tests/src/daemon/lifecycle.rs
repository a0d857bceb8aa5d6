//! Starting, stopping and removing qubes.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use super::machine::{Qube, STORAGE};
use super::world::{Inner, Running, World};
use crate::qrexec::broker;
use crate::qube::plan::Plan;
use crate::qube::spawn::Processes;
use crate::qubesd::Refusal;
use crate::unix_path;
use crate::userns;
use crate::vm;
use crate::wire::Message;

type Done = Result<(), Refusal>;

impl World {
    /// Starts a qube; one that runs already is fine.
    pub(crate) fn start(self: &Arc<Self>, name: &str) -> Done {
        let mut inner = self.lock();
        self.sweep_dead(&mut inner)?;
        let qube = inner
            .machine
            .qubes
            .get(name)
            .ok_or_else(|| Refusal::no_qube(name))?;
        if inner.running.contains_key(name) {
            return Ok(());
        }
        if qube.tags.contains("backup-restore-in-progress") {
            let why = "Restore of this domain in progress, cannot start";
            return Err(Refusal::exception("QubesVMError", why));
        }
        let guid = ("start_guid", "True");
        let details = [guid, ("mem_required", "None")];
        self.listeners.tell(name, "domain-pre-start", &details);
        if !self.has_memory_for(&inner, qube) {
            self.after_end(&mut inner, name)?;
            let why = format!("Not enough memory to start domain '{name}'");
            return Err(Refusal::exception("QubesMemoryError", &why));
        }
        let is_vm = inner.machine.has_vm_helpers && qube.kind() == "helper";
        let started = self.start_processes(name, qube, is_vm);
        let running = match started {
            Ok(running) => running,
            Err(error) => {
                let reason = format!("{error:#}");
                self.listeners
                    .tell(name, "domain-start-failed", &[("reason", &reason)]);
                self.after_end(&mut inner, name)?;
                return Err(Refusal::exception(
                    "QubesException",
                    &format!("Start failed: {error:#}"),
                ));
            }
        };
        inner.running.insert(name.to_owned(), running);
        for event in ["domain-spawn", "domain-start"] {
            self.listeners.tell(name, event, &[guid]);
        }
        if let Some(qube) = inner.machine.qubes.get_mut(name) {
            qube.running = true;
        }
        Ok(self.save(&inner)?)
    }

    fn start_processes(self: &Arc<Self>, name: &str, qube: &Qube, is_vm: bool) -> Result<Running> {
        for volume in qube.own_volumes() {
            self.pool.start(name, volume, qube.revisions_to_keep)?;
        }
        let plan = self.plan(name, qube)?;
        let agent_socket = plan.agent_socket.clone();
        let from_qube = unix_path::listen(&agent_socket)?;
        let from_dom0 = unix_path::listen(&dom0_socket(name))?;
        let listeners = vec![from_qube.try_clone()?, from_dom0.try_clone()?];
        let log = self.layout.qube(name, "log");
        let program = self.layout.lab_program();
        let begin = if is_vm {
            let plan = vm::plan::Plan {
                initrd: self.layout.initrd(),
                memory: qube.memory(),
                agent_socket,
            };
            ("vm-host", Message::Boot(plan))
        } else {
            ("qube-init", Message::Begin(plan))
        };
        let processes = Processes::start(&program, begin, &log, listeners)?;
        broker::serve_qube(Arc::clone(self), name.to_owned(), from_qube);
        broker::serve_dom0(Arc::clone(self), name.to_owned(), from_dom0);
        Ok(Running {
            processes,
            is_vm,
            attached: BTreeMap::new(),
        })
    }

    fn plan(&self, name: &str, qube: &Qube) -> Result<Plan> {
        let kind = qube.kind();
        let is_storage = kind == "storage";
        let rw = if is_storage {
            self.layout.disk(name)
        } else {
            self.layout.qube(name, "rw")
        };
        let tmp = self.layout.qube(name, "tmp");
        for folder in [&rw, &tmp] {
            fs::create_dir_all(folder)?;
        }
        Ok(Plan {
            name: name.to_owned(),
            mount_point: self.layout.mount_point(),
            host_usr: self.layout.host_usr(),
            usr: self.layout.kind(kind, "usr"),
            services: self.layout.kind(kind, "qubes-rpc"),
            tmp,
            rw,
            agent_socket: self.layout.qube(name, "agent.sock"),
            is_storage,
            is_helper: kind == "helper" && userns::is_root(),
        })
    }

    /// Stops a running qube at once; `Shutdown` and `Kill` differ only for guests that listen.
    pub(crate) fn stop(&self, name: &str) -> Done {
        let mut inner = self.lock();
        self.sweep_dead(&mut inner)?;
        if !inner.machine.qubes.contains_key(name) {
            return Err(Refusal::no_qube(name));
        }
        if inner.running.remove(name).is_none() {
            let why = format!("Domain is powered off: '{name}'");
            return Err(Refusal::exception("QubesVMNotStartedError", &why));
        }
        self.after_end(&mut inner, name)
    }

    /// Brings the state up to date with qubes that ended by themselves.
    pub(crate) fn sweep_dead(&self, inner: &mut Inner) -> Done {
        let ended = |(name, running): (&String, &mut Running)| {
            running.processes.has_ended().then(|| name.clone())
        };
        let dead: Vec<String> = inner.running.iter_mut().filter_map(ended).collect();
        for name in dead {
            inner.running.remove(&name);
            self.after_end(inner, &name)?;
        }
        Ok(())
    }

    fn after_end(&self, inner: &mut Inner, name: &str) -> Done {
        drop(fs::remove_file(dom0_socket(name)));
        let Some(qube) = inner.machine.qubes.get_mut(name) else {
            return Ok(());
        };
        qube.running = false;
        for volume in qube.own_volumes() {
            self.pool.stop(name, volume, qube.revisions_to_keep)?;
        }
        let is_removed = qube.is_disposable() && qube.is_set("auto_cleanup");
        for event in ["domain-stopped", "domain-shutdown"] {
            self.listeners.tell(name, event, &[]);
        }
        if is_removed {
            self.forget(inner, name)?;
        }
        Ok(self.save(inner)?)
    }

    /// Removes a halted qube and its volumes.
    pub(crate) fn remove(&self, name: &str) -> Done {
        let mut inner = self.lock();
        self.sweep_dead(&mut inner)?;
        if inner.running.contains_key(name) {
            let why = format!("Domain is not powered off: '{name}'");
            return Err(Refusal::exception("QubesVMNotHaltedError", &why));
        }
        self.forget(&mut inner, name)?;
        Ok(self.save(&inner)?)
    }

    fn forget(&self, inner: &mut Inner, name: &str) -> Done {
        let Some(qube) = inner.machine.qubes.remove(name) else {
            return Err(Refusal::no_qube(name));
        };
        for event in ["domain-pre-delete", "domain-delete"] {
            self.listeners.tell("", event, &[("vm", name)]);
        }
        if !qube.own_volumes().is_empty() {
            self.pool.remove(name)?;
        }
        let folder = self.layout.qube(name, "");
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
    }

    /// After a start of the daemon: disposables are gone, as after a power cut; the others that
    /// ran start again, the storage qube first.
    pub(crate) fn start_again(self: &Arc<Self>) -> Done {
        let mut inner = self.lock();
        let mut names = Vec::new();
        let mut gone = Vec::new();
        for (name, qube) in &mut inner.machine.qubes {
            match (qube.running, qube.is_disposable()) {
                (true, false) => names.push(name.clone()),
                (_, true) if qube.is_set("auto_cleanup") => gone.push(name.clone()),
                _ => {}
            }
            qube.running = false;
        }
        gone.iter()
            .try_for_each(|name| self.forget(&mut inner, name))?;
        drop(inner);
        names.sort_by_key(|name| name != STORAGE);
        names.iter().try_for_each(|name| self.start(name))
    }

    pub(crate) fn stop_all(&self) -> Done {
        let names: Vec<String> = self.lock().running.keys().cloned().collect();
        names.iter().try_for_each(|name| self.stop(name))
    }
}

fn dom0_socket(name: &str) -> PathBuf {
    PathBuf::from(format!("/run/qubes/qrexec.{name}"))
}
