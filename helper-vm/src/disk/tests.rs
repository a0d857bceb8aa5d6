//! Every bound of a table is checked, whatever else is right.

use super::*;
use proptest::prelude::*;
use std::io;
use std::process::{Command, Stdio};

struct Bytes(Vec<u8>);

impl BlockReader for Bytes {
    fn size(&self) -> u64 {
        self.0.len().try_into().unwrap()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let found = self.0.get(start..start + buffer.len());
        buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

const SECTORS: u64 = 4096;
const USABLE: (u64, u64) = (34, SECTORS - 34);
const HEADER: usize = 512;
const ENTRIES: usize = 1024;
const MBR_ENTRY: usize = 446;

/// A good disk of 2 MiB with three partitions, a gap before the last.
fn disk() -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(SECTORS).unwrap() * 512];
    bytes[510..512].copy_from_slice(&[0x55, 0xAA]);
    bytes[MBR_ENTRY + 4] = 0xEE;
    bytes[MBR_ENTRY + 8] = 1;
    bytes[HEADER..HEADER + 8].copy_from_slice(b"EFI PART");
    for (at, number) in [(8, 0x1_0000), (12, 92), (80, 128), (84, 128)] {
        put_u32(&mut bytes, HEADER + at, number);
    }
    let places = [
        (24, 1),
        (32, SECTORS - 1),
        (40, USABLE.0),
        (48, USABLE.1),
        (72, 2),
    ];
    for (at, number) in places {
        put_u64(&mut bytes, HEADER + at, number);
    }
    for (number, (first, last)) in [(34, 99), (100, 100), (200, 4062)].into_iter().enumerate() {
        partition(&mut bytes, number, first, last);
    }
    sign(&mut bytes);
    bytes
}

