//! One large file, such as a virtual machine's disk or a database.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::Result;

use crate::noise::Noise;
use crate::scale::Scale;

/// The file, from the volume's root.
pub(crate) const FILE: &str = "home/user/machine.img";

pub(super) fn fill(root: &Path, scale: Scale) -> Result<()> {
    fs::create_dir_all(root.join("home/user"))?;
    let mut file = File::create(root.join(FILE))?;
    let mut noise = Noise::new(4_000_000);
    for _ in 0..scale.of(10 << 10) {
        file.write_all(&noise.pages(1 << 20))?;
    }
    Ok(())
}
