//! A QR code of a short text, for a camera: in half blocks at a terminal or on paper, or as a
//! picture on a page.

use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;
use std::ops::Range;

/// How much light a camera needs around the code, in its squares.
const MARGIN: i32 = 4;

/// A QR code.
pub struct Qr(QrCode);

impl Qr {
    /// The code of a text; none if it is too long for one.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium);
        code.ok().map(Self)
    }

    /// Lines in which a letter has two squares, one above the other; dark is what is written.
    pub fn lines(&self) -> Vec<String> {
        let letter = |column, row| match (self.is_dark(column, row), self.is_dark(column, row + 1))
        {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        let line = |row| self.places().map(|column| letter(column, row)).collect();
        self.places().step_by(2).map(line).collect()
    }

    /// A picture, for a page.
    pub fn svg(&self) -> String {
        let mut squares = String::new();
        for (column, row) in self
            .places()
            .flat_map(|row| self.places().map(move |column| (column, row)))
        {
            if self.is_dark(column, row) {
                let _infallible = write!(squares, "M{column} {row}h1v1h-1z");
            }
        }
        let side = self.places().len();
        format!(
            "<svg class=\"qr\" role=\"img\" aria-label=\"QR code\" viewBox=\"-{MARGIN} -{MARGIN} {side} {side}\" \
             shape-rendering=\"crispEdges\"><path d=\"{squares}\"/></svg>"
        )
    }

    fn is_dark(&self, column: i32, row: i32) -> bool {
        self.0.get_module(column, row)
    }

    /// The numbers of rows, and of columns.
    fn places(&self) -> Range<i32> {
        -MARGIN..self.0.size() + MARGIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_receipt_has_a_code_that_fits_a_terminal() {
        let longest = format!("{}-ABCD-EFGH-JKMN-PQRS", u64::MAX);
        let lines = Qr::of(&longest).unwrap().lines();
        assert!(lines.len() <= 20 && lines.iter().all(|line| line.chars().count() <= 40));
        let usual = Qr::of("57-ABCD-EFGH-JKMN-PQRS").unwrap().lines();
        assert_eq!((usual.len(), usual[0].chars().count()), (17, 33));
        assert!(usual[0].trim().is_empty() && usual[16].trim().is_empty());
    }

    #[test]
    fn what_is_too_long_has_none() {
        assert!(Qr::of(&"A".repeat(10_000)).is_none());
    }
}
