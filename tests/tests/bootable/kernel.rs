//! Debian's cloud kernel, with a first file system in memory that knows disks of virtio.

use std::fs;
use std::path::{Path, PathBuf};

use qib_lab::tool;

pub(super) const BUSYBOX: &str = "/bin/busybox";
/// Each before those that need it.
const MODULES: [&str; 6] = [
    "virtio_ring",
    "virtio",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "virtio_blk",
];
const INIT: &str = "#!/bin/busybox sh\n\
                    b=/bin/busybox\n\
                    $b mount -t devtmpfs dev /dev\n\
                    for module in $($b cat /modules); do $b insmod /$module.ko; done\n\
                    $b mount -t ext4 -o ro /dev/vda2 /root\n\
                    exec $b switch_root /root /sbin/init\n";

/// The release of the newest one installed.
pub(super) fn release() -> Option<String> {
    let entries = fs::read_dir("/boot").ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let releases = names.filter_map(|name| Some(name.strip_prefix("vmlinuz-")?.to_owned()));
    releases.filter(|one| one.contains("cloud")).max()
}

/// Puts `vmlinuz` and `initrd` into a folder.
pub(super) fn install(boot: &Path) {
    let release = release().unwrap();
    let image = format!("/boot/vmlinuz-{release}");
    fs::copy(image, boot.join("vmlinuz")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["bin", "dev", "root"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    fs::copy(BUSYBOX, root.join("bin/busybox")).unwrap();
    for name in MODULES {
        let from = module(&release, name);
        fs::copy(from, root.join(name).with_extension("ko")).unwrap();
    }
    fs::write(root.join("modules"), MODULES.join(" ")).unwrap();
    super::executable(&root.join("init"), INIT);
    let made = tool("sh")
        .args(["-c", "find . | cpio --quiet -o -H newc > \"$0\""])
        .arg(boot.join("initrd"))
        .current_dir(root)
        .status();
    assert!(made.unwrap().success());
}

fn module(release: &str, name: &str) -> PathBuf {
    let folder = PathBuf::from(format!("/lib/modules/{release}/kernel/drivers"));
    let mut kinds = ["virtio", "block"].iter();
    let path = |kind| folder.join(kind).join(name).with_extension("ko");
    kinds
        .find_map(|kind| Some(path(kind)).filter(|path| path.exists()))
        .expect("a kernel with virtio")
}
