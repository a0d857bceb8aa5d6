//! The content of a file as 32-bit words: a chunk is one word, a hole two.

const HOLE: u32 = 1 << 31;

/// A part of a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// A chunk, by its number in a table. Under 2^31.
    Chunk(u32),
    /// A hole of this many bytes. Under 2^63.
    Hole(u64),
}

/// Appends a stretch; false when it is out of range.
#[must_use]
pub fn push_stretch(words: &mut Vec<u32>, stretch: Stretch) -> bool {
    match stretch {
        Stretch::Chunk(number) if number < HOLE => words.push(number),
        Stretch::Hole(bytes) if bytes < 1 << 63 => {
            let high = u32::try_from(bytes >> 32).unwrap_or(0);
            let low = u32::try_from(bytes & u64::from(u32::MAX)).unwrap_or(0);
            words.extend([HOLE | high, low]);
        }
        _ => return false,
    }
    true
}

/// The stretchs of a content; `None` for a hole cut in half.
pub fn stretches(words: &[u32]) -> impl Iterator<Item = Option<Stretch>> + '_ {
    let mut rest = words.iter();
    std::iter::from_fn(move || {
        let word = *rest.next()?;
        if word & HOLE == 0 {
            return Some(Some(Stretch::Chunk(word)));
        }
        let low = rest.next();
        Some(low.map(|low| Stretch::Hole(u64::from(word & !HOLE) << 32 | u64::from(*low))))
    })
}