fn put_u32(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

fn put_u64(bytes: &mut [u8], at: usize, number: u64) {
    bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
}

fn get_u32(bytes: &[u8], at: usize) -> usize {
    let number = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    number.try_into().unwrap()
}

fn partition(bytes: &mut [u8], number: usize, first: u64, last: u64) {
    let at = ENTRIES + number * 128;
    bytes[at..at + 16].fill(7);
    put_u64(bytes, at + 32, first);
    put_u64(bytes, at + 40, last);
}

/// Makes both checksums right, as an attacker would.
fn sign(bytes: &mut [u8]) {
    let length = get_u32(bytes, HEADER + 80).min(128) * 128;
    let entries = crc32fast::hash(&bytes[ENTRIES..ENTRIES + length]);
    put_u32(bytes, HEADER + 88, entries);
    sign_header(bytes);
}

fn sign_header(bytes: &mut [u8]) {
    put_u32(bytes, HEADER + 16, 0);
    let length = get_u32(bytes, HEADER + 12).min(512);
    let header = crc32fast::hash(&bytes[HEADER..HEADER + length]);
    put_u32(bytes, HEADER + 16, header);
}

/// What a disk that was changed in one way, its checksums right, is refused for.
fn refused(change: impl FnOnce(&mut Vec<u8>)) -> GptError {
    let mut bytes = disk();
    change(&mut bytes);
    if bytes.len() > ENTRIES + 128 * 128 {
        sign(&mut bytes);
    }
    partitions(&Bytes(bytes)).unwrap_err()
}

macro_rules! refused {
    ($error:pat, $change:expr) => {
        let found = refused($change);
        assert!(matches!(found, $error), "{found:?}");
    };
}

#[test]
fn a_good_table_is_read() {
    let found = partitions(&Bytes(disk())).unwrap();
    let bytes = |first: u64, end: u64| first * 512..end * 512;
    assert_eq!(found, [bytes(34, 100), bytes(100, 101), bytes(200, 4063)]);
}

#[test]
fn the_order_of_entries_does_not_matter_and_one_entry_is_enough() {
    let mut bytes = disk();
    partition(&mut bytes, 0, 3000, 4000);
    partition(&mut bytes, 2, 40, 99);
    sign(&mut bytes);
    let found = partitions(&Bytes(bytes)).unwrap();
    assert_eq!(
        found
            .iter()
            .map(|range| range.start / 512)
            .collect::<Vec<_>>(),
        [40, 100, 3000]
    );
    let mut bytes = disk();
    put_u32(&mut bytes, HEADER + 80, 1);
    sign(&mut bytes);
    assert_eq!(partitions(&Bytes(bytes)).unwrap().len(), 1);
}

#[test]
fn an_mbr_that_says_anything_else() {
    refused!(GptError::ProtectiveMbr, |bytes| bytes[511] = 0);
    refused!(GptError::ProtectiveMbr, |bytes| bytes[MBR_ENTRY + 4] = 0x83);
    refused!(GptError::ProtectiveMbr, |bytes| bytes[MBR_ENTRY + 4] = 0);
    refused!(GptError::ProtectiveMbr, |bytes| bytes[MBR_ENTRY + 8] = 2);
    for other in 1..4 {
        refused!(GptError::ProtectiveMbr, |bytes| bytes
            [MBR_ENTRY + other * 16 + 4] =
            0x0C);
    }
}

#[test]
fn a_header_that_is_none_or_of_another_version() {
    refused!(GptError::Signature, |bytes| bytes[HEADER] = b'e');
    refused!(GptError::Revision, |bytes| put_u32(
        bytes,
        HEADER + 8,
        0x1_0001
    ));
    refused!(GptError::TwoHeaders, |bytes| bytes[4096..4104]
        .copy_from_slice(b"EFI PART"));
}

#[test]
fn a_header_of_a_length_that_no_header_has() {
    for length in [0, 91, 513, u32::MAX] {
        refused!(GptError::HeaderLength, |bytes| put_u32(
            bytes,
            HEADER + 12,
            length
        ));
    }
}

#[test]
fn wrong_checksums() {
    let mut bytes = disk();
    bytes[HEADER + 60] ^= 1;
    let found = partitions(&Bytes(bytes)).unwrap_err();
    assert!(matches!(found, GptError::HeaderChecksum), "{found:?}");
    let mut bytes = disk();
    bytes[ENTRIES + 127 * 128] ^= 1;
    let found = partitions(&Bytes(bytes)).unwrap_err();
    assert!(matches!(found, GptError::EntriesChecksum), "{found:?}");
}

#[test]
fn a_header_for_another_place_or_without_a_copy() {
    for here in [0, 2, u64::MAX] {
        refused!(GptError::HeaderPlace, |bytes| put_u64(
            bytes,
            HEADER + 24,
            here
        ));
    }
    for copy in [1, USABLE.1, SECTORS, u64::MAX] {
        refused!(GptError::HeaderPlace, |bytes| put_u64(
            bytes,
            HEADER + 32,
            copy
        ));
    }
}

#[test]
fn usable_sectors_beyond_the_disk_or_none() {
    for last in [SECTORS, u64::MAX, USABLE.0 - 1] {
        refused!(GptError::UsableSectors, |bytes| put_u64(
            bytes,
            HEADER + 48,
            last
        ));
    }
}

#[test]
fn too_many_entries_none_or_of_another_length() {
    for count in [0, 129, u32::MAX] {
        refused!(GptError::EntryCount, |bytes| put_u32(
            bytes,
            HEADER + 80,
            count
        ));
    }
    for length in [0, 127, 256, u32::MAX] {
        refused!(GptError::EntryLength, |bytes| put_u32(
            bytes,
            HEADER + 84,
            length
        ));
    }
}

#[test]
fn entries_over_the_header_or_over_partitions() {
    for place in [0, 1, 3, SECTORS, u64::MAX] {
        refused!(GptError::EntriesPlace, |bytes| put_u64(
            bytes,
            HEADER + 72,
            place
        ));
    }
}

#[test]
fn partitions_beyond_the_usable_sectors_or_the_wrong_way_round() {
    for (first, last) in [
        (33, 99),
        (0, 99),
        (200, USABLE.1 + 1),
        (200, u64::MAX),
        (u64::MAX, u64::MAX),
        (99, 34),
    ] {
        refused!(GptError::EntryPlace, |bytes| partition(
            bytes, 0, first, last
        ));
    }
}

#[test]
fn partitions_over_each_other() {
    for (first, last) in [(100, 150), (99, 100), (34, 4062), (300, 300), (200, 4062)] {
        refused!(GptError::Overlap, |bytes| partition(bytes, 5, first, last));
    }
}

#[test]
fn disks_that_end_too_early() {
    for length in [0, 511, 512, 1023, 4096, 8191] {
        refused!(GptError::BeyondDisk, |bytes| bytes.truncate(length));
    }
}

#[test]
fn what_sfdisk_makes_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(64 << 20).unwrap();
    let usual = std::env::var("PATH").unwrap_or_default();
    let mut sfdisk = Command::new("sfdisk");
    sfdisk.env("PATH", format!("{usual}:/usr/sbin:/sbin"));
    sfdisk.arg("--quiet").arg(&path).stdin(Stdio::piped());
    let mut running = sfdisk.spawn().unwrap();
    let table = b"label: gpt\nsize=10MiB, type=uefi\nsize=2MiB\ntype=linux\n";
    io::Write::write_all(&mut running.stdin.take().unwrap(), table).unwrap();
    assert!(running.wait().unwrap().success());
    let volume = crate::device::Device::open(&path).unwrap();
    let found = partitions(&volume).unwrap();
    let mebibyte = 1 << 20;
    assert_eq!(found[0], mebibyte..11 * mebibyte);
    assert_eq!(found[1], 11 * mebibyte..13 * mebibyte);
    assert_eq!((found[2].start, found.len()), (13 * mebibyte, 3));
}

