//! CRC-16 (polynomial 0x8005, reflected), used for group descriptors before `metadata_csum`.

/// Continues `crc` over `bytes`.
pub(crate) fn crc16(crc: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(crc, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| shift(crc))
    })
}

fn shift(crc: u16) -> u16 {
    if crc & 1 == 1 {
        crc >> 1 ^ 0xA001
    } else {
        crc >> 1
    }
}

#[cfg(test)]
mod tests {
    use super::crc16;

    #[test]
    fn check_value_of_the_catalogue() {
        assert_eq!(crc16(0, b"123456789"), 0xBB3D);
    }
}
