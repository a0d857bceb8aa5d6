//! Builds a qube's file system and moves into it; nothing else of the machine stays visible.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_remount, unmount};

use super::plan::Plan;
use crate::dom0::overlay;
use crate::qrexec::client_vm::AGENT_SOCKET;

const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
const DESCRIPTORS: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];
const FOLDERS: [&str; 18] = [
    "usr",
    "etc",
    "etc/ssl/certs",
    "dev",
    "dev/shm",
    "proc",
    "sys",
    "tmp",
    "run",
    "run/qubes",
    "run/qubes-rpc",
    "run/qib",
    "rw",
    "root",
    "home/user",
    "mnt",
    "var/lib",
    "var/cache",
];
/// Nodes of loop devices: more than the labs of a test run have at once.
const LOOPS: u32 = 256;
/// Files of the machine's /etc without which programs of its /usr do not run.
const BORROWED: [&str; 5] = [
    "ld.so.cache",
    "ld.so.conf",
    "mke2fs.conf",
    "localtime",
    "ssl/certs/ca-certificates.crt",
];
const PASSWD: &str = "\
root:x:0:0:root:/root:/bin/sh
user:x:1000:1000:user:/home/user:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
";
const GROUP: &str = "root:x:0:\nqubes:x:98:user\nuser:x:1000:\nnogroup:x:65534:\n";

/// Builds the root and makes it this process' own. The process has its own mount namespace.
pub(crate) fn enter(plan: &Plan) -> Result<()> {
    let root = &plan.mount_point;
    tmpfs(root)?;
    for folder in FOLDERS {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(root.join(folder))?;
    }
    symlink("../run", root.join("var/run"))?;
    symlink("../tmp", root.join("var/tmp"))?;
    programs(root, plan)?;
    settings(root, plan)?;
    devices(root)?;
    if plan.is_helper {
        loops(&root.join("dev"))?;
        fuse(&root.join("dev"))?;
    }
    mount(
        "proc",
        root.join("proc"),
        "proc",
        MountFlags::NOSUID | MountFlags::NODEV,
        None,
    )
    .context("proc")?;
    for (from, to) in [(&plan.tmp, "tmp"), (&plan.rw, "rw")] {
        bind(from, &root.join(to))?;
    }
    bind_file(
        &plan.agent_socket,
        &root.join(AGENT_SOCKET.trim_start_matches('/')),
    )?;
    pivot(root)
}

fn tmpfs(at: &Path) -> Result<()> {
    let options = Some(c"mode=0755");
    mount("tmpfs", at, "tmpfs", MountFlags::NOSUID, options).context("tmpfs")
}

fn bind(from: &Path, to: &Path) -> Result<()> {
    mount_bind(from, to).with_context(|| format!("{} on {}", from.display(), to.display()))
}

fn bind_file(from: &Path, to: &Path) -> Result<()> {
    fs::write(to, "")?;
    bind(from, to)
}

/// /usr is the machine's with the qube's own programs laid over it, read-only.
fn programs(root: &Path, plan: &Plan) -> Result<()> {
    overlay::read_only(&[&plan.usr, &plan.host_usr], &root.join("usr"))?;
    for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
        let host = PathBuf::from("/").join(name);
        if host.is_symlink() {
            symlink(fs::read_link(&host)?, root.join(name))?;
        } else if host.is_dir() {
            fs::create_dir(root.join(name))?;
            bind(&host, &root.join(name))?;
            mount_remount(root.join(name), MountFlags::BIND | MountFlags::RDONLY, c"")?;
        }
    }
    Ok(())
}

fn settings(root: &Path, plan: &Plan) -> Result<()> {
    let etc = root.join("etc");
    fs::write(etc.join("passwd"), PASSWD)?;
    fs::write(etc.join("group"), GROUP)?;
    fs::write(etc.join("hostname"), format!("{}\n", plan.name))?;
    fs::write(etc.join("hosts"), "127.0.0.1 localhost\n")?;
    symlink("../proc/self/mounts", etc.join("mtab"))?;
    for name in BORROWED {
        let host = Path::new("/etc").join(name);
        if host.is_file() {
            fs::copy(&host, etc.join(name))?;
        }
    }
    copy_folder(Path::new("/etc/alternatives"), &etc.join("alternatives"))?;
    copy_folder(&plan.services, &etc.join("qubes-rpc"))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let Ok(entries) = fs::read_dir(from) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_symlink() {
            symlink(fs::read_link(&from)?, &to)?;
        } else if from.is_file() {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

fn devices(root: &Path) -> Result<()> {
    let dev = root.join("dev");
    for name in DEVICES {
        bind_file(&Path::new("/dev").join(name), &dev.join(name))?;
    }
    for (name, to) in DESCRIPTORS {
        symlink(to, dev.join(name))?;
    }
    Ok(())
}

/// A qube has loop devices of its own; here they are the machine's.
fn loops(dev: &Path) -> Result<()> {
    let mode = Mode::RUSR | Mode::WUSR;
    let control = makedev(10, 237);
    mknodat(
        CWD,
        dev.join("loop-control"),
        FileType::CharacterDevice,
        mode,
        control,
    )?;
    for number in 0..LOOPS {
        let node = dev.join(format!("loop{number}"));
        mknodat(CWD, node, FileType::BlockDevice, mode, makedev(7, number))?;
    }
    Ok(())
}

/// Each mount of it is its process' own.
fn fuse(dev: &Path) -> Result<()> {
    let (mode, number) = (Mode::from_raw_mode(0o666), makedev(10, 229));
    let (node, kind) = (dev.join("fuse"), FileType::CharacterDevice);
    mknodat(CWD, node, kind, mode, number).context("/dev/fuse")
}

fn pivot(root: &Path) -> Result<()> {
    let old = root.join("mnt");
    rustix::process::pivot_root(root, &old).context("pivot_root")?;
    std::env::set_current_dir("/")?;
    unmount("/mnt", UnmountFlags::DETACH).context("leaving the machine's file system")
}