#[test]
fn a_table_of_long_sectors_is_read() {
    let mut bytes = vec![0; 4 << 20];
    let short = disk();
    bytes[..512].copy_from_slice(&short[..512]);
    bytes[4096..4096 + 512].copy_from_slice(&short[HEADER..HEADER + 512]);
    let entries = 2 * 4096;
    bytes[entries..entries + 128].copy_from_slice(&short[ENTRIES..ENTRIES + 128]);
    put_u64(&mut bytes, entries + 40, 999);
    for (at, number) in [(32, 1023), (40, 6), (48, 1017)] {
        put_u64(&mut bytes, 4096 + at, number);
    }
    let sum = crc32fast::hash(&bytes[entries..entries + 128 * 128]);
    put_u32(&mut bytes, 4096 + 88, sum);
    put_u32(&mut bytes, 4096 + 16, 0);
    let sum = crc32fast::hash(&bytes[4096..4096 + 92]);
    put_u32(&mut bytes, 4096 + 16, sum);
    let found = partitions(&Bytes(bytes)).unwrap();
    assert_eq!(found.first(), Some(&(34 * 4096..1000 * 4096)));
    assert_eq!(found.len(), 1);
}

#[test]
fn a_part_shows_nothing_beside_itself() {
    let bytes: Vec<u8> = (0..100).collect();
    let part = Part::new(Bytes(bytes), 10..30).unwrap();
    assert_eq!(part.size(), 20);
    let mut found = [0; 4];
    part.read_at(16, &mut found).unwrap();
    assert_eq!(found, [26, 27, 28, 29]);
    for offset in [17, 20, 90, u64::MAX] {
        assert!(part.read_at(offset, &mut found).is_err(), "{offset}");
    }
    for (start, end) in [(30, 30), (31, 30), (0, 101), (100, 101)] {
        assert!(Part::new(Bytes(vec![0; 100]), start..end).is_none());
    }
}

proptest! {
    #[test]
    fn a_table_with_changed_bytes_is_refused_or_stays_in_bounds(
        changes in proptest::collection::vec((446_usize..ENTRIES + 512, any::<u8>()), 1..6),
        signed: bool,
    ) {
        let mut bytes = disk();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        if signed {
            sign(&mut bytes);
        }
        if let Ok(found) = partitions(&Bytes(bytes)) {
            let mut last = 0;
            for range in found {
                prop_assert!(last <= range.start && range.start < range.end);
                prop_assert!(range.end <= SECTORS * 512);
                last = range.end;
            }
        }
    }
}
