//! Every kind is told by its mark, and no bytes are too odd.

use super::*;
use proptest::prelude::*;
use std::process::Command;

struct Bytes(Vec<u8>);

impl BlockReader for Bytes {
    fn size(&self) -> u64 {
        wide(self.0.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = narrow(offset);
        let found = self.0.get(start..start + buffer.len());
        buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

fn head(marks: &[(usize, &[u8])]) -> Vec<u8> {
    let mut head = vec![0; HEAD_BYTES];
    for (place, bytes) in marks {
        head[*place..*place + bytes.len()].copy_from_slice(bytes);
    }
    head
}

const SECTOR_END: (usize, &[u8]) = (510, &[0x55, 0xaa]);
const PARTITION: (usize, &[u8]) = (446, &[0x80, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0]);

#[test]
fn every_kind_is_told_by_its_mark() {
    for (marks, kind) in [
        (&[(1080, &b"\x53\xef"[..])][..], VolumeKind::Ext),
        (&[(65600, b"_BHRfS_M")], VolumeKind::Btrfs),
        (&[(0, b"XFSB")], VolumeKind::Xfs),
        (&[(1024, b"\x10\x20\xf5\xf2")], VolumeKind::F2fs),
        (&[(0, b"LUKS\xba\xbe")], VolumeKind::Luks),
        (&[(3, b"NTFS    "), SECTOR_END], VolumeKind::Ntfs),
        (&[(54, b"FAT16   "), SECTOR_END], VolumeKind::Fat),
        (&[(82, b"FAT32   "), SECTOR_END], VolumeKind::Fat),
        (&[(3, b"EXFAT   "), SECTOR_END], VolumeKind::Fat),
        (&[(4086, b"SWAPSPACE2")], VolumeKind::Swap),
        (&[(65526, b"SWAPSPACE2")], VolumeKind::Swap),
        (
            &[(512, b"EFI PART"), PARTITION, SECTOR_END],
            VolumeKind::Disk,
        ),
        (&[(4096, b"EFI PART")], VolumeKind::Disk),
        (&[PARTITION, SECTOR_END], VolumeKind::Disk),
        (&[PARTITION], VolumeKind::Unknown),
        (&[SECTOR_END], VolumeKind::Unknown),
        (&[PARTITION, (462, &[7]), SECTOR_END], VolumeKind::Unknown),
        (&[(54, b"FAT16   ")], VolumeKind::Unknown),
        (&[], VolumeKind::Unknown),
    ] {
        assert_eq!(judge(&head(marks)), kind, "{marks:?}");
    }
}

#[test]
fn the_marks_of_two_are_nobodys() {
    let stale = [(65600, &b"_BHRfS_M"[..])];
    for newer in [
        (0, &b"XFSB"[..]),
        (0, b"LUKS\xba\xbe"),
        (512, b"EFI PART"),
        (1080, b"\x53\xef"),
    ] {
        let marks = [&stale[..], &[newer]].concat();
        assert_eq!(judge(&head(&marks)), VolumeKind::Unknown, "{newer:?}");
    }
}

#[test]
fn what_the_real_programs_make_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("volume");
    for (program, arguments, kind) in [
        ("mkfs.btrfs", &["-q"][..], VolumeKind::Btrfs),
        ("mkfs.xfs", &["-q"], VolumeKind::Xfs),
        ("mkswap", &[], VolumeKind::Swap),
        ("mke2fs", &["-q", "-F"], VolumeKind::Ext),
    ] {
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(320 << 20).unwrap();
        let usual = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command.env("PATH", format!("{usual}:/usr/sbin:/sbin"));
        let made = command.args(arguments).arg(&path).output();
        assert!(made.unwrap().status.success(), "{program}");
        let volume = crate::device::Device::open(&path).unwrap();
        assert_eq!(probe(&volume).unwrap(), kind, "{program}");
    }
}

proptest! {
    #[test]
    fn any_bytes_of_any_length_are_something(
        bytes in proptest::collection::vec(any::<u8>(), 0..5000),
        marked: bool,
    ) {
        let mut bytes = bytes;
        if let (true, Some(end)) = (marked, bytes.get_mut(510..512)) {
            end.copy_from_slice(&[0x55, 0xaa]);
        }
        let judged = judge(&bytes);
        prop_assert_eq!(probe(&Bytes(bytes)).unwrap(), judged);
    }
}
