//! What is spoiled on the volume after it was written is noticed before a restore says ok.

use crate::common::{Dom0, image};
use crate::restoring::{Target, last, restore};
use crate::volume::image::tool;
use qib_rpc::fault::{Code, Fault};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const NAME: &[u8] = b"a name that is in one place";

fn content() -> Vec<u8> {
    let mut bytes = vec![0; 50_000];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}

fn backed_up(folder: &Path) -> Dom0 {
    let source = folder.join("source");
    std::fs::create_dir(&source).unwrap();
    let name = std::str::from_utf8(NAME).unwrap();
    std::fs::write(source.join(name), content()).unwrap();
    let image = image::make(&folder.join("image"), &source, 64);
    let mut dom0 = Dom0::new(&image);
    dom0.back_up();
    dom0
}

/// Restores while a place of the volume is spoiled again and again.
fn restored_and_spoiled(dom0: &Dom0, at: u64) -> Result<(), Fault> {
    let target = Target::new(64);
    let spoilt = OpenOptions::new().write(true).open(target.file()).unwrap();
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                spoilt.write_all_at(&[0xEE], at).unwrap();
                thread::sleep(Duration::from_micros(100));
            }
        });
        let said = restore(&last(dom0), &dom0.storage, &target.file()).map(drop);
        is_done.store(true, Ordering::Relaxed);
        said
    })
}

/// Where something is that is there once: the same volume comes each time.
fn place(volume: &Path, bytes: &[u8]) -> u64 {
    let volume = std::fs::read(volume).unwrap();
    let place = volume.windows(bytes.len()).position(|part| part == bytes);
    u64::try_from(place.unwrap()).unwrap()
}

/// Where the inode of the file begins.
fn inode(volume: &Path) -> u64 {
    let request = format!("imap \"/{}\"", std::str::from_utf8(NAME).unwrap());
    let output = tool("debugfs").args(["-R", &request]).arg(volume).output();
    let said = String::from_utf8(output.unwrap().stdout).unwrap();
    let number = |behind: &str| {
        let text = said.split_once(behind).unwrap().1;
        let end = text.find([',', '\n']).unwrap();
        text[..end].trim().trim_start_matches("0x").to_owned()
    };
    let block: u64 = number("located at block ").parse().unwrap();
    let offset = u64::from_str_radix(&number("offset "), 16).unwrap();
    block * block_bytes(volume) + offset
}

fn block_bytes(volume: &Path) -> u64 {
    let mut log = [0; 4];
    let file = File::open(volume).unwrap();
    file.read_exact_at(&mut log, 1024 + 24).unwrap();
    1024 << u32::from_le_bytes(log)
}

#[test]
fn spoiled_data_names_and_inodes_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let dom0 = backed_up(folder.path());
    let target = Target::new(64);
    restore(&last(&dom0), &dom0.storage, &target.file()).unwrap();
    let volume = target.file();
    let (data, end) = (content(), content().len());
    let places = [
        ("the first byte of data", place(&volume, &data[..500])),
        (
            "the last byte of data",
            place(&volume, &data[end - 500..]) + 499,
        ),
        (
            "a zero behind the end",
            place(&volume, &data[end - 500..]) + 500,
        ),
        ("a name", place(&volume, NAME)),
        ("a mode", inode(&volume)),
    ];
    for (what, at) in places {
        let said = restored_and_spoiled(&dom0, at);
        assert_eq!(said, Err(Fault::new(Code::VolumeFailed)), "{what}");
    }
    let unused = 60 << 20;
    assert_eq!(restored_and_spoiled(&dom0, unused), Ok(()));
}
