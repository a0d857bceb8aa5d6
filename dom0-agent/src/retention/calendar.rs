//! Hours, days, weeks, months and years, in UTC: they never move, as those of a place do.

use qib_rpc::calendar;

/// A stretch of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// From one full hour to the next.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From Monday on.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
}

impl Period {
    /// Every period, the shortest first.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// The word for one snapshot in each.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hour => "hourly",
            Self::Day => "daily",
            Self::Week => "weekly",
            Self::Month => "monthly",
            Self::Year => "yearly",
        }
    }

    /// The number of the period that a time in seconds since 1970 lies in.
    pub fn number(self, time: i64) -> i64 {
        let day = time.div_euclid(86_400);
        let (year, month, _) = calendar::date(day);
        match self {
            Self::Hour => time.div_euclid(3600),
            Self::Day => day,
            // 1970 began on a Thursday.
            Self::Week => day.saturating_add(3).div_euclid(7),
            Self::Month => year.saturating_mul(12).saturating_add(month),
            Self::Year => year,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29 21:00:00 UTC, a Sunday.
    const SUNDAY: i64 = 1_795_986_000;

    #[test]
    fn periods_end_where_the_calendar_says() {
        let next = |period: Period, seconds| {
            period.number(SUNDAY + seconds) - period.number(SUNDAY + seconds - 1)
        };
        for (period, seconds) in [
            (Period::Hour, 3600),
            (Period::Day, 3 * 3600),
            (Period::Week, 3 * 3600),
            (Period::Month, 27 * 3600),
            (Period::Year, (24 * 32 + 3) * 3600),
        ] {
            assert_eq!(next(period, seconds), 1, "{period:?}");
            assert_eq!(next(period, seconds - 1), 0, "{period:?}");
        }
    }

    #[test]
    fn times_before_1970_have_periods_too() {
        for period in Period::ALL {
            assert!(period.number(-400 * 86_400) < period.number(0));
            period.number(i64::MIN / 2);
        }
    }
}
