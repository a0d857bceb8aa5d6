//! The shipped programs: each built alone, as it ships, or taken from a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::layout::Layout;

const SHIPPED: [&str; 3] = ["qib", "qib-helper", "qib-storage"];

/// Copies our own binary and the shipped programs into the lab.
pub(crate) fn install(layout: &Layout, given: Option<&Path>) -> Result<()> {
    let own = std::env::current_exe()?;
    let target = layout.lab_program();
    fs::create_dir_all(target.parent().context("bin")?)?;
    fs::copy(&own, &target).context("copying qib-lab")?;
    match given {
        Some(folder) => take(layout, folder),
        None => build(layout),
    }
}

/// A test may bring only some of them.
fn take(layout: &Layout, folder: &Path) -> Result<()> {
    ensure!(folder.is_dir(), "{}: not a folder", folder.display());
    for name in SHIPPED {
        let program = folder.join(name);
        if program.exists() {
            fs::copy(&program, layout.program(name))
                .with_context(|| program.display().to_string())?;
        }
    }
    Ok(())
}

/// One call of cargo for each: building two at once would unify their features.
fn build(layout: &Layout) -> Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()?;
    for name in SHIPPED {
        eprintln!("building {name}");
        let status = Command::new("cargo")
            .args(["build", "--release", "--quiet", "-p", name])
            .current_dir(&workspace)
            .status()
            .context("cargo is needed")?;
        ensure!(status.success(), "building {name} failed");
        let program = target_folder(&workspace).join("release").join(name);
        fs::copy(&program, layout.program(name)).with_context(|| program.display().to_string())?;
    }
    Ok(())
}

fn target_folder(workspace: &Path) -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    workspace.join(chosen.unwrap_or_else(|| PathBuf::from("target")))
}
