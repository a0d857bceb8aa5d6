//! Capabilities: root without them is an ordinary user who owns root's files.

use super::Needs;
use rustix::io::Result;
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

/// To read every file, and attributes that only root sees.
const READING: CapabilitySet = CapabilitySet::DAC_READ_SEARCH.union(CapabilitySet::SYS_ADMIN);

/// Gives up what is not needed.
///
/// # Errors
/// When the kernel refuses.
pub fn reduce(needs: Needs<'_>) -> Result<()> {
    let kept = match needs {
        Needs::Nothing => CapabilitySet::empty(),
        Needs::Tree { .. } => READING,
        // Files come back with their owners, devices and attributes.
        Needs::Volume => return Ok(()),
    };
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
