//! What has to be known to start such a machine.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Sent to the process that starts it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The first file system.
    pub(crate) initrd: PathBuf,
    /// MiB.
    pub(crate) memory: u64,
    /// Where the daemon listens for the machine's calls.
    pub(crate) agent_socket: PathBuf,
}
