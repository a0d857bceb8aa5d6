//! What a new lab's dom0 and qubes have over the machine's own files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};

use crate::layout::Layout;
use crate::release::Release;
use crate::userns;

/// The kinds of qubes, by the programs they have.
pub(crate) const KINDS: [&str; 3] = ["plain", "helper", "storage"];

/// Lays everything out below the lab's folder; programs are there already.
pub(crate) fn lay_out(layout: &Layout, release: Release) -> Result<()> {
    for folder in [
        "layer/bin",
        "layer/sbin",
        "layer/etc/qubes",
        "layer/etc/qubes-rpc",
    ] {
        fs::create_dir_all(layout.dom0(folder))?;
    }
    let text = format!("Qubes release {release}.0 (R{release})\n");
    fs::write(layout.dom0("layer/etc/qubes-release"), text)?;
    for folder in ["layer/lib/qib", "lib/qib"] {
        fs::create_dir_all(layout.dom0(folder))?;
    }
    for name in ["qrexec-client", "qubesdb-write", "qubesdb-rm"] {
        symlink(layout.lab_program(), layout.dom0("layer/bin").join(name))?;
    }
    // Debian keeps it in sbin, others in bin.
    if !userns::is_root() {
        for folder in ["layer/bin", "layer/sbin"] {
            symlink(layout.lab_program(), layout.dom0(folder).join("losetup"))?;
        }
    }
    for folder in ["layer/bin", "layer/sbin"] {
        symlink(layout.lab_program(), layout.dom0(folder).join("lvm"))?;
    }
    link_program(layout, "qib", &layout.dom0("layer/bin/qib"))?;
    KINDS.iter().try_for_each(|kind| lay_out_kind(layout, kind))
}

fn lay_out_kind(layout: &Layout, kind: &str) -> Result<()> {
    fs::create_dir_all(layout.kind(kind, "usr/bin"))?;
    fs::create_dir_all(layout.kind(kind, "usr/lib/qib"))?;
    fs::create_dir_all(layout.kind(kind, "qubes-rpc"))?;
    let client = layout.kind(kind, "usr/bin/qrexec-client-vm");
    link(&layout.lab_program(), &client)?;
    if kind == "plain" {
        link(&layout.lab_program(), &layout.kind(kind, "usr/bin/sync"))?;
    }
    let program = format!("qib-{kind}");
    link_program(
        layout,
        &program,
        &layout.kind(kind, "usr/lib/qib").join(&program),
    )
}

/// Any of the shipped programs may be missing when a test brings only some.
fn link_program(layout: &Layout, name: &str, to: &Path) -> Result<()> {
    match layout.program(name) {
        program if program.exists() => link(&program, to),
        _ => Ok(()),
    }
}

fn link(from: &Path, to: &Path) -> Result<()> {
    fs::hard_link(from, to).with_context(|| to.display().to_string())
}
