//! Sizes as people write them: a number and a unit, as for `qvm-volume`.

use std::str::FromStr;

/// Volumes are offered in sectors of so many bytes.
const SECTOR_BYTES: u64 = 4096;

/// Decimal and binary units, written in any case.
const UNITS: [(&str, u64); 9] = [
    ("", 1),
    ("K", 1000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("KI", 1 << 10),
    ("MI", 1 << 20),
    ("GI", 1 << 30),
    ("TI", 1 << 40),
];

/// The size of a volume, in whole sectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(u64);

impl Size {
    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let sectors = bytes(text)?.checked_next_multiple_of(SECTOR_BYTES);
        sectors.map(Self).ok_or(TOO_LARGE)
    }
}

const TOO_LARGE: &str = "a size that nothing has";

/// A number of bytes, at least one.
///
/// # Errors
/// What a size looks like.
pub fn bytes(text: &str) -> Result<u64, &'static str> {
    const WRONG: &str = "a size is a number of bytes, or one with a unit, such as 20GiB or 20G";
    let unit_at = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = unit.trim_start().to_ascii_uppercase();
    let unit = unit.strip_suffix('B').unwrap_or(&unit);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(WRONG)?;
    let number: u64 = number.parse().map_err(|_| WRONG)?;
    let bytes = number.checked_mul(*factor).ok_or(TOO_LARGE)?;
    Some(bytes).filter(|bytes| *bytes > 0).ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_qvm_volume() {
        for (text, bytes) in [
            ("4096", Some(4096)),
            ("1", Some(4096)),
            ("20GiB", Some(20 << 30)),
            ("20gi", Some(20 << 30)),
            ("20G", Some(20_000_000_000)),
            ("20 GB", Some(20_000_000_000)),
            ("5MiB", Some(5 << 20)),
            ("0", None),
            ("", None),
            ("G", None),
            ("-1", None),
            ("1.5G", None),
            ("1X", None),
            ("99999999999T", None),
            ("18446744073709551615", None),
        ] {
            let size = text.parse::<Size>().ok().map(Size::bytes);
            let rounded = bytes.map(|bytes: u64| bytes.next_multiple_of(SECTOR_BYTES));
            assert_eq!(size, rounded, "{text}");
        }
    }
}
