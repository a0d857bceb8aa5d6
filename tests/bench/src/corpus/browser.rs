//! A qube that only browses: a profile, caches, downloads.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::noise::Noise;
use crate::scale::Scale;

/// The profile's folder.
pub(crate) const PROFILE: &str = "home/user/.mozilla/firefox/7f3q.default";

const CACHE: &str = "home/user/.cache/mozilla/firefox/7f3q.default/cache2/entries";

pub(super) fn fill(root: &Path, scale: Scale) -> Result<()> {
    let profile = root.join(PROFILE);
    for folder in [PROFILE, CACHE, "home/user/Downloads"] {
        fs::create_dir_all(root.join(folder))?;
    }
    for number in 0..scale.of(6000) {
        let mut noise = Noise::new(number + 6_000_000);
        let bytes = 1000 + noise.below(160_000);
        fs::write(
            root.join(CACHE).join(format!("{number:08X}")),
            noise.bytes(bytes),
        )?;
    }
    for (number, (name, bytes)) in DATABASES.into_iter().enumerate() {
        let mut noise = Noise::new(7_000_000 + u64::try_from(number)?);
        fs::write(profile.join(name), noise.pages(scale.of(bytes)))?;
    }
    for number in 0..scale.of(400) {
        let folder = profile.join(format!("storage/default/{number}"));
        fs::create_dir_all(&folder)?;
        fs::write(
            folder.join("data.sqlite"),
            Noise::new(number).pages(100 << 10),
        )?;
    }
    for number in 0..scale.of(60) {
        let bytes = Noise::new(number + 8_000_000).bytes(5_000_000);
        fs::write(
            root.join(format!("home/user/Downloads/{number}.pdf")),
            bytes,
        )?;
    }
    Ok(())
}

const DATABASES: [(&str, u64); 3] = [
    ("places.sqlite", 60 << 20),
    ("favicons.sqlite", 30 << 20),
    ("cookies.sqlite", 1 << 20),
];
