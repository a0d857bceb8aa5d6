//! Numbers, sizes and times as people read them.

pub use qib_rpc::calendar::{time, time_in_name};

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
}
