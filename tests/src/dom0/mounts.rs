//! Makes this process' mount namespace the lab's dom0.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::mount::{MountFlags, mount, mount_bind};

use super::{notify, overlay};
use crate::layout::Layout;

/// Covers the paths that are Qubes' own; everything else stays the machine's.
pub(crate) fn set_up(layout: &Layout) -> Result<()> {
    // Without root a qube's own user namespace could not look below the covers made next.
    mount_bind("/usr", layout.host_usr()).context("/usr")?;
    for (layer, target) in [("layer/bin", "/usr/bin"), ("layer/sbin", "/usr/sbin")] {
        // On some machines both are one folder.
        if fs::canonicalize(target)? == Path::new(target) {
            overlay::read_only(&[&layout.dom0(layer), Path::new(target)], Path::new(target))?;
        }
    }
    for (layer, target) in [("layer/etc", "/etc"), ("layer/lib", "/var/lib")] {
        overlay::read_only(&[&layout.dom0(layer), Path::new(target)], Path::new(target))?;
    }
    let own = [
        ("etc/qubes", "/etc/qubes"),
        ("etc/qubes-rpc", "/etc/qubes-rpc"),
        ("lib/qib", "/var/lib/qib"),
        ("srv", "/srv"),
        ("local", "/usr/local"),
    ];
    for (ours, target) in own
        .into_iter()
        .filter(|(_, target)| Path::new(target).is_dir())
    {
        mount_bind(layout.dom0(ours), target).with_context(|| target.to_owned())?;
    }
    run(layout)
}

fn run(layout: &Layout) -> Result<()> {
    mount(
        "tmpfs",
        "/run",
        "tmpfs",
        MountFlags::NOSUID | MountFlags::NODEV,
        Some(c"mode=0755"),
    )
    .context("/run")?;
    for folder in ["qubes", "qubes/policy.d", "qib-lab", "lock"] {
        fs::create_dir_all(Path::new("/run").join(folder))?;
    }
    // By this file the lab knows its own processes again.
    fs::write("/run/qib-lab/id", layout.id()?)?;
    fs::write(notify::SHOWN, "")?;
    fs::set_permissions(notify::SHOWN, fs::Permissions::from_mode(0o666))?;
    Ok(())
}
