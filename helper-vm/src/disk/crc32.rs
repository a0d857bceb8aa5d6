//! CRC-32 with the lowest bit first, as in the GPT.

const POLYNOMIAL: u32 = 0xEDB8_8320;

/// The checksum of the bytes. Bit by bit: it is for some 16 KiB of a disk.
pub(super) fn crc32<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u32 {
    let all = bytes.into_iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            let shifted = crc >> 1;
            if crc & 1 == 1 {
                shifted ^ POLYNOMIAL
            } else {
                shifted
            }
        })
    });
    !all
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn check_value_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }
}
