//! Makes the checksum of a changed structure right, so that a change is not all that is seen.

use super::places::{BLOCK, Kind, Place, inode, u16_at, u32_at};

/// Bit by bit, so that it shares no mistake with the reader.
pub fn crc32c(crc: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(crc, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0x82F6_3B78 } else { 0 }
        })
    })
}

/// Does nothing to a volume without checksums of all metadata.
pub fn repair(bytes: &mut [u8], changed: &[Place]) {
    let checked = u32_at(bytes, 1024 + 0x64) & 0x400 != 0;
    if !checked {
        return;
    }
    for place in changed {
        one(bytes, *place);
    }
    // These stand over others.
    if changed.iter().any(|place| place.kind == Kind::InodeBitmap) {
        bitmap(bytes);
    }
    descriptor(bytes);
    let crc = crc32c(!0, &bytes[1024..1024 + 0x3FC]);
    put(bytes, 1024 + 0x3FC, crc);
}

fn one(bytes: &mut [u8], place: Place) {
    let start = place.start;
    match place.kind {
        Kind::Inode(number) => inode_checksum(bytes, start, place.length, number),
        Kind::DirBlock(number) => {
            let crc = crc32c(inode_seed(bytes, number), &bytes[start..start + BLOCK - 12]);
            bytes[start + BLOCK - 12..start + BLOCK - 4]
                .copy_from_slice(&[0, 0, 0, 0, 12, 0, 0, 0xDE]);
            put(bytes, start + BLOCK - 4, crc);
        }
        Kind::DxRoot(number) => dx(bytes, start, 0x20, number),
        Kind::DxNode(number) => dx(bytes, start, 8, number),
        Kind::ExtentNode(number) => {
            let end = 12 + 12 * u16_at(bytes, start + 4);
            if end + 4 <= BLOCK {
                let crc = crc32c(inode_seed(bytes, number), &bytes[start..start + end]);
                put(bytes, start + end, crc);
            }
        }
        Kind::XattrBlock => {
            let number = u64::try_from(start / BLOCK).unwrap();
            put(bytes, start + 16, 0);
            let crc = crc32c(seed(bytes), &number.to_le_bytes());
            let crc = crc32c(crc, &bytes[start..start + BLOCK]);
            put(bytes, start + 16, crc);
        }
        _ => {}
    }
}

fn put(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn put_low(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes()[..2]);
}

fn seed(bytes: &[u8]) -> u32 {
    crc32c(!0, &bytes[1024 + 0x68..1024 + 0x78])
}

fn inode_seed(bytes: &[u8], number: u32) -> u32 {
    let at = inode(bytes, number.try_into().unwrap()) + 0x64;
    let generation = bytes.get(at..at + 4).unwrap_or(&[0; 4]);
    crc32c(crc32c(seed(bytes), &number.to_le_bytes()), generation)
}

fn inode_checksum(bytes: &mut [u8], start: usize, length: usize, number: u32) {
    let more = if length > 128 {
        u16_at(bytes, start + 0x80)
    } else {
        0
    };
    put_low(bytes, start + 0x7C, 0);
    if more >= 4 {
        put_low(bytes, start + 0x82, 0);
    }
    let crc = crc32c(inode_seed(bytes, number), &bytes[start..start + length]);
    put_low(bytes, start + 0x7C, crc);
    if more >= 4 {
        put_low(bytes, start + 0x82, crc >> 16);
    }
}

fn dx(bytes: &mut [u8], start: usize, count_at: usize, number: u32) {
    let room = u16_at(bytes, start + count_at);
    let count = u16_at(bytes, start + count_at + 2);
    let tail = count_at + room * 8;
    if count > room || tail + 8 > BLOCK {
        return;
    }
    let crc = crc32c(
        inode_seed(bytes, number),
        &bytes[start..start + count_at + count * 8],
    );
    let crc = crc32c(crc, &bytes[start + tail..start + tail + 4]);
    put(bytes, start + tail + 4, crc32c(crc, &[0; 4]));
}

fn bitmap(bytes: &mut [u8]) {
    let start = u32_at(bytes, 2 * BLOCK + 4) * BLOCK;
    let used = u32_at(bytes, 1024 + 0x28) / 8;
    let Some(bits) = bytes.get(start..start + used) else {
        return;
    };
    let crc = crc32c(seed(bytes), bits);
    put_low(bytes, 2 * BLOCK + 0x1A, crc);
    if descriptor_size(bytes) == 64 {
        put_low(bytes, 2 * BLOCK + 0x3A, crc >> 16);
    }
}

fn descriptor_size(bytes: &[u8]) -> usize {
    if u32_at(bytes, 1024 + 0x60) & 0x80 != 0 {
        64
    } else {
        32
    }
}

fn descriptor(bytes: &mut [u8]) {
    let at = 2 * BLOCK;
    put_low(bytes, at + 0x1E, 0);
    let crc = crc32c(seed(bytes), &0_u32.to_le_bytes());
    let crc = crc32c(crc, &bytes[at..at + descriptor_size(bytes)]);
    put_low(bytes, at + 0x1E, crc);
}
