//! A root volume as Debian and Qubes make them: GPT, EFI, BIOS boot, and the root file system.

use crate::volume::image::{Mount, run, tool};
use crate::volume::populate::{self, Wishes};
use rustix::fs::{CWD, FileType, Mode, XattrFlags, makedev, mknodat, setxattr};
use std::fs;
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub const MEBIBYTE: u64 = 1 << 20;
pub const DISK_MEBIBYTES: u64 = 420;

const EFI: u64 = 1;
const EFI_MEBIBYTES: u64 = 64;
const BIOS_BOOT: u64 = EFI + EFI_MEBIBYTES;
pub const ROOT: u64 = BIOS_BOOT + 2;

pub const UUID: &str = "0b3c1f5e-7d4a-4e8b-9c61-2f5a8d7e6b10";
pub const LABEL: &str = "Debian root 12";

/// A disk in a folder of its own.
pub struct RootDisk {
    pub folder: tempfile::TempDir,
}

pub fn noise(bytes: usize, seed: u8) -> Vec<u8> {
    let mut data = vec![0; bytes];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[seed]).finalize_xof().fill(&mut data);
    data
}

impl RootDisk {
    /// A disk with partitions, boot code and an EFI partition; the third is empty.
    pub fn partitioned() -> Self {
        let disk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let file = fs::File::create(disk.path()).unwrap();
        file.set_len(DISK_MEBIBYTES << 20).unwrap();
        let table = format!(
            "label: gpt\nlabel-id: 11111111-2222-4333-8444-555555555555\n\
             start={}MiB, size={EFI_MEBIBYTES}MiB, type=uefi, name=EFI\n\
             size=2MiB, type=21686148-6449-6E6F-744E-656564454649, name=\"BIOS boot partition\"\n\
             type=linux, name=\"Root filesystem\", uuid=AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE\n",
            EFI
        );
        let mut sfdisk = tool("sfdisk");
        sfdisk.arg("--quiet").arg(disk.path());
        let mut running = sfdisk.stdin(Stdio::piped()).spawn().unwrap();
        let mut input = running.stdin.take().unwrap();
        input.write_all(table.as_bytes()).unwrap();
        drop(input);
        assert!(running.wait().unwrap().success());
        let path = disk.path();
        let path = path.to_str().unwrap();
        let sectors = (EFI * 2048).to_string();
        let kibibytes = (EFI_MEBIBYTES * 1024).to_string();
        run(
            "mkfs.vfat",
            &["-F", "32", "--offset", &sectors, path, &kibibytes],
        );
        disk.put(0, &noise(440, 1));
        disk.put(40 << 10, &noise(100_000, 2));
        disk.put((EFI + 20) * MEBIBYTE, &noise(3_000_000, 3));
        disk.put(BIOS_BOOT * MEBIBYTE, &noise(150_000, 4));
        disk
    }

    /// The same with a root file system made with these options.
    pub fn with(options: &[&str]) -> Self {
        let disk = Self::partitioned();
        disk.make_fs(options);
        disk
    }

    pub fn make_fs(&self, options: &[&str]) {
        let offset = format!("offset={}", ROOT * MEBIBYTE);
        let path = self.path();
        let mut arguments = vec!["-q", "-F", "-t", "ext4", "-E", &offset];
        arguments.extend(["-L", LABEL, "-U", UUID]);
        arguments.extend(options);
        let kibibytes = format!("{}k", (DISK_MEBIBYTES - ROOT - 1) * 1024);
        arguments.extend([path.to_str().unwrap(), &kibibytes]);
        run("mke2fs", &arguments);
    }

    pub fn put(&self, at: u64, bytes: &[u8]) {
        let file = fs::OpenOptions::new()
            .write(true)
            .open(self.path())
            .unwrap();
        file.write_all_at(bytes, at).unwrap();
    }

    /// Puts the newest time of the file system far from those of its files: nothing is racy.
    pub fn settle(&self) {
        let name = format!("{}?offset={}", self.path().display(), ROOT * MEBIBYTE);
        run("debugfs", &["-w", "-R", "ssv mtime @3000000000", &name]);
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    pub fn mount(&self, options: &str) -> Mount {
        mount(&self.path(), self.folder.path(), options)
    }
}

/// A part of a disk, from one MiB to another.
pub fn part(disk: &Path, mebibytes: Range<u64>) -> Vec<u8> {
    let length = (mebibytes.end - mebibytes.start) * MEBIBYTE;
    let mut bytes = vec![0; usize::try_from(length).unwrap()];
    let file = fs::File::open(disk).unwrap();
    file.read_exact_at(&mut bytes, mebibytes.start * MEBIBYTE)
        .unwrap();
    bytes
}

/// Mounts the root file system of a disk.
pub fn mount(disk: &Path, folder: &Path, options: &str) -> Mount {
    let target = folder.join("mount");
    fs::create_dir_all(&target).unwrap();
    let options = format!("offset={},{options}", ROOT * MEBIBYTE);
    Mount::hold(Command::new("unshare"), "ext4", disk, &target, &options)
}

/// A small system, and every kind of file beside it.
pub fn fill(root: &Path) {
    system(root);
    let wishes = Wishes {
        pieces: 300,
        names: 2000,
        value_max: 800,
        link_max: 1000,
    };
    populate::everything(&root.join("srv"), &wishes);
    fs::remove_file(root.join("srv/socket")).unwrap();
}

/// What a system has that a home has not.
pub fn system(root: &Path) {
    for folder in [
        "boot/grub",
        "boot/efi",
        "usr/bin",
        "dev",
        "etc",
        "var/tmp",
        "srv",
    ] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let file = |name: &str, content: &[u8], mode| {
        fs::write(root.join(name), content).unwrap();
        fs::set_permissions(root.join(name), PermissionsExt::from_mode(mode)).unwrap();
    };
    file("boot/vmlinuz-6.1.0", &noise(5_000_000, 5), 0o644);
    file(
        "boot/grub/grub.cfg",
        format!("search --fs-uuid {UUID}").as_bytes(),
        0o600,
    );
    file(
        "etc/fstab",
        format!("UUID={UUID} / ext4 defaults 0 1").as_bytes(),
        0o644,
    );
    file("etc/shadow", b"root:*:1::::::", 0o640);
    file("usr/bin/sudo", &noise(200_000, 6), 0o4755);
    file("usr/bin/wall", &noise(20_000, 7), 0o2755);
    file("usr/bin/ping", &noise(90_000, 8), 0o755);
    let net_raw = [
        1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let ping = root.join("usr/bin/ping");
    setxattr(&ping, "security.capability", &net_raw, XattrFlags::empty()).unwrap();
    symlink("usr/bin", root.join("bin")).unwrap();
    symlink("vmlinuz-6.1.0", root.join("boot/vmlinuz")).unwrap();
    fs::hard_link(root.join("usr/bin/wall"), root.join("usr/bin/write")).unwrap();
    for (name, kind, device) in [
        ("dev/console", FileType::CharacterDevice, makedev(5, 1)),
        ("dev/xvda3", FileType::BlockDevice, makedev(202, 3)),
        ("dev/initctl", FileType::Fifo, 0),
    ] {
        mknodat(CWD, root.join(name), kind, Mode::RUSR | Mode::WUSR, device).unwrap();
    }
    fs::set_permissions(root.join("var/tmp"), PermissionsExt::from_mode(0o1777)).unwrap();
}
