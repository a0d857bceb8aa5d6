//! An image mounted at a fixed place: some peers know a file again by its whole path.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use qib_lab::tool;

/// A mounted ext4 image; dropping it unmounts.
#[derive(Debug)]
pub(crate) struct Mount(PathBuf);

impl Mount {
    pub(crate) fn read_only(image: &Path, place: &Path) -> Result<Self> {
        Self::attach(image, place, &["--read-only"], "ro")
    }

    pub(crate) fn writable(image: &Path, place: &Path) -> Result<Self> {
        Self::attach(image, place, &[], "rw")
    }

    /// Over a loop device of its own: `mount -o loop` would take one that is left of the mount
    /// before, with its read-only and what it remembers.
    fn attach(image: &Path, place: &Path, how: &[&str], options: &str) -> Result<Self> {
        std::fs::create_dir_all(place)?;
        let words = ["--find", "--show"].iter().chain(how).map(OsStr::new);
        let device = succeed("losetup", words.chain([image.as_os_str()]))?;
        let device = OsStr::new(device.trim());
        let words = ["-t", "ext4", "-o", options].map(OsStr::new);
        let mounted = succeed(
            "mount",
            words.into_iter().chain([device, place.as_os_str()]),
        );
        // While it is mounted this only says that it shall go with the mount.
        succeed("losetup", [OsStr::new("-d"), device])?;
        mounted.map(|_| Self(place.to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let Err(error) = succeed("umount", [self.0.as_os_str()]) {
            eprintln!("qib-bench: {error:#}");
        }
    }
}

/// An empty ext4 image.
pub(crate) fn make_ext4(image: &Path, bytes: u64, options: &[&str]) -> Result<()> {
    std::fs::File::create(image)?.set_len(bytes)?;
    let words = ["-q", "-F", "-t", "ext4", "-m", "0"];
    let words = words.iter().chain(options).map(OsStr::new);
    succeed("mke2fs", words.chain([image.as_os_str()])).map(drop)
}

/// Runs one of the machine's own programs to its end; what it printed.
pub(crate) fn succeed<'a>(
    program: &str,
    words: impl IntoIterator<Item = &'a OsStr>,
) -> Result<String> {
    let output = tool(program).args(words).output();
    let output = output.with_context(|| format!("{program} is needed"))?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program}: {}", message.trim());
    Ok(String::from_utf8(output.stdout)?)
}
