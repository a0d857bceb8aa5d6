//! What a PC that qemu emulates is made of: Debian's cloud kernel and a first file system with
//! busybox and programs of this machine.

mod initrd;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use initrd::{BUSYBOX, Initrd};

/// How it is emulated. There is no KVM: where a host is itself a virtual machine, its KVM can be
/// there and hang.
pub const WITHOUT_KVM: [&str; 4] = ["-accel", "tcg", "-cpu", "max"];

/// Debian's packages that every such machine needs, and a file of each.
const NEEDED: [(&str, &str); 3] = [
    ("qemu-system-x86", "/usr/bin/qemu-system-x86_64"),
    ("busybox-static", BUSYBOX),
    ("cpio", "/usr/bin/cpio"),
];

/// The packages that are missing, of these and of those that all machines need.
pub fn missing(others: &[(&'static str, &str)]) -> Vec<&'static str> {
    let all = NEEDED.iter().chain(others);
    let absent = all.filter(|(_, path)| !Path::new(path).exists());
    let mut missing: Vec<&str> = absent.map(|(package, _)| *package).collect();
    if kernel().is_err() {
        missing.push("linux-image-cloud-amd64");
    }
    missing
}

/// The release of the newest kernel.
fn kernel() -> Result<String> {
    let entries = std::fs::read_dir("/boot")?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let releases = names.filter_map(|name| Some(name.strip_prefix("vmlinuz-")?.to_owned()));
    let newest = releases.filter(|one| one.contains("cloud")).max();
    newest.context("linux-image-cloud-amd64 is needed")
}

/// Its image.
pub fn kernel_image() -> Result<PathBuf> {
    Ok(PathBuf::from(format!("/boot/vmlinuz-{}", kernel()?)))
}
