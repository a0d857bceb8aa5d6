//! The first file system of such a machine: what a helper's qube has, and no more.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::emulated::{self, Initrd};
use crate::layout::Layout;

/// Calls, and parts of volumes.
const MODULES: [&str; 2] = ["virtio_console", "loop"];

/// What only the kernel reads.
const FILE_SYSTEMS: [&str; 2] = ["btrfs", "xfs"];

/// The machine is off when the line is.
const SCRIPT: &str = "mkdir -p /run/qubes /rw /var/tmp\n\
                      ln -s qrexec-client-vm /usr/bin/qib-lab\n\
                      /usr/bin/qib-lab guest\n\
                      poweroff -f\n";

/// What the helper runs.
const PROGRAMS: [&str; 3] = [
    "/usr/sbin/losetup",
    "/usr/sbin/mkfs.ext4",
    "/usr/sbin/e2fsck",
];

/// Makes it for a new lab.
pub(crate) fn make(layout: &Layout) -> Result<()> {
    let missing = emulated::missing(&[]);
    ensure!(
        missing.is_empty(),
        "helpers that are machines of their own need {}",
        missing.join(" ")
    );
    let mut initrd = Initrd::new(&MODULES, SCRIPT);
    for name in FILE_SYSTEMS {
        initrd = initrd.file_system(name);
    }
    for program in PROGRAMS {
        initrd = initrd.program(program);
    }
    initrd = initrd.copy(&layout.lab_program(), "/usr/bin/qrexec-client-vm");
    let settings = Path::new("/etc/mke2fs.conf");
    if settings.exists() {
        initrd = initrd.copy(settings, "/etc/mke2fs.conf");
    }
    for (folder, place) in [
        ("usr/lib/qib", "/usr/lib/qib"),
        ("qubes-rpc", "/etc/qubes-rpc"),
    ] {
        for entry in fs::read_dir(layout.kind("helper", folder))? {
            let entry = entry?;
            let name = entry.file_name();
            initrd = initrd.copy(&entry.path(), &format!("{place}/{}", name.display()));
        }
    }
    initrd.write(&layout.initrd())
}
