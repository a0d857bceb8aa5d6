//! Attaching block devices of dom0 to running qubes.

use std::path::PathBuf;

use anyhow::Result;

use super::loops;
use super::world::{Running, World};
use crate::qube::attach;
use crate::userns;
use crate::wire::Message;

/// A device of dom0 that a running qube has.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    /// Such as `loop3`.
    pub(crate) device: String,
    pub(crate) read_only: bool,
}

/// A block device that dom0 offers.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) size: u64,
    pub(crate) read_only: bool,
    /// What it is made of in a lab without root.
    pub(crate) file: PathBuf,
}

/// Makes the device appear in a qube's /dev under `frontend`.
pub(crate) fn plug(
    world: &World,
    running: &Running,
    offered: &Offered,
    frontend: &str,
    read_only: bool,
) -> Result<()> {
    let pid = running.processes.pid;
    let node = loops::node(&offered.name);
    if running.is_vm {
        let is_real = userns::is_root();
        running.processes.ask(&Message::Plug {
            device: if is_real { node } else { offered.file.clone() },
            frontend: frontend.to_owned(),
            read_only,
        })
    } else if userns::is_root() {
        attach::node(pid, &node, frontend)
    } else {
        attach::file(
            &world.layout.lab_program(),
            pid,
            &offered.file,
            read_only,
            frontend,
        )
    }
}

/// Takes it away again.
pub(crate) fn unplug(world: &World, running: &Running, frontend: &str) -> Result<()> {
    let pid = running.processes.pid;
    if running.is_vm {
        let message = Message::Unplug(frontend.to_owned());
        running.processes.ask(&message)
    } else if userns::is_root() {
        attach::remove_node(pid, frontend)
    } else {
        attach::remove_file(&world.layout.lab_program(), pid, frontend)
    }
}
