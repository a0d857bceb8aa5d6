//! The first bytes of a volume, behind which it is zeros; and the same as a disk whose table of
//! partitions has right checksums.
//!
//! The law: what lies on it is told, or a table is refused. Partitions are not empty, ascend
//! without lying over one another, begin and end with sectors, and lie inside the disk.

use qib_ext4::BlockReader;
use qib_helper::disk::{Part, partitions};
use qib_helper::probe::probe;
use std::io;

const DISK_BYTES: u64 = 2 << 20;
const SECTOR: usize = 512;
const HEADER: usize = SECTOR;
const ENTRIES: usize = 2 * SECTOR;

struct Volume(Vec<u8>);

impl BlockReader for Volume {
    fn size(&self) -> u64 {
        DISK_BYTES
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        assert!(start + buffer.len() <= usize::try_from(DISK_BYTES).unwrap());
        buffer.fill(0);
        let rest = self.0.get(start..).unwrap_or_default();
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        Ok(())
    }
}

/// Checks a volume.
pub fn check(input: &[u8]) {
    one(Volume(input.to_vec()));
    one(Volume(signed(input.to_vec())));
}

fn one(volume: Volume) {
    assert!(probe(&volume).is_ok());
    let Ok(found) = partitions(&volume) else {
        return;
    };
    assert!(found.len() <= 128);
    assert!(found.is_sorted_by(|one, next| one.end <= next.start));
    for range in found {
        assert!(range.start >= 3 * 512 && range.start < range.end && range.end <= DISK_BYTES);
        assert!(range.start.is_multiple_of(512) && range.end.is_multiple_of(512));
        let part = Part::new(&volume, range).unwrap();
        assert!(part.read_at(part.size(), &mut [0]).is_err());
        assert!(probe(&part).is_ok());
    }
}

/// Makes both checksums right, where there is a header.
fn signed(mut disk: Vec<u8>) -> Vec<u8> {
    disk.resize(disk.len().max(ENTRIES), 0);
    let number = |disk: &[u8], at: usize| {
        usize::try_from(u32::from_le_bytes(*disk[at..].first_chunk().unwrap())).unwrap()
    };
    let mut put = |at: usize, sum: u32| disk[at..at + 4].copy_from_slice(&sum.to_le_bytes());
    put(HEADER + 16, 0);
    let count = number(&disk, HEADER + 80).min(128);
    let first = number(&disk, HEADER + 72).saturating_mul(SECTOR);
    let mut entries = disk.get(first..).unwrap_or_default().to_vec();
    entries.resize(count * 128, 0);
    let length = number(&disk, HEADER + 12).min(SECTOR);
    disk[HEADER + 88..HEADER + 92].copy_from_slice(&crc32fast::hash(&entries).to_le_bytes());
    let sum = crc32fast::hash(&disk[HEADER..HEADER + length]);
    disk[HEADER + 16..HEADER + 20].copy_from_slice(&sum.to_le_bytes());
    disk
}

/// A disk with three partitions, and the signatures that a volume may have.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut disk = vec![0; ENTRIES + 3 * 128];
    disk[446 + 4] = 0xEE;
    disk[446 + 8] = 1;
    disk[510..512].copy_from_slice(&[0x55, 0xAA]);
    let mut put = |at: usize, bytes: &[u8]| disk[at..at + bytes.len()].copy_from_slice(bytes);
    put(HEADER, b"EFI PART");
    for (at, number) in [(8, 0x1_0000_u32), (12, 92), (80, 128), (84, 128)] {
        put(HEADER + at, &number.to_le_bytes());
    }
    for (at, number) in [(24, 1_u64), (32, 4095), (40, 34), (48, 4062), (72, 2)] {
        put(HEADER + at, &number.to_le_bytes());
    }
    for (entry, (first, last)) in [(34_u64, 99_u64), (100, 100), (200, 4062)].iter().enumerate() {
        let at = ENTRIES + entry * 128;
        put(at, &[7; 16]);
        put(at + 32, &first.to_le_bytes());
        put(at + 40, &last.to_le_bytes());
    }
    let marked = |at: usize, mark: &[u8]| [vec![0; at].as_slice(), mark].concat();
    let mut dos = vec![0; SECTOR];
    dos[446] = 0x80;
    dos[446 + 4] = 0x83;
    dos[446 + 12] = 1;
    dos[510..].copy_from_slice(&[0x55, 0xAA]);
    let mut fat = dos.clone();
    fat[54..62].copy_from_slice(b"FAT16   ");
    let swap = marked((4 << 10) - 10, b"SWAPSPACE2");
    let ext = marked(1080, b"\x53\xef");
    vec![signed(disk), dos, fat, swap, ext, b"XFSB".to_vec(), b"LUKS\xba\xbe".to_vec()]
}
