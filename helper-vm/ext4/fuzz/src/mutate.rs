//! Changes to an image, from any bytes.

use super::places::Place;
use super::repair::repair;
use super::seeds::Seed;

/// Bytes of one change: which place, where in it, what is done, with which value.
pub const RECORD: usize = 6;

/// Changes an image as the records say; None where there is nothing to change.
///
/// The first byte chooses the image, an odd second byte has checksums repaired.
pub fn mutate(seeds: &[Seed], input: &[u8]) -> Option<Vec<u8>> {
    let (head, records) = input.split_first_chunk::<2>()?;
    let seed = &seeds[usize::from(head[0]) % seeds.len()];
    let mut image = seed.image.clone();
    let mut changed = Vec::new();
    for record in records.as_chunks::<RECORD>().0 {
        changed.push(change(&mut image, &seed.places, *record));
    }
    if head[1] % 2 == 1 {
        repair(&mut image, &changed);
    }
    (!changed.is_empty()).then_some(image)
}

fn change(image: &mut [u8], places: &[Place], record: [u8; RECORD]) -> Place {
    let [a, b, c, d, what, value] = record;
    let place = places[usize::from(u16::from_le_bytes([a, b])) % places.len()];
    let at = place.start + usize::from(u16::from_le_bytes([c, d])) % place.length;
    let wide = |width: usize| at..(at + width).min(place.start + place.length);
    match what % 6 {
        0 => image[at] = value,
        1 => image[at] ^= 1 << (value % 8),
        2 => image[at] = image[at].wrapping_add(value),
        3 => image[wide(2)].fill(value),
        4 => image[wide(4)].fill(value),
        _ => {
            image[wide(4)].fill(0);
            image[at] = value;
        }
    }
    place
}
