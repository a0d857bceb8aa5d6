//! A disk that starts a machine: Debian's GRUB and cloud kernel, and a system that says a
//! word on the serial line and turns the machine off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod grub;
mod kernel;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use qib_lab::tool;

const DISK_BYTES: u64 = 256 << 20;
const ROOT_MEBIBYTE: u64 = 4;
const MENU: &str = "set timeout=0\n\
                    linux /boot/vmlinuz console=ttyS0 panic=-1\n\
                    initrd /boot/initrd\n\
                    boot\n";
const INIT: &str = "#!/bin/busybox sh\n\
                    echo \"the system says: $(/bin/busybox cat /etc/word)\"\n\
                    /bin/busybox poweroff -f\n";

/// What is not installed, of all that such a disk needs.
pub fn missing() -> Vec<&'static str> {
    let needed = [
        ("qemu-system-x86", "/usr/bin/qemu-system-x86_64"),
        ("grub-pc-bin", grub::BOOT_SECTOR),
        ("grub-common", "/usr/bin/grub-mkimage"),
        ("busybox-static", kernel::BUSYBOX),
        ("cpio", "/usr/bin/cpio"),
    ];
    let absent = needed.iter().filter(|(_, path)| !Path::new(path).exists());
    let mut packages: Vec<&str> = absent.map(|(package, _)| *package).collect();
    if kernel::release().is_none() {
        packages.push("linux-image-cloud-amd64");
    }
    packages
}

/// A disk in this folder: GPT, GRUB in its own partition, a root file system. Its system
/// says this word.
pub fn disk(folder: &Path, word: &str) -> PathBuf {
    let tree = folder.join("system");
    system(&tree, word);
    let path = folder.join("bootable");
    let file = fs::File::create(&path).unwrap();
    file.set_len(DISK_BYTES).unwrap();
    let table = folder.join("bootable-table");
    let lines = "label: gpt\n\
                 start=1MiB, size=3MiB, type=21686148-6449-6E6F-744E-656564454649\n\
                 start=4MiB, type=linux\n";
    fs::write(&table, lines).unwrap();
    let mut sfdisk = tool("sfdisk");
    sfdisk.arg("--quiet").arg(&path);
    sfdisk.stdin(fs::File::open(&table).unwrap());
    assert!(sfdisk.status().unwrap().success());
    grub::install(folder, &file, 1 << 20);
    let mut mke2fs = tool("mke2fs");
    let offset = format!("offset={}", ROOT_MEBIBYTE << 20);
    mke2fs.args(["-q", "-F", "-t", "ext4", "-E", &offset, "-d"]);
    let kibibytes = (DISK_BYTES >> 10) - ((ROOT_MEBIBYTE + 1) << 10);
    mke2fs.arg(&tree).arg(&path).arg(format!("{kibibytes}k"));
    assert!(mke2fs.status().unwrap().success());
    path
}

fn system(tree: &Path, word: &str) {
    for folder in ["boot/grub", "bin", "sbin", "etc", "dev", "proc"] {
        fs::create_dir_all(tree.join(folder)).unwrap();
    }
    fs::write(tree.join("boot/grub/grub.cfg"), MENU).unwrap();
    kernel::install(&tree.join("boot"));
    fs::copy(kernel::BUSYBOX, tree.join("bin/busybox")).unwrap();
    symlink("busybox", tree.join("bin/sh")).unwrap();
    fs::write(tree.join("etc/word"), word).unwrap();
    executable(&tree.join("sbin/init"), INIT);
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// All that a machine with this disk writes to its serial line until it is off. The disk
/// stays as it is. It is emulated: where a host is itself a virtual machine, its KVM can
/// be there and hang.
pub fn start(disk: &Path) -> String {
    let mut qemu = tool("timeout");
    qemu.args(["240", "qemu-system-x86_64", "-accel", "tcg"]);
    qemu.args(["-m", "512", "-display", "none", "-monitor", "none"]);
    qemu.args(["-serial", "stdio", "-no-reboot", "-nic", "none", "-drive"]);
    qemu.arg(format!(
        "file={},format=raw,if=virtio,snapshot=on",
        disk.display()
    ));
    let output = qemu.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
