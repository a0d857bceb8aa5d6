//! Numbers, sizes and times as people read them.

/// A size with a binary unit, as `1.4 GiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Tenths of the unit, so that no floating point is needed.
    let mut tenths = u128::from(bytes).saturating_mul(10) / 1024;
    let mut unit = "";
    for name in UNITS {
        unit = name;
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// A number with commas, as `12,345`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things, as `1 entry` or `2 entries`.
pub fn count(count: u64, one: &str, several: &str) -> String {
    format!(
        "{} {}",
        number(count),
        if count == 1 { one } else { several }
    )
}

/// A value that somebody else chose, without what would move the cursor or change how a terminal
/// shows other text; its further lines begin with `indent`.
pub fn shown(value: &str, indent: &str) -> String {
    let plain = |letter: char| letter.is_ascii_graphic() || letter.is_alphanumeric();
    let mut shown = String::new();
    for letter in value.chars() {
        match letter {
            '\n' => shown.push_str(&format!("\n{indent}")),
            ' ' => shown.push(' '),
            letter if plain(letter) => shown.push(letter),
            _ => shown.push('_'),
        }
    }
    shown
}

/// Numbers that are in order, as `1-5, 7`.
pub fn ranges(ordered: &[u64]) -> String {
    let runs = ordered.chunk_by(|one, next| one.checked_add(1) == Some(*next));
    let run = |run: &[u64]| match run {
        [] => String::new(),
        [only] => only.to_string(),
        [first, .., last] => format!("{first}-{last}"),
    };
    runs.map(run).collect::<Vec<String>>().join(", ")
}

/// A span of seconds, as `40 s`, `5 min`, `3 h` or `12 days`.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

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
pub(crate) fn date(day: i64) -> (i64, i64, i64) {
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
    fn sizes() {
        let all = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_500_000_000, "1.3 GiB"),
        ];
        for (size, shown) in all {
            assert_eq!(bytes(size), shown);
        }
        assert_eq!(bytes(u64::MAX), "15.9 EiB");
    }

    #[test]
    fn numbers() {
        for (value, shown) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(value), shown);
        }
    }

    #[test]
    fn values_of_others_move_no_cursor() {
        assert_eq!(shown("a b\nc", "  "), "a b\n  c");
        assert_eq!(shown("é\x1b[2J\r\t\u{202e}\u{9b}1m", ""), "é_[2J____1m");
    }

    #[test]
    fn numbers_in_a_row_are_a_range() {
        for (numbers, shown) in [
            (&[][..], ""),
            (&[3], "3"),
            (&[1, 2], "1-2"),
            (&[1, 2, 3, 5, 7, 8], "1-3, 5, 7-8"),
            (&[u64::MAX], "18446744073709551615"),
        ] {
            assert_eq!(ranges(numbers), shown);
        }
    }

    #[test]
    fn spans() {
        for (seconds, shown) in [
            (119, "119 s"),
            (120, "2 min"),
            (7200, "2 h"),
            (172_799, "47 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(seconds), shown);
        }
    }

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
