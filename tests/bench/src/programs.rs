//! The programs that ship, and the lab: each built alone, as it ships, or taken from a folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A folder with `qib`, `qib-helper`, `qib-storage` and `qib-lab`.
pub(crate) fn folder(given: Option<&Path>) -> Result<PathBuf> {
    let folder = match given {
        Some(folder) => folder.canonicalize()?,
        None => build()?,
    };
    for name in NAMES {
        ensure!(
            folder.join(name).is_file(),
            "{name} is not in {}",
            folder.display()
        );
    }
    Ok(folder)
}

const NAMES: [&str; 4] = ["qib", "qib-helper", "qib-storage", "qib-lab"];

/// One call of cargo for each: building two at once would unify their features.
fn build() -> Result<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    for name in NAMES {
        eprintln!("qib-bench: building {name}");
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--release", "--quiet", "--locked", "-p", name]);
        let status = cargo
            .current_dir(&workspace)
            .status()
            .context("cargo is needed")?;
        ensure!(status.success(), "building {name} failed");
    }
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    Ok(workspace.join(chosen).join("release"))
}
