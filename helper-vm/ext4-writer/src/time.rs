//! Times of an inode: 32 bits of seconds, two more of epoch, and nanoseconds.

use qib_ext4::Timestamp;

/// The first second that an inode can name, and the last; the last of one without the bits of
/// epoch.
const FIRST: i64 = -0x8000_0000;
const LAST: i64 = 0x3_7FFF_FFFF;
const LAST_SHORT: i64 = 0x7FFF_FFFF;

/// The 32 bits that every inode has and the 32 that only larger ones have. A time that can
/// not be named becomes the nearest that can, as the kernel has it.
pub(crate) fn encode(time: Timestamp, is_short: bool) -> (u32, u32) {
    let last = if is_short { LAST_SHORT } else { LAST };
    let seconds = time.seconds.clamp(FIRST, last);
    let nanoseconds = if seconds == time.seconds {
        time.nanoseconds
    } else {
        0
    };
    let [a, b, c, d, ..] = seconds.to_le_bytes();
    let low = u32::from_le_bytes([a, b, c, d]);
    let epoch = (seconds - i64::from(low.cast_signed())) >> 32;
    (
        low,
        nanoseconds << 2 | u32::try_from(epoch & 3).unwrap_or(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(seconds: i64, nanoseconds: u32) -> (u32, u32) {
        let time = Timestamp {
            seconds,
            nanoseconds,
        };
        encode(time, false)
    }

    #[test]
    fn the_table_of_the_format() {
        assert_eq!(encoded(-0x8000_0000, 0), (0x8000_0000, 0));
        assert_eq!(encoded(-1, 5), (0xFFFF_FFFF, 5 << 2));
        assert_eq!(encoded(0x8000_0000, 0), (0x8000_0000, 1));
        assert_eq!(encoded(0x1_7FFF_FFFF, 0), (0x7FFF_FFFF, 1));
        assert_eq!(encoded(0x1_8000_0000, 0), (0x8000_0000, 2));
        assert_eq!(encoded(0x3_7FFF_FFFF, 999_999_999).0, 0x7FFF_FFFF);
    }

    #[test]
    fn what_no_inode_can_name_becomes_the_nearest() {
        assert_eq!(encoded(i64::MAX, 7), (0x7FFF_FFFF, 3));
        assert_eq!(encoded(i64::MIN, 7), (0x8000_0000, 0));
        let time = Timestamp {
            seconds: 0x8000_0000,
            nanoseconds: 0,
        };
        assert_eq!(encode(time, true), (0x7FFF_FFFF, 0));
    }
}
