//! Conversions between widths that can not lose anything on a 64-bit machine.

/// A length as a 64-bit number.
pub fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A 64-bit number as a length; what no memory could hold becomes a length
/// that no slice has.
pub fn narrow(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// A 32-bit number as a place in a table.
pub fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A length as a 32-bit number, if it fits.
pub fn short(length: usize) -> Option<u32> {
    u32::try_from(length).ok()
}
