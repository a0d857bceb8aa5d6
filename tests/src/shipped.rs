//! Installs the project's policy and service files into a new lab, as packages would.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::layout::Layout;

const DEFAULT_POLICY: &str = include_str!("90-default.policy");

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Writes dom0's settings and policy, and the services of each kind of qube.
pub(crate) fn install(layout: &Layout) -> Result<()> {
    let policy = layout.dom0("etc/qubes/policy.d");
    fs::create_dir_all(&policy)?;
    fs::create_dir_all(layout.dom0("etc/qubes-rpc"))?;
    fs::write(policy.join("90-default.policy"), DEFAULT_POLICY)?;
    copy(
        &project().join("packaging/qib.conf"),
        &layout.dom0("etc/qubes/qib.conf"),
    )?;
    copy(
        &project().join("policy/10-qib.policy"),
        &policy.join("10-qib.policy"),
    )?;
    for kind in ["helper", "storage"] {
        let services = layout.kind(kind, "qubes-rpc");
        fs::create_dir_all(&services)?;
        copy_all(&project().join("policy").join(kind), &services)?;
    }
    Ok(())
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_symlink() {
        std::os::unix::fs::symlink(fs::read_link(from)?, to)?;
    } else {
        fs::copy(from, to).with_context(|| from.display().to_string())?;
    }
    Ok(())
}
