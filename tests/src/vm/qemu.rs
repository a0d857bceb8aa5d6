//! qemu's process, with two connections to us: its monitor, and the guest's line.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use rustix::io::{FdFlags, fcntl_setfd};

use super::guest::PORT;
use super::plan::Plan;
use crate::emulated::{WITHOUT_KVM, kernel_image};

/// The kernel asks nothing of a clock that stands still while others have the processor.
const KERNEL_LINE: &str = "console=ttyS0 panic=-1 quiet no_timer_check";

/// The ends that we keep.
pub(super) struct Lines {
    pub(super) monitor: UnixStream,
    pub(super) guest: UnixStream,
}

/// Starts it. It says what the guest's kernel says, and ends with us, as the last process of a
/// namespace whose first we are.
pub(super) fn start(plan: &Plan) -> Result<Lines> {
    let (monitor, its_monitor) = UnixStream::pair()?;
    let (guest, its_guest) = UnixStream::pair()?;
    let its_ends = [OwnedFd::from(its_monitor), OwnedFd::from(its_guest)];
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.args(WITHOUT_KVM);
    qemu.args(["-no-user-config", "-nodefaults", "-no-reboot"]);
    qemu.args(["-display", "none", "-serial", "stdio", "-nic", "none"]);
    qemu.arg("-m").arg(plan.memory.to_string());
    qemu.arg("-kernel").arg(kernel_image()?);
    qemu.arg("-initrd").arg(&plan.initrd);
    qemu.args(["-append", KERNEL_LINE]);
    for (name, end) in ["monitor", "guest"].into_iter().zip(&its_ends) {
        // No other program is started meanwhile that could inherit them.
        fcntl_setfd(end, FdFlags::empty())?;
        let number = end.as_raw_fd();
        qemu.arg("-chardev")
            .arg(format!("socket,id={name},fd={number}"));
    }
    qemu.args(["-mon", "chardev=monitor,mode=control"]);
    qemu.args(["-device", "virtio-serial-pci", "-device"]);
    qemu.arg(format!("virtserialport,chardev=guest,name={PORT}"));
    qemu.stdin(Stdio::null());
    qemu.spawn().context("qemu-system-x86 is needed")?;
    Ok(Lines { monitor, guest })
}
