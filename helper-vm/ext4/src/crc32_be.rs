//! CRC-32 with the highest bit first, used for whole transactions before CRC-32C.

const POLYNOMIAL: u32 = 0x04C1_1DB7;

static TABLE: [u32; 256] = table();

/// Continues `crc` over `bytes`. Neither inverts at the start nor at the end, as the journal wants it.
pub(crate) fn crc32_be(crc: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(crc, |crc, byte| {
        let [high, ..] = crc.to_be_bytes();
        entry(high ^ byte) ^ (crc << 8)
    })
}

#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
fn entry(byte: u8) -> u32 {
    TABLE[usize::from(byte)]
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
#[expect(
    clippy::as_conversions,
    reason = "`From` can not be called in a constant"
)]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc >> 31 == 1 {
                crc << 1 ^ POLYNOMIAL
            } else {
                crc << 1
            };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::crc32_be;

    #[test]
    fn check_value_of_the_catalogue() {
        assert_eq!(!crc32_be(!0, b"123456789"), 0xFC89_1918);
    }
}
