//! Padding: sizes that say little (Padmé).

/// The bytes of a skippable zstd frame before its content.
pub const SKIPPABLE_HEADER_BYTES: u64 = 8;

/// What the content of the padding frame holds at least.
pub const TRAILER_BYTES: u64 = 8;

/// The next size on the coarse scale: at most 12 % over `length`, and under
/// 3.2 % from 16 MiB on.
pub fn padded(length: u64) -> u64 {
    let exponent = length.checked_ilog2().unwrap_or(0);
    let kept_bits = exponent
        .checked_ilog2()
        .map_or(1, |log| log.saturating_add(1));
    let step = 1_u64
        .checked_shl(exponent.saturating_sub(kept_bits))
        .unwrap_or(1);
    length.checked_next_multiple_of(step).unwrap_or(length)
}

/// The skippable frame that ends an object of `plain_bytes` whose last real
/// frame begins at `last_frame_at`.
pub fn frame(plain_bytes: u64, last_frame_at: u64) -> Vec<u8> {
    let least = plain_bytes
        .saturating_add(SKIPPABLE_HEADER_BYTES)
        .saturating_add(TRAILER_BYTES);
    let content_bytes = padded(least)
        .saturating_sub(plain_bytes)
        .saturating_sub(SKIPPABLE_HEADER_BYTES);
    let zeros = content_bytes.saturating_sub(TRAILER_BYTES);
    let mut frame = vec![0x50, 0x2a, 0x4d, 0x18];
    frame.extend_from_slice(&u32::try_from(content_bytes).unwrap_or(0).to_le_bytes());
    frame.resize(frame.len().saturating_add(crate::number::narrow(zeros)), 0);
    frame.extend_from_slice(&last_frame_at.to_le_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_padded_size_is_a_step_and_not_far(length in 0..1_u64 << 40) {
            let size = padded(length);
            prop_assert!(size >= length);
            prop_assert_eq!(padded(size), size);
            prop_assert!(size - length <= length / 8 + 1);
        }

        #[test]
        fn the_frame_fills_to_the_step(length in 0..1_u64 << 24) {
            let frame = frame(length, 7);
            let sum = length + u64::try_from(frame.len()).unwrap();
            prop_assert_eq!(padded(sum), sum);
        }
    }

    #[test]
    fn zstd_skips_it() {
        let mut bytes = zstd::bulk::compress(b"hello", 3).unwrap();
        bytes.extend(frame(5, 0));
        assert_eq!(
            zstd::stream::decode_all(bytes.as_slice()).unwrap(),
            b"hello"
        );
    }
}
