//! A home: real files of this machine, photos, notes and a log; aged by churn.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::sources::{self, Source, Wanted};
use crate::noise::{Noise, hash};
use crate::scale::Scale;

const FILES: u64 = 250_000;
const SMALL_FROM: u64 = 256 << 10;
/// The files come in so many passes; what lay between those of one pass is gone in the next.
const PASSES: u64 = 3;

/// The file of the workload that restores one.
pub(crate) const ONE_FILE: &str = "home/user/Pictures/0.jpg";

pub(super) fn fill(root: &Path, scale: Scale) -> Result<()> {
    let home = root.join("home/user");
    let sources = sources::list(Wanted {
        small_from: SMALL_FROM,
        small_bytes: scale.of(3 << 30),
        large_bytes: scale.of(2 << 30),
        files: scale.of(FILES),
    });
    let mut maker = Maker::default();
    for pass in 0..PASSES {
        maker.pass(&home, &sources, pass)?;
        if let Some(before) = pass.checked_sub(1) {
            remove(&filler(&home, before))?;
        }
    }
    let notes = scale
        .of(FILES)
        .saturating_sub(u64::try_from(sources.len())?);
    maker.notes(&home, notes)?;
    maker.photos(&home, scale.of(200))?;
    maker.log(&home, scale.of(1 << 28))?;
    remove(&filler(&home, PASSES - 1))?;
    maker.grow()
}

fn filler(home: &Path, pass: u64) -> PathBuf {
    home.join(format!("between-{pass}"))
}

fn remove(folder: &Path) -> Result<()> {
    // On a machine with few files nothing may have come between.
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

#[derive(Default)]
struct Maker {
    folders: HashSet<PathBuf>,
    /// Files that grow at the end, as documents do that are worked on.
    growing: Vec<PathBuf>,
}

impl Maker {
    fn pass(&mut self, home: &Path, sources: &[Source], pass: u64) -> Result<()> {
        for (number, source) in sources.iter().enumerate() {
            let name = source.path.strip_prefix("/")?;
            let place = hash(name.as_os_str().as_encoded_bytes());
            if place % PASSES != pass {
                continue;
            }
            let target = home.join(name);
            self.folder_of(&target)?;
            fs::copy(&source.path, &target).with_context(|| source.path.display().to_string())?;
            if (place / PASSES).is_multiple_of(5) {
                let between = filler(home, pass).join(number.to_string());
                self.write(
                    &between,
                    &Noise::new(place).bytes(source.bytes.min(1 << 20)),
                )?;
            }
            if (place / PASSES).is_multiple_of(20) {
                self.growing.push(target);
            }
        }
        Ok(())
    }

    fn notes(&mut self, home: &Path, count: u64) -> Result<()> {
        for number in 0..count {
            let mut noise = Noise::new(number);
            let magnitude = 6 + noise.below(8);
            let bytes = 200 + noise.below(1 << magnitude);
            let path = home.join(format!("Notes/{}/{number}.txt", number / 250));
            self.write(&path, &noise.text(bytes))?;
        }
        Ok(())
    }

    /// 2.5 MB each, which do not compress.
    fn photos(&mut self, home: &Path, count: u64) -> Result<()> {
        for number in 0..count {
            let bytes = Noise::new(number + 1_000_000).bytes(2_500_000);
            self.write(&home.join(format!("Pictures/{number}.jpg")), &bytes)?;
        }
        Ok(())
    }

    fn log(&mut self, home: &Path, bytes: u64) -> Result<()> {
        let path = home.join("Documents/log.txt");
        self.folder_of(&path)?;
        let mut file = fs::File::create(path)?;
        let mut noise = Noise::new(3_000_000);
        for _ in 0..bytes >> 20 {
            file.write_all(&noise.text(1 << 20))?;
        }
        Ok(())
    }

    /// A piece at a time for all of them, so that each lies in pieces.
    fn grow(&self) -> Result<()> {
        for round in 0..3 {
            for path in &self.growing {
                let mut file = OpenOptions::new().append(true).open(path)?;
                file.write_all(&Noise::new(round).text(5000))?;
            }
        }
        Ok(())
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.folder_of(path)?;
        Ok(fs::write(path, bytes)?)
    }

    fn folder_of(&mut self, path: &Path) -> Result<()> {
        let folder = path.parent().context("a file without a folder")?;
        if !self.folders.contains(folder) {
            fs::create_dir_all(folder)?;
            self.folders.insert(folder.to_owned());
        }
        Ok(())
    }
}
