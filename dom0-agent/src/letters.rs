//! Letters and digits that are not easily confused: what people copy by hand.

const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Numbers under 32 as letters, in groups of four.
pub fn groups(numbers: impl Iterator<Item = u8>) -> String {
    let mut text = String::new();
    for (place, number) in numbers.enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        let letter = LETTERS.get(usize::from(number & 31)).copied();
        text.push(char::from(letter.unwrap_or(b'a')));
    }
    text
}

/// The numbers of letters, however they are grouped; none when another letter is among them.
pub fn numbers(text: &str) -> Option<Vec<u8>> {
    let of = |letter: u8| {
        let letter = letter.to_ascii_lowercase();
        let place = LETTERS.iter().position(|known| *known == letter)?;
        u8::try_from(place).ok()
    };
    let letters = text.bytes().filter(|byte| !b" -".contains(byte));
    letters.map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_reads_back() {
        let text = groups(0..32);
        assert_eq!(numbers(&text), Some((0..32).collect()));
        assert_eq!(numbers(&text.to_uppercase()), Some((0..32).collect()));
        assert_eq!(numbers("abc0"), None);
        assert_eq!(numbers("abcé"), None);
    }
}
