//! The file system that the pool lies on: a real XFS or btrfs when root, a folder when not.

use std::fs::{self, File};
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::mount::{MountPropagationFlags, UnmountFlags, mount_bind, mount_change, unmount};

use super::{Driver, group};
use crate::layout::Layout;
use crate::tool::tool;
use crate::userns;

const IMAGE_SIZE: u64 = 64 << 30;
const UNMOUNT_TRIES: u32 = 50;

/// Makes the pool of a new lab, as good as this user and machine can have it.
pub(crate) fn create(layout: &Layout, wanted: Option<Driver>) -> Result<Driver> {
    fs::create_dir_all(layout.pool_mount())?;
    let shares_blocks =
        wanted != Some(Driver::File) && userns::is_root() && make_file_system(layout)?;
    let driver = match wanted {
        Some(driver) if shares_blocks || driver == Driver::File => driver,
        Some(driver) => {
            bail!("a pool of the driver {driver} needs root and mkfs.xfs or mkfs.btrfs")
        }
        None if shares_blocks => Driver::Reflink,
        None => Driver::File,
    };
    mount(layout, driver)?;
    fs::create_dir_all(layout.pool_dir().join("appvms"))?;
    Ok(driver)
}

fn make_file_system(layout: &Layout) -> Result<bool> {
    let image = layout.pool_image();
    File::create(&image)?.set_len(IMAGE_SIZE)?;
    let makers: [&[&str]; 2] = [
        &["mkfs.xfs", "-q", "-s", "size=4096", "-m", "reflink=1"],
        &["mkfs.btrfs", "-q"],
    ];
    for maker in makers {
        let Some((program, arguments)) = maker.split_first() else {
            continue;
        };
        match tool(program).args(arguments).arg(&image).output() {
            Ok(output) if output.status.success() => return Ok(true),
            Ok(output) => bail!(
                "{program}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            ),
            Err(_) => {}
        }
    }
    fs::remove_file(&image)?;
    Ok(false)
}

/// Mounts the pool where everyone sees it, unless it is mounted.
pub(crate) fn mount(layout: &Layout, driver: Driver) -> Result<()> {
    if driver != Driver::File && mounts_at(&layout.pool_mount())? == 0 {
        mount_disk(layout)?;
    }
    group::activate(layout, driver)
}

fn mount_disk(layout: &Layout) -> Result<()> {
    // A later unmount has to reach the copies of this mount that other namespaces hold (another
    // lab's, for one), or the file system would live on there.
    mount_bind(layout.dir(), layout.dir())?;
    mount_change(layout.dir(), MountPropagationFlags::SHARED)?;
    let device = disk(&layout.pool_image())?;
    let mount = tool("mount")
        .args(["-o", "discard", &device])
        .arg(layout.pool_mount())
        .output();
    // What is mounted holds the device; it goes with the last mount.
    said(
        "losetup",
        tool("losetup").args(["--detach", &device]).output(),
    )?;
    said("mount", mount).map(drop)
}

/// The pool's disk. Like a disk it has no page cache below the file system on it.
fn disk(image: &Path) -> Result<String> {
    let mut command = tool("losetup");
    command.args([
        "--find",
        "--show",
        "--sector-size",
        "4096",
        "--direct-io=on",
    ]);
    let output = said("losetup", command.arg(image).output())?;
    Ok(String::from_utf8(output)?.trim_end().to_owned())
}

fn said(program: &str, output: std::io::Result<Output>) -> Result<Vec<u8>> {
    let output = output.with_context(|| format!("{program} is needed"))?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("{program}: {}", error.trim());
    }
    Ok(output.stdout)
}

/// Unmounts everything of the lab; its processes are gone, or nearly so.
pub(crate) fn unmount_all(layout: &Layout) -> Result<()> {
    group::deactivate(layout)?;
    while mounts_at(&layout.pool_mount())? > 0 {
        unmount_one(&layout.pool_mount())?;
    }
    // This one shows a folder of the machine a second time and pins nothing.
    while mounts_at(layout.dir())? > 0 {
        unmount(layout.dir(), UnmountFlags::DETACH)?;
    }
    Ok(())
}

fn unmount_one(place: &Path) -> Result<()> {
    for _ in 0..UNMOUNT_TRIES {
        match unmount(place, UnmountFlags::empty()) {
            Err(rustix::io::Errno::BUSY) => std::thread::sleep(Duration::from_millis(50)),
            other => return other.with_context(|| place.display().to_string()),
        }
    }
    eprintln!(
        "{} is in use by a program of yours; it goes when that ends",
        place.display()
    );
    Ok(unmount(place, UnmountFlags::DETACH)?)
}

/// How many mounts lie on exactly this place.
pub(crate) fn mounts_at(place: &Path) -> Result<usize> {
    let table = fs::read_to_string("/proc/self/mountinfo")?;
    let is_here = |line: &&str| line.split(' ').nth(4).map(Path::new) == Some(place);
    Ok(table.lines().filter(is_here).count())
}
