//! A PC that qemu emulates, and all that it says on its serial line.

use std::path::Path;
use std::process::Stdio;

pub use qib_lab::emulated::{BUSYBOX, Initrd, kernel_image};
use qib_lab::{emulated, tool};

/// Says so and returns true when a test can not run, for want of these or what all need.
pub fn skipped_without(test: &str, others: &[(&'static str, &str)]) -> bool {
    let missing = emulated::missing(others);
    if !missing.is_empty() {
        println!("skipped: {test} needs {}", missing.join(" "));
    }
    !missing.is_empty()
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
    qemu.args(["240", "qemu-system-x86_64"]);
    qemu.args(emulated::WITHOUT_KVM);
    qemu.args(["-m", "512", "-display", "none", "-monitor", "none"]);
    qemu.args(["-serial", "stdio", "-no-reboot", "-nic", "none", "-drive"]);
    let place = disk.display();
    qemu.arg(format!("file={place},format=raw,if=virtio,snapshot=on"));
    if let Boot::Kernel(initrd) = boot {
        qemu.arg("-kernel").arg(kernel_image().unwrap());
        qemu.arg("-initrd").arg(initrd);
        qemu.args(["-append", "console=ttyS0 panic=-1 quiet"]);
    }
    let output = qemu.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
