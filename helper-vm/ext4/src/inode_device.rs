//! Device numbers of character and block special files.

/// Major and minor number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceNumber {
    /// Which driver; below 4096.
    pub major: u32,
    /// Which device of that driver; below 2^20.
    pub minor: u32,
}

impl DeviceNumber {
    /// From the first two words of `i_block`: the old encoding, unless that word is zero.
    pub(crate) fn decode(old: u32, new: u32) -> Self {
        if old != 0 {
            return Self {
                major: old >> 8 & 0xFF,
                minor: old & 0xFF,
            };
        }
        Self {
            major: new >> 8 & 0xFFF,
            minor: new & 0xFF | new >> 12 & 0xF_FF00,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DeviceNumber;

    #[test]
    fn both_encodings() {
        assert_eq!(
            DeviceNumber::decode(0x0801, 0),
            DeviceNumber { major: 8, minor: 1 }
        );
        let new = DeviceNumber::decode(0, 0xABC1_2345);
        assert_eq!(
            new,
            DeviceNumber {
                major: 0x123,
                minor: 0xABC45
            }
        );
    }
}
