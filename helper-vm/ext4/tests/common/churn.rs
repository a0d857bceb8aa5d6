//! A volume in use: files come, change and go.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, XattrFlags};

use super::dice::Dice;

const FOLDERS: usize = 8;
const NAMES: usize = 40;

/// What is done, one step at a time. A step that can not be done is left out.
pub struct Churn {
    root: PathBuf,
    dice: Dice,
    /// Deleted while open: an orphan each.
    open: Vec<File>,
}

impl Churn {
    pub fn new(root: &Path, seed: u64) -> Self {
        for folder in 0..FOLDERS {
            _ = fs::create_dir(root.join(folder.to_string()));
        }
        Self {
            root: root.to_owned(),
            dice: Dice(seed),
            open: Vec::new(),
        }
    }

    pub fn step(&mut self) {
        let done = match self.dice.below(16) {
            0..4 => self.write(),
            4 => self.shorten(),
            5 => fs::remove_file(self.name()),
            6 => fs::rename(self.name(), self.name()),
            7 => fs::hard_link(self.name(), self.name()),
            8 => symlink("t".repeat(1 + self.dice.below(200)), self.name()),
            9 => self.attribute(),
            10 => self.reserve(),
            11 => File::open(self.name()).and_then(|file| file.sync_all()),
            12 => self.mode(),
            13 => self.orphan(),
            14 => self.many_names(),
            _ => self.overwrite(),
        };
        _ = done;
    }

    fn name(&mut self) -> PathBuf {
        let folder = self.dice.below(FOLDERS).to_string();
        self.root
            .join(folder)
            .join(format!("a name of some length {}", self.dice.below(NAMES)))
    }

    fn content(&mut self, length_max: usize) -> Vec<u8> {
        let byte = u8::try_from(self.dice.below(256)).unwrap();
        vec![byte; 1 + self.dice.below(length_max)]
    }

    /// A block that begins as those of the journal do has to be escaped there.
    fn write(&mut self) -> io::Result<()> {
        let mut content = self.content(60_000);
        if self.dice.below(2) == 0 {
            let magic = [0xC0, 0x3B, 0x39, 0x98];
            content.splice(..magic.len().min(content.len()), magic);
        }
        let file = File::create(self.name())?;
        file.write_all_at(&content, 0)?;
        if self.dice.below(4) == 0 {
            file.sync_all()?;
        }
        Ok(())
    }

    fn overwrite(&mut self) -> io::Result<()> {
        let at = self.dice.below(200_000).try_into().unwrap();
        let content = self.content(20_000);
        let file = File::options().write(true).open(self.name())?;
        file.write_all_at(&content, at)
    }

    fn shorten(&mut self) -> io::Result<()> {
        let length = self.dice.below(30_000).try_into().unwrap();
        File::options()
            .write(true)
            .open(self.name())?
            .set_len(length)
    }

    fn attribute(&mut self) -> io::Result<()> {
        let value = self.content(700);
        let path = self.name();
        let key = format!("user.{}", self.dice.below(3));
        if self.dice.below(3) == 0 {
            rustix::fs::removexattr(path, key)?;
        } else {
            rustix::fs::setxattr(path, key, &value, XattrFlags::empty())?;
        }
        Ok(())
    }

    fn reserve(&mut self) -> io::Result<()> {
        let file = File::options().write(true).open(self.name())?;
        let start = self.dice.below(100_000).try_into().unwrap();
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let flags = [FallocateFlags::empty(), FallocateFlags::KEEP_SIZE, hole];
        rustix::fs::fallocate(&file, flags[self.dice.below(3)], start, 50_000)?;
        Ok(())
    }

    fn mode(&mut self) -> io::Result<()> {
        let mode = self.dice.below(0o1000).try_into().unwrap();
        fs::set_permissions(self.name(), fs::Permissions::from_mode(mode))
    }

    fn orphan(&mut self) -> io::Result<()> {
        let path = self.name();
        let mut file = File::options().append(true).open(&path)?;
        file.write_all(b"nobody will read this")?;
        fs::remove_file(path)?;
        self.open.push(file);
        if self.open.len() > 20 {
            self.open.remove(0);
        }
        Ok(())
    }

    /// Makes a folder of several blocks and removes it: its blocks are revoked and used again.
    fn many_names(&mut self) -> io::Result<()> {
        let folder = self.root.join(format!("many {}", self.dice.below(3)));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
            return self.write();
        }
        fs::create_dir(&folder)?;
        for number in 0..self.dice.below(300) {
            File::create(folder.join(format!("{number:0>100}")))?;
        }
        Ok(())
    }
}
