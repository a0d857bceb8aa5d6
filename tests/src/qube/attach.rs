//! Puts a volume into a running qube's /dev, and takes it out again.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::mount::{
    MountFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount_bind, mount_remount, move_mount,
    open_tree, unmount,
};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// As root: a device node of the same numbers.
pub(crate) fn node(pid: u32, device: &Path, name: &str) -> Result<()> {
    let numbers = fs::metadata(device)
        .with_context(|| device.display().to_string())?
        .rdev();
    let dev = rustix::fs::open(format!("/proc/{pid}/root/dev"), OFlags::PATH, Mode::empty())?;
    let mode = Mode::RUSR | Mode::WUSR;
    rustix::fs::mknodat(dev, name, FileType::BlockDevice, mode, numbers)?;
    Ok(())
}

/// As root: takes the node away; a process that holds it open keeps it.
pub(crate) fn remove_node(pid: u32, name: &str) -> Result<()> {
    let dev = rustix::fs::open(format!("/proc/{pid}/root/dev"), OFlags::PATH, Mode::empty())?;
    rustix::fs::unlinkat(dev, name, AtFlags::empty())?;
    Ok(())
}

/// Without root: the file itself, by another process of ours, since only one with a single thread
/// may enter a mount namespace.
pub(crate) fn file(program: &Path, pid: u32, file: &Path, ro: bool, name: &str) -> Result<()> {
    let mode = if ro { "ro" } else { "rw" };
    let pid = pid.to_string();
    run(Command::new(program)
        .args(["attach-file", &pid, name, mode])
        .arg(file))
}

/// Without root: takes the file out again.
pub(crate) fn remove_file(program: &Path, pid: u32, name: &str) -> Result<()> {
    run(Command::new(program).args(["detach-file", &pid.to_string(), name]))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

/// The process that `file` starts.
pub(crate) fn attach_main(pid: &str, name: &str, mode: &str, file: &Path) -> Result<ExitCode> {
    let source = file.with_extension("attaching");
    fs::write(&source, "")?;
    mount_bind(file, &source)?;
    if mode == "ro" {
        mount_remount(&source, MountFlags::BIND | MountFlags::RDONLY, c"")?;
    }
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = open_tree(CWD, &source, flags)?;
    unmount(&source, UnmountFlags::DETACH)?;
    fs::remove_file(&source)?;
    enter(pid)?;
    let place = hidden(name);
    fs::write(&place, "")?;
    move_mount(
        tree.as_fd(),
        "",
        CWD,
        &place,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )?;
    // The name appears last, so that nobody opens the empty file below the mount.
    symlink(&place, Path::new("/dev").join(name))?;
    Ok(ExitCode::SUCCESS)
}

/// The process that `remove_file` starts.
pub(crate) fn detach_main(pid: &str, name: &str) -> Result<ExitCode> {
    enter(pid)?;
    fs::remove_file(Path::new("/dev").join(name))?;
    unmount(hidden(name), UnmountFlags::DETACH)?;
    fs::remove_file(hidden(name))?;
    Ok(ExitCode::SUCCESS)
}

fn hidden(name: &str) -> PathBuf {
    Path::new("/dev").join(format!(".{name}"))
}

fn enter(pid: &str) -> Result<()> {
    let space = fs::File::open(format!("/proc/{pid}/ns/mnt"))?;
    move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Mount))
        .context("entering the qube")
}
