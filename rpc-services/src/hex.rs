//! Lower-case hexadecimal, the only text form of ids and digests.

/// Writes `bytes` as lower-case hexadecimal.
pub fn encode(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Reads exactly `N` bytes of lower-case hexadecimal; anything else is `None`.
pub fn decode<const N: usize>(untrusted_text: &str) -> Option<[u8; N]> {
    let pairs = untrusted_text.as_bytes().chunks_exact(2);
    if untrusted_text.len() != N.checked_mul(2)? {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let [high, low] = pair else { return None };
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a')?.checked_add(10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(bytes: [u8; 16]) {
            prop_assert_eq!(decode::<16>(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn what_reads_is_the_only_form(text in "[0-9a-fA-F]{32}") {
            if let Some(bytes) = decode::<16>(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }

    #[test]
    fn other_lengths_and_digits_are_refused() {
        for text in ["", "0", "000", "0g", "0A", "é"] {
            assert_eq!(decode::<1>(text), None, "{text}");
        }
    }
}
