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
        Self::attach(image, place, "loop,ro")
    }

    pub(crate) fn writable(image: &Path, place: &Path) -> Result<Self> {
        Self::attach(image, place, "loop,rw")
    }

    fn attach(image: &Path, place: &Path, options: &str) -> Result<Self> {
        std::fs::create_dir_all(place)?;
        let words = ["-t", "ext4", "-o", options].map(OsStr::new);
        succeed(
            "mount",
            words
                .into_iter()
                .chain([image.as_os_str(), place.as_os_str()]),
        )?;
        Ok(Self(place.to_owned()))
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
    succeed("mke2fs", words.chain([image.as_os_str()]))
}

/// Runs one of the machine's own programs to its end.
pub(crate) fn succeed<'a>(program: &str, words: impl IntoIterator<Item = &'a OsStr>) -> Result<()> {
    let output = tool(program).args(words).output();
    let output = output.with_context(|| format!("{program} is needed"))?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program}: {}", message.trim());
    Ok(())
}
