//! A disk that starts a machine: Debian's GRUB and cloud kernel, and a system that says a
//! word on the serial line and turns the machine off.

mod grub;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::emulated::{BUSYBOX, Initrd, kernel_image};
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

/// Switches to the root file system's own `init`.
const SWITCH: &str = "mount -t ext4 -o ro /dev/vda2 /root\n\
                      exec switch_root /root /sbin/init\n";

/// Debian's packages that such a disk is made of, and a file of each.
pub const NEEDED: [(&str, &str); 2] = [
    ("grub-pc-bin", grub::BOOT_SECTOR),
    ("grub-common", "/usr/bin/grub-mkimage"),
];

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
    fs::copy(kernel_image().unwrap(), tree.join("boot/vmlinuz")).unwrap();
    let initrd = Initrd::new(&[], SWITCH);
    initrd.write(&tree.join("boot/initrd")).unwrap();
    fs::copy(BUSYBOX, tree.join("bin/busybox")).unwrap();
    symlink("busybox", tree.join("bin/sh")).unwrap();
    fs::write(tree.join("etc/word"), word).unwrap();
    let init = tree.join("sbin/init");
    fs::write(&init, INIT).unwrap();
    fs::set_permissions(&init, fs::Permissions::from_mode(0o755)).unwrap();
}
