//! A PC that qemu emulates, with Debian's cloud kernel. There is no KVM: where a host is itself
//! a virtual machine, its KVM can be there and hang.
#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used)]

mod initrd;

use std::path::{Path, PathBuf};
use std::process::Stdio;

pub use initrd::{BUSYBOX, Initrd, executable};
use qib_lab::tool;

/// Debian's packages that every such machine needs, and a file of each.
const NEEDED: [(&str, &str); 3] = [
    ("qemu-system-x86", "/usr/bin/qemu-system-x86_64"),
    ("busybox-static", BUSYBOX),
    ("cpio", "/usr/bin/cpio"),
];

/// Says so and returns true when a test can not run, for want of these or what all need.
pub fn skipped_without(test: &str, others: &[(&str, &str)]) -> bool {
    let all = NEEDED.iter().chain(others);
    let absent = all.filter(|(_, path)| !Path::new(path).exists());
    let mut missing: Vec<&str> = absent.map(|(package, _)| *package).collect();
    if kernel().is_none() {
        missing.push("linux-image-cloud-amd64");
    }
    if !missing.is_empty() {
        println!("skipped: {test} needs {}", missing.join(" "));
    }
    !missing.is_empty()
}

/// The release of the newest kernel.
fn kernel() -> Option<String> {
    let entries = std::fs::read_dir("/boot").ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let releases = names.filter_map(|name| Some(name.strip_prefix("vmlinuz-")?.to_owned()));
    releases.filter(|one| one.contains("cloud")).max()
}

/// Its image.
pub fn kernel_image() -> PathBuf {
    PathBuf::from(format!("/boot/vmlinuz-{}", kernel().unwrap()))
}

/// How a machine starts: from its disk, or a kernel with this first file system.
pub enum Boot<'a> {
    Disk,
    Kernel(&'a Path),
}

/// All that a machine with this disk writes to its serial line until it turns itself off. The
/// disk stays as it is.
pub fn start(disk: &Path, boot: Boot<'_>) -> String {
    let mut qemu = tool("timeout");
    qemu.args(["240", "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max"]);
    qemu.args(["-m", "512", "-display", "none", "-monitor", "none"]);
    qemu.args(["-serial", "stdio", "-no-reboot", "-nic", "none", "-drive"]);
    let place = disk.display();
    qemu.arg(format!("file={place},format=raw,if=virtio,snapshot=on"));
    if let Boot::Kernel(initrd) = boot {
        qemu.arg("-kernel").arg(kernel_image());
        qemu.arg("-initrd").arg(initrd);
        qemu.args(["-append", "console=ttyS0 panic=-1 quiet"]);
    }
    let output = qemu.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
