//! Little-endian fields of structures that are made or changed in memory.

/// Puts a field. All offsets are constants of the format, inside of what they are put into.
pub(crate) fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) {
    let field = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut);
    debug_assert!(field.is_some(), "a field at {at} outside of its structure");
    if let Some(field) = field {
        *field = value;
    }
}

/// Puts a number of 16 bits.
pub(crate) fn put16(bytes: &mut [u8], at: usize, value: u16) {
    put(bytes, at, value.to_le_bytes());
}

/// Puts a number of 32 bits.
pub(crate) fn put32(bytes: &mut [u8], at: usize, value: u32) {
    put(bytes, at, value.to_le_bytes());
}

/// A field; zeros where the structure ends before it.
pub(crate) fn get<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let field = bytes.get(at..).and_then(<[u8]>::first_chunk);
    field.copied().unwrap_or([0; N])
}

/// A number of 16 bits.
pub(crate) fn get16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(get(bytes, at))
}

/// A number of 32 bits.
pub(crate) fn get32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(get(bytes, at))
}

/// The lower half of a number.
pub(crate) fn low32(number: u64) -> u32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The upper half of a number.
pub(crate) fn high32(number: u64) -> u32 {
    low32(number >> 32)
}

/// The lower half of a number.
pub(crate) fn low16(number: u32) -> u16 {
    let [a, b, ..] = number.to_le_bytes();
    u16::from_le_bytes([a, b])
}

/// The upper half of a number.
pub(crate) fn high16(number: u32) -> u16 {
    low16(number >> 16)
}

/// A length in memory. One that does not fit becomes the largest, which no slice reaches.
pub(crate) fn narrow(number: impl TryInto<usize>) -> usize {
    number.try_into().unwrap_or(usize::MAX)
}

/// A length in memory as a number of bytes or blocks of the volume.
pub(crate) fn wide(length: usize) -> u64 {
    length.try_into().unwrap_or(u64::MAX)
}
