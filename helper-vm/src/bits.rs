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
            let mut bits = Bits::default();
            let mut set = std::collections::HashSet::new();
            for number in numbers {
                prop_assert_eq!(bits.insert(number), set.insert(number));
            }
            prop_assert_eq!(bits.contains(other), set.contains(&other));
        }
    }
}
