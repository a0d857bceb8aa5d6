//! Many names in little memory.

use crate::error::{Error, Result};
use crate::manifest::EntryName;
use crate::number::{place, short};

/// Where a name lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAt(u32);

/// Names one after the other, each behind a byte with its length.
#[derive(Debug, Default)]
pub struct Names {
    bytes: Vec<u8>,
}

impl Names {
    /// Makes room for names of `bytes` together.
    pub fn reserve(&mut self, names: u64, bytes: u64) {
        let all = names.saturating_add(bytes);
        // Only a matter of memory: without it the table grows by itself.
        let _later = usize::try_from(all).map(|all| self.bytes.try_reserve_exact(all));
    }

    /// Adds a name.
    ///
    /// # Errors
    /// When there are more than 4 GiB of names.
    pub fn add(&mut self, name: &EntryName) -> Result<NameAt> {
        let too_many = || Error::Helper(std::io::ErrorKind::OutOfMemory.into());
        let at = short(self.bytes.len()).ok_or_else(too_many)?;
        let length = u8::try_from(name.bytes().len()).map_err(|_| too_many())?;
        self.bytes.push(length);
        self.bytes.extend_from_slice(name.bytes());
        Ok(NameAt(at))
    }

    /// A name that was added.
    pub fn get(&self, at: NameAt) -> &[u8] {
        let rest = self.bytes.get(place(at.0)..).unwrap_or_default();
        let (length, rest) = rest.split_first().unwrap_or((&0, &[]));
        rest.get(..usize::from(*length)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        let mut names = Names::default();
        let words = [&b"a"[..], &[0xff; 255], b"\n"];
        let added: Vec<NameAt> = words
            .iter()
            .map(|word| names.add(&EntryName::new(word).unwrap()).unwrap())
            .collect();
        for (word, at) in words.iter().zip(added) {
            assert_eq!(names.get(at), *word);
        }
    }
}
