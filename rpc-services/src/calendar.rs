//! Times as people read them: seconds since 1970 in the Gregorian calendar, UTC.

/// A time in seconds since 1970, as `2026-11-21 09:30:00 UTC`.
pub fn time(seconds: i64) -> String {
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The same for the name of a file, as `2026-11-21_09-30-00`.
pub fn time_in_name(seconds: i64) -> String {
    let time = time(seconds).replace(" UTC", "");
    time.replace(' ', "_").replace(':', "-")
}

/// The seconds since 1970 of a time like `2026-11-21T09:30:00Z`.
pub fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let is_time = hour < 24 && minute < 60 && second < 60;
    let day = days(year, month, day)?;
    is_time.then_some(((day * 24 + hour) * 60 + minute) * 60 + second)
}

/// Three numbers of two digits, the first of which may have four.
fn numbers(text: &str, between: char) -> Option<[i64; 3]> {
    let number = |part: &str| -> Option<i64> {
        let is_plain =
            matches!(part.len(), 2 | 4) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| is_plain)
    };
    let numbers: Option<Vec<i64>> = text.split(between).map(number).collect();
    numbers?.try_into().ok()
}

/// The day since 1970 that has this date, if there is such a date: as [`date`], the other way.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let shifted = (month + 9).rem_euclid(12);
    let since_march = year - i64::from(month <= 2);
    let era = since_march.div_euclid(400);
    let year_of_era = since_march.rem_euclid(400);
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    (date(days) == (year, month, day)).then_some(days)
}

/// Year, month and day of a day since 1970, in the Gregorian calendar: counted
/// in eras of 400 years whose years begin in March.
pub fn date(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let day_of_era = day.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (seconds, shown) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_795_253_400, "2026-11-21 09:30:00 UTC"),
            (-1, "1969-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(time(seconds), shown);
        }
    }

    #[test]
    fn every_number_is_a_time() {
        assert_eq!(time(i64::MIN), "-292277022657-01-27 08:29:52 UTC");
        assert_eq!(time(i64::MAX), "292277026596-12-04 15:30:07 UTC");
    }

    #[test]
    fn times_read_back() {
        for second in [0, 951_782_400, 951_868_799, 1_795_253_400, 4_102_444_799] {
            let shown = time(second).replace(' ', "T").replace("TUTC", "Z");
            assert_eq!(seconds(&shown), Some(second), "{shown}");
        }
        for text in [
            "",
            "2026-11-21T09:30:00",
            "2026-11-21 09:30:00Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T09:60:00Z",
            "2026-11-21T+9:30:00Z",
            "2026-1-21T09:30:00Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
