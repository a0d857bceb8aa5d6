//! A receipt: which state of the ledger was the newest, short enough to be written down.
//!
//! `57-abcd-efgh-jkmn-pqrs` is the number of the newest record, 40 bits of the record's digest,
//! which no other chain of records has, and 40 bits of a keyed code over both: so a receipt that
//! was mistyped is told from one whose record the storage does not show.

use crate::keys::Keys;
use crate::letters;
use crate::qr::Qr;
use qib_rpc::id::Digest;
use std::fmt;
use std::str::FromStr;

/// Bytes of the record's digest, and bytes of the code.
const BYTES: usize = 5;

/// Letters of both.
const LETTERS: u32 = 16;

/// A receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    sequence: u64,
    digest: [u8; BYTES],
    code: [u8; BYTES],
}

/// A text that is no receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAReceipt;

impl Receipt {
    /// The receipt of the record with this number and digest.
    pub fn new(keys: &Keys, sequence: u64, digest: &Digest) -> Self {
        let digest = beginning(digest);
        Self {
            sequence,
            digest,
            code: keys.receipt(sequence, &digest),
        }
    }

    /// True when it is of this installation and has no slip.
    pub fn is_genuine(&self, keys: &Keys) -> bool {
        self.code == keys.receipt(self.sequence, &self.digest)
    }

    /// The number of its record.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// True when the record with this digest may be its record.
    pub fn is_of(&self, digest: &Digest) -> bool {
        self.digest == beginning(digest)
    }

    /// A code that a camera reads it from, in capital letters: they make a smaller one.
    pub fn qr(&self) -> Option<Qr> {
        Qr::of(&self.to_string().to_uppercase())
    }
}

fn beginning(digest: &Digest) -> [u8; BYTES] {
    let bytes = digest.bytes().first_chunk::<BYTES>();
    bytes.copied().unwrap_or_default()
}

impl fmt::Display for Receipt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.digest.iter().chain(&self.code);
        let all = bytes.fold(0u128, |all, byte| all << 8 | u128::from(*byte));
        let fives = (0..LETTERS).rev().map(|place| all >> (5 * place) & 31);
        let fives = fives.map(|five| u8::try_from(five).unwrap_or(0));
        write!(out, "{}-{}", self.sequence, letters::groups(fives))
    }
}

impl FromStr for Receipt {
    type Err = NotAReceipt;

    fn from_str(text: &str) -> Result<Self, NotAReceipt> {
        let (number, rest) = text.trim().split_once(['-', ' ']).ok_or(NotAReceipt)?;
        let fives = letters::numbers(rest).ok_or(NotAReceipt)?;
        if fives.len() != 16 {
            return Err(NotAReceipt);
        }
        let all = fives
            .iter()
            .fold(0u128, |all, five| all << 5 | u128::from(*five));
        let [_, _, _, _, _, _, rest @ ..] = all.to_be_bytes();
        let (digest, code) = rest.split_first_chunk::<BYTES>().ok_or(NotAReceipt)?;
        Ok(Self {
            sequence: number.parse().map_err(|_| NotAReceipt)?,
            digest: *digest,
            code: *code.first_chunk().ok_or(NotAReceipt)?,
        })
    }
}

impl fmt::Display for NotAReceipt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a receipt is a number and four groups of four letters and digits")
    }
}

impl std::error::Error for NotAReceipt {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use qib_rpc::key::Dom0Secret;

    fn keys(secret: u8) -> Keys {
        Keys::new(&Dom0Secret::new([secret; 32]))
    }

    proptest! {
        #[test]
        fn a_receipt_reads_back(sequence: u64, digest: [u8; 32]) {
            let digest = Digest::new(digest);
            let receipt = Receipt::new(&keys(1), sequence, &digest);
            let text = receipt.to_string();
            for text in [text.clone(), text.to_uppercase(), text.replace('-', " ")] {
                prop_assert_eq!(text.parse::<Receipt>(), Ok(receipt));
            }
            prop_assert!(receipt.is_genuine(&keys(1)) && receipt.is_of(&digest));
            prop_assert!(!receipt.is_genuine(&keys(2)));
        }

        #[test]
        fn a_slip_is_noticed(place in 0..19usize, letter in "[a-hjkmnp-z2-9]") {
            let text = Receipt::new(&keys(1), 57, &Digest::new([9; 32])).to_string();
            let (number, letters) = text.split_once('-').unwrap();
            let mut letters = letters.to_owned();
            let before = letters[place..=place].to_owned();
            prop_assume!(before != "-" && before != letter);
            letters.replace_range(place..=place, &letter);
            let slip: Receipt = format!("{number}-{letters}").parse().unwrap();
            prop_assert!(!slip.is_genuine(&keys(1)));
            let slip: Receipt = text.replacen("57", "58", 1).parse().unwrap();
            prop_assert!(!slip.is_genuine(&keys(1)));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "57",
            "57-",
            "57-abcd-efgh-jkmn-pqr",
            "57-abcd-efgh-jkmn-pqrss",
            "-1-abcd-efgh-jkmn-pqrs",
            "x-abcd-efgh-jkmn-pqrs",
            "57-abcd-efgh-jkmn-pqr0",
            "99999999999999999999-abcd-efgh-jkmn-pqrs",
        ] {
            assert_eq!(text.parse::<Receipt>(), Err(NotAReceipt), "{text}");
        }
    }
}
