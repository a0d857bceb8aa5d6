//! Block devices in dom0: a loop over a file or volume, offered to helpers.
//!
//! dom0 never reads the device. Loops are not probed by dom0's udev; partitions
//! are never looked for.

use crate::admin::device::{self, Attachment};
use crate::error::{Error, Result, at};
use crate::stop::Stop;
use qib_rpc::name::QubeName;
use qib_rpc::service::HELPER_FRONTEND;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Component, Path};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// The sectors of the disks that pools lie on, or a multiple of them.
const LARGE_SECTOR: &str = "4096";

/// A loop device in dom0, such as `loop12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    name: String,
    read_only: bool,
}

/// What a helper may do with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read it.
    Read,
    /// Fill it.
    Write,
}

/// Makes a loop device over `path` and waits until qubesd offers it.
///
/// # Errors
/// When `losetup` fails or qubesd does not come to know the device.
pub fn attach_loop(path: &Path, access: Access, stop: &Stop) -> Result<Loop> {
    let mut command = Command::new("losetup");
    command.args(["--find", "--show"]);
    if access == Access::Read {
        command.arg("--read-only");
    }
    if takes_large_sectors(path)? {
        // Then file systems allow direct I/O below it: what is read or written once passes by
        // dom0's page cache. Where they do not, the kernel takes it as ever.
        command.args(["--sector-size", LARGE_SECTOR, "--direct-io=on"]);
    }
    let output = run(command.arg(path))?;
    let name = output
        .trim_end()
        .strip_prefix("/dev/")
        .filter(|name| is_loop(name));
    let name = name
        .ok_or_else(|| failed("it named no loop device"))?
        .to_owned();
    let device = Loop {
        name,
        read_only: access == Access::Read,
    };
    if udev_hides(path) {
        device.offer(path)?;
    }
    for _ in 0..100 {
        if device::is_available(&device.name)? {
            return Ok(device);
        }
        if stop.wait(Duration::from_millis(100)) {
            return Err(Error::Stopped);
        }
    }
    Err(Error::Volume(format!(
        "qubesd does not come to know the device {}",
        device.name
    )))
}

/// Takes every loop device over `path` away.
///
/// # Errors
/// When one is still in use.
pub fn detach_all(path: &Path) -> Result<()> {
    for name in loops_over(path)? {
        run(Command::new("losetup").args(["--detach", &format!("/dev/{name}")]))?;
        if udev_hides(path) {
            qubesdb("qubesdb-rm", &[&format!("/qubes-block-devices/{name}/")])?;
            qubesdb("qubesdb-write", &["/qubes-block-devices", ""])?;
        }
    }
    // Who still has it open, such as a helper that is being killed, delays its end.
    for _ in 0..100 {
        if loops_over(path)?.is_empty() {
            return Ok(());
        }
        sleep(Duration::from_millis(50));
    }
    Err(Error::Volume(format!(
        "the loop device over {} is still in use",
        path.display()
    )))
}

fn loops_over(path: &Path) -> Result<Vec<String>> {
    let list = run(Command::new("losetup").arg("--associated").arg(path))?;
    let names = list.lines().map(|line| {
        let device = line.split(':').next().unwrap_or_default();
        let name = device.strip_prefix("/dev/").filter(|name| is_loop(name));
        name.map(str::to_owned)
            .ok_or_else(|| failed("it listed no loop device"))
    });
    names.collect()
}

impl Loop {
    /// Attaches the device to a running helper and checks that it is.
    ///
    /// # Errors
    /// When qubesd refuses, or says nothing and did nothing.
    pub fn attach_to(&self, helper: &QubeName) -> Result<()> {
        let attachment = Attachment {
            device: &self.name,
            frontend: HELPER_FRONTEND,
            read_only: self.read_only,
        };
        device::attach(helper, attachment)?;
        if device::is_attached(helper, attachment)? {
            return Ok(());
        }
        Err(Error::Volume(format!(
            "the device {} was not attached as asked",
            self.name
        )))
    }

    /// Writes what udev would have written for a device that it hides.
    fn offer(&self, path: &Path) -> Result<()> {
        let bytes = length(path)?.to_string();
        let key = |field: &str| format!("/qubes-block-devices/{}/{field}", self.name);
        let mode = if self.read_only { "r" } else { "w" };
        let pairs = [
            (key("desc"), "qib".to_owned()),
            (key("size"), bytes),
            (key("mode"), mode.to_owned()),
            ("/qubes-block-devices".to_owned(), String::new()),
        ];
        let words: Vec<&str> = pairs
            .iter()
            .flat_map(|(key, value)| [key.as_str(), value.as_str()])
            .collect();
        qubesdb("qubesdb-write", &words)
    }
}

/// A volume that is no whole number of large sectors would lose its end.
fn takes_large_sectors(path: &Path) -> Result<bool> {
    Ok(length(path)?.is_multiple_of(4096))
}

/// The length of a file or a device, in bytes.
///
/// # Errors
/// When it can not be opened.
pub fn length(path: &Path) -> Result<u64> {
    let end = |mut file: File| file.seek(SeekFrom::End(0));
    File::open(path).and_then(end).map_err(at(path))
}

/// udev does not offer loops over the images of qubes.
fn udev_hides(path: &Path) -> bool {
    let folder = |part: Component<'_>| {
        part.as_os_str() == OsStr::new("appvms") || part.as_os_str() == OsStr::new("vm-templates")
    };
    path.components().any(folder)
}

fn is_loop(name: &str) -> bool {
    let number = name.strip_prefix("loop").unwrap_or_default();
    (1..=6).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn qubesdb(program: &'static str, words: &[&str]) -> Result<()> {
    let status = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::Program(program, status.to_string())),
        Err(error) => Err(Error::Program(program, error.to_string())),
    }
}

fn run(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    let output = output.map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        return Err(failed(&output.status.to_string()));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("its answer is not text"))
}

fn failed(what: &str) -> Error {
    Error::Program("losetup", what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loop_devices_are_taken() {
        assert!(is_loop("loop0") && is_loop("loop123"));
        for name in [
            "loop",
            "loop1p1",
            "sda",
            "loop-1",
            "loop1234567",
            "../loop1",
        ] {
            assert!(!is_loop(name), "{name}");
        }
    }

    #[test]
    fn images_of_qubes_are_hidden_by_udev() {
        assert!(udev_hides(Path::new(
            "/var/lib/qubes/appvms/work/private.img"
        )));
        assert!(!udev_hides(Path::new("/var/lib/qib/snapshots/0123.img")));
    }
}
