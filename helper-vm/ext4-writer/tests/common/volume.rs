//! An empty file system of mke2fs' in a file, to be filled in place.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use qib_ext4::{BlockReader, Ext4, Timestamp};
use qib_ext4_writer::{BlockWriter, Options, Skeleton, Writer};
use tempfile::TempDir;

use super::reading::image::{Image, Mount, run, tool};

/// When everything is said to have been made.
pub const STAMP: Timestamp = Timestamp {
    seconds: 1_700_000_000,
    nanoseconds: 0,
};

/// A volume in a folder that goes away with it.
pub struct Volume {
    image: Image,
    file: File,
    size: u64,
}

impl Volume {
    /// Makes an empty file system of so many bytes.
    pub fn empty(bytes: u64, options: &[&str]) -> Self {
        let image = Image {
            folder: TempDir::new().unwrap(),
        };
        File::create(image.path()).unwrap().set_len(bytes).unwrap();
        let mut command = tool("mke2fs");
        command.args(["-q", "-F", "-t", "ext4", "-m", "0"]);
        command.args([
            "-E",
            "lazy_itable_init=1,hash_seed=6f0d7f2c-0c5b-4ba0-9d5e-1d2f3c4b5a69",
        ]);
        command.args(["-U", "0f0d7f2c-0c5b-4ba0-9d5e-1d2f3c4b5a69"]);
        command.args(options).arg(image.path());
        command.env("E2FSPROGS_FAKE_TIME", STAMP.seconds.to_string());
        let made = command.output().unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(image.path())
            .unwrap();
        Self {
            image,
            file,
            size: bytes,
        }
    }

    pub fn skeleton(&self) -> Skeleton {
        Skeleton::read(self).unwrap()
    }

    pub fn writer(&self) -> Writer<&Self> {
        let options = Options {
            stamp: STAMP,
            has_lost_and_found: true,
        };
        Writer::new(&self.skeleton(), self, options)
    }

    pub fn open(&self) -> Ext4<&Self> {
        Ext4::open(self).unwrap()
    }

    pub fn path(&self) -> PathBuf {
        self.image.path()
    }

    pub fn image(&self) -> &Image {
        &self.image
    }

    pub fn mount(&self, options: &str) -> Mount {
        self.image.mount(options)
    }

    pub fn run(&self, program: &str, arguments: &[&str]) {
        let path = self.path();
        let mut all = arguments.to_vec();
        all.push(path.to_str().unwrap());
        run(program, &all);
    }
}

impl BlockReader for Volume {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}

impl BlockWriter for Volume {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }
}
