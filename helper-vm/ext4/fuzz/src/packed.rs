//! Images without their zeros: a length, then runs of sectors, each with its place and length.
//! All numbers have 32 bits, the lowest byte first; lengths and places count sectors.

const SECTOR: usize = 512;

pub fn pack(image: &[u8]) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    let sectors: Vec<&[u8]> = image.chunks(SECTOR).collect();
    let mut packed = number(sectors.len()).to_vec();
    let is_zero = |sector: usize| sectors[sector].iter().all(|byte| *byte == 0);
    let mut start = 0;
    while start < sectors.len() {
        if is_zero(start) {
            start += 1;
            continue;
        }
        let behind = (start..sectors.len()).find(|sector| is_zero(*sector));
        let end = behind.unwrap_or(sectors.len());
        packed.extend(number(start));
        packed.extend(number(end - start));
        packed.extend(&image[start * SECTOR..end * SECTOR]);
        start = end;
    }
    packed
}

/// The image, and the places of its runs in bytes.
pub fn unpack(mut packed: &[u8]) -> (Vec<u8>, Vec<(usize, usize)>) {
    let mut image = vec![0; number(&mut packed) * SECTOR];
    let mut runs = Vec::new();
    while !packed.is_empty() {
        let start = number(&mut packed) * SECTOR;
        let length = number(&mut packed) * SECTOR;
        let (run, rest) = packed.split_at(length);
        image[start..start + length].copy_from_slice(run);
        runs.push((start, length));
        packed = rest;
    }
    (image, runs)
}

fn number(packed: &mut &[u8]) -> usize {
    let (number, rest) = packed.split_first_chunk().unwrap();
    *packed = rest;
    u32::from_le_bytes(*number).try_into().unwrap()
}
