//! What a qube's first process has to know to build the qube.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Sent to the qube's first process before it leaves the machine's own file system.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) name: String,
    /// An empty folder to build the root on.
    pub(crate) mount_point: PathBuf,
    /// The machine's own /usr.
    pub(crate) host_usr: PathBuf,
    /// What lies over it.
    pub(crate) usr: PathBuf,
    /// Service files for /etc/qubes-rpc.
    pub(crate) services: PathBuf,
    /// The qube's own /tmp.
    pub(crate) tmp: PathBuf,
    /// The qube's own /rw.
    pub(crate) rw: PathBuf,
    /// Where the daemon listens for the qube's calls.
    pub(crate) agent_socket: PathBuf,
    /// Run the storage daemon in it.
    pub(crate) is_storage: bool,
    /// Give it loop devices and FUSE: helpers mount parts of volumes, and snapshots.
    pub(crate) is_helper: bool,
}
