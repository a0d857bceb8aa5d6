//! Read-only overlays: some files of ours laid over a folder of the machine.

use std::path::Path;

use anyhow::{Context, Result};
use rustix::mount::{MountFlags, mount};

/// Mounts `layers`, the topmost first, at `target`. Paths hold no `:` and no `,`: see `Layout`.
pub(crate) fn read_only(layers: &[&Path], target: &Path) -> Result<()> {
    let layers: Vec<String> = layers
        .iter()
        .map(|layer| layer.display().to_string())
        .collect();
    let options = std::ffi::CString::new(format!("lowerdir={}", layers.join(":")))?;
    mount(
        "overlay",
        target,
        "overlay",
        MountFlags::RDONLY,
        Some(options.as_c_str()),
    )
    .with_context(|| format!("overlay on {}", target.display()))
}
