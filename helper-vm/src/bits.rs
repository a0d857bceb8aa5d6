//! A set of small numbers, one bit each.

use crate::number::place;

/// A set of numbers. Grows to the largest.
#[derive(Debug, Default)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// Adds a number; true when it was not there.
    pub fn insert(&mut self, number: u32) -> bool {
        let at = place(number >> 6);
        if at >= self.words.len() {
            self.words.resize(at.saturating_add(1), 0);
        }
        let bit = 1 << (number & 63);
        self.words.get_mut(at).is_some_and(|word| {
            let new = *word & bit == 0;
            *word |= bit;
            new
        })
    }

    /// Adds the numbers of another set.
    pub fn extend(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    /// True when the number is in the set.
    pub fn contains(&self, number: u32) -> bool {
        let word = self.words.get(place(number >> 6));
        word.is_some_and(|word| word >> (number & 63) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_set(numbers in proptest::collection::vec(0_u32..3000, 0..100), other in 0_u32..4000) {
            let (mut bits, mut rest) = (Bits::default(), Bits::default());
            let mut set = std::collections::HashSet::new();
            for (place, number) in numbers.into_iter().enumerate() {
                if place % 3 == 0 {
                    rest.insert(number);
                    set.insert(number);
                } else if !rest.contains(number) {
                    prop_assert_eq!(bits.insert(number), set.insert(number));
                }
            }
            bits.extend(&rest);
            prop_assert_eq!(bits.contains(other), set.contains(&other));
        }
    }
}
