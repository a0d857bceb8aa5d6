//! Times of an inode: seconds with two more bits of epoch, and nanoseconds.

const NANOSECONDS_MAX: u32 = 999_999_999;

/// A time from 1901 to 2446. **Invariant:** `nanoseconds` is below one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Seconds since 1970, negative before.
    pub seconds: i64,
    /// Nanoseconds to add.
    pub nanoseconds: u32,
}

impl Timestamp {
    /// From the 32 bits that every inode has and the 32 that only larger ones have.
    pub(crate) fn decode(seconds: u32, extra: Option<u32>) -> Self {
        let extra = extra.unwrap_or(0);
        Self {
            seconds: i64::from(seconds.cast_signed()) + (i64::from(extra & 3) << 32),
            // A time of no meaning is no reason to lose the file.
            nanoseconds: (extra >> 2).min(NANOSECONDS_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    fn seconds(low: u32, epoch: u32) -> i64 {
        Timestamp::decode(low, Some(epoch)).seconds
    }

    #[test]
    fn the_table_of_the_format() {
        assert_eq!(seconds(0x8000_0000, 0), -0x8000_0000);
        assert_eq!(seconds(0xFFFF_FFFF, 0), -1);
        assert_eq!(seconds(0x7FFF_FFFF, 0), 0x7FFF_FFFF);
        assert_eq!(seconds(0x8000_0000, 1), 0x8000_0000);
        assert_eq!(seconds(0x7FFF_FFFF, 1), 0x1_7FFF_FFFF);
        assert_eq!(seconds(0x8000_0000, 2), 0x1_8000_0000);
        assert_eq!(seconds(0x7FFF_FFFF, 3), 0x3_7FFF_FFFF);
    }

    #[test]
    fn nanoseconds_stay_below_one_second() {
        assert_eq!(
            Timestamp::decode(0, Some(999_999_999 << 2)).nanoseconds,
            999_999_999
        );
        assert_eq!(
            Timestamp::decode(0, Some(u32::MAX)).nanoseconds,
            999_999_999
        );
        assert_eq!(Timestamp::decode(0, None).nanoseconds, 0);
    }
}
