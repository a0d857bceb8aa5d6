//! An empty file system of mke2fs' in a file, to be filled in place.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use qib_ext4::{BlockReader, Ext4, Timestamp};
use qib_ext4_writer::{BlockWriter, Nowhere, Options, Skeleton, Writer};
use rustix::fs::SeekFrom;
use tempfile::TempDir;

use super::reading::image::{Image, Mount, run, tool};

/// When everything is said to have been made.
pub const STAMP: Timestamp = Timestamp {
    seconds: 1_700_000_000,
    nanoseconds: 0,
};

/// What lies on a volume before anything was written.
const JUNK: u8 = 0xAA;

const SUPER_BLOCK_AT: u64 = 1024;
const SUPER_BLOCK_BYTES: usize = 1024;

fn options(has_lost_and_found: bool) -> Options {
    Options {
        taken: 0,
        stamp: STAMP,
        has_lost_and_found,
    }
}

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

    /// The same in a place that was full of something else: what mke2fs wrote is there, and
    /// zeros where it counts on them.
    pub fn over_junk(bytes: u64, options: &[&str]) -> Self {
        let made = Self::empty(bytes, options);
        let skeleton = made.skeleton();
        let path = made.image.folder.path().join("junk");
        let file = File::create_new(&path).unwrap();
        let junk = vec![JUNK; 1 << 20];
        for at in (0..bytes).step_by(1 << 20) {
            let length = (bytes - at).min(1 << 20).try_into().unwrap();
            file.write_all_at(&junk[..length], at).unwrap();
        }
        for zeros in std::iter::once(0..skeleton.head()).chain(skeleton.journal().to_vec()) {
            let length = (zeros.end - zeros.start).try_into().unwrap();
            file.write_all_at(&vec![0; length], zeros.start).unwrap();
        }
        made.copy_written(&file);
        std::fs::rename(&path, made.path()).unwrap();
        let file = OpenOptions::new().read(true).write(true).open(made.path());
        Self {
            file: file.unwrap(),
            ..made
        }
    }

    /// Copies all that was ever written.
    fn copy_written(&self, target: &File) {
        let mut end = 0;
        while let Ok(start) = rustix::fs::seek(&self.file, SeekFrom::Data(end)) {
            end = rustix::fs::seek(&self.file, SeekFrom::Hole(start)).unwrap();
            let mut bytes = vec![0; (end - start).try_into().unwrap()];
            self.file.read_exact_at(&mut bytes, start).unwrap();
            target.write_all_at(&bytes, start).unwrap();
        }
    }

    pub fn skeleton(&self) -> Skeleton {
        Skeleton::read(self).unwrap()
    }

    pub fn writer(&self) -> Writer<&Self> {
        self.writer_with(true)
    }

    pub fn writer_with(&self, has_lost_and_found: bool) -> Writer<&Self> {
        let skeleton = self.skeleton();
        // It is the writer that brings it, last of all.
        self.file
            .write_all_at(&[JUNK; SUPER_BLOCK_BYTES], SUPER_BLOCK_AT)
            .unwrap();
        Writer::new(&skeleton, self, options(has_lost_and_found))
    }

    /// How many blocks a tree takes, before anything is written.
    pub fn counter(&self, has_lost_and_found: bool) -> Writer<Nowhere> {
        let skeleton = self.skeleton().endless();
        Writer::new(&skeleton, Nowhere, options(has_lost_and_found))
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

    /// The loop device under a mount of this volume.
    pub fn loop_device(&self, mount: &Mount) -> String {
        let mounts = std::fs::read_to_string(format!("/proc/{}/mounts", mount.holder())).unwrap();
        let target = self.path().with_file_name("mount");
        let device = mounts.lines().find_map(|line| {
            let (device, rest) = line.split_once(' ')?;
            (rest.split(' ').next() == target.to_str()).then(|| device.to_owned())
        });
        device.unwrap()
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
