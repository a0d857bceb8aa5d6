//! A million small files, as mail folders have them.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::noise::Noise;
use crate::scale::Scale;

const FOLDER: u64 = 1000;

pub(super) fn fill(root: &Path, scale: Scale) -> Result<()> {
    let mail = root.join("home/user/Mail");
    for number in 0..scale.of(1_000_000) {
        let folder = mail.join((number / FOLDER).to_string());
        if number.is_multiple_of(FOLDER) {
            fs::create_dir_all(&folder)?;
        }
        let mut noise = Noise::new(number + 5_000_000);
        let bytes = 100 + noise.below(1000);
        fs::write(folder.join(number.to_string()), noise.text(bytes))?;
    }
    Ok(())
}
