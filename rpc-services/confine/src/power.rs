//! Capabilities: root without them is an ordinary user who owns root's files.

use rustix::io::Result;
pub use rustix::thread::CapabilitySet;
use rustix::thread::{CapabilitySets, capabilities, set_capabilities};

/// Gives up all but these.
///
/// # Errors
/// When the kernel refuses.
pub fn reduce(kept: CapabilitySet) -> Result<()> {
    let has = capabilities(None)?.permitted;
    set_capabilities(
        None,
        CapabilitySets {
            effective: has & kept,
            permitted: has & kept,
            inheritable: CapabilitySet::empty(),
        },
    )
}
