//! What the index holds of a folder, as 32-bit words: what a run that does not
//! read its names must know of it.

use qib_rpc::count::{Counts, LeftOut, LeftOuts};
use qib_rpc::rule::Rule;

/// How the rules saw a folder when its names were read: a folder that now
/// stands elsewhere must be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand(pub u32);

/// A folder in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// How the rules saw it.
    pub stand: Stand,
    /// Files, folders, links and others, and size of files: of its own entries alone.
    pub counts: Counts,
    /// What the rules left out of its own entries.
    pub left_out: LeftOuts,
    /// Its entries that have other names too, as inode numbers.
    pub links: Vec<u32>,
    /// The chunks that are its pieces, as numbers in a table.
    pub pieces: Vec<u32>,
}

impl Folder {
    /// The words: stand, files, folders, others, bytes of files (high, low), number of
    /// rules, for each its number, entries (high, low) and bytes (high, low),
    /// number of links, links, pieces. `None` for what no words can hold.
    pub fn words(&self) -> Option<Vec<u32>> {
        let mut words = vec![self.stand.0];
        words.push(u32::try_from(self.counts.files).ok()?);
        words.push(u32::try_from(self.counts.folders).ok()?);
        words.push(u32::try_from(self.counts.others).ok()?);
        words.extend(halves(self.counts.file_bytes));
        words.push(u32::try_from(self.left_out.iter().count()).ok()?);
        for (rule, left_out) in self.left_out.iter() {
            words.push(rule.number().into());
            words.extend(halves(left_out.entries));
            words.extend(halves(left_out.bytes));
        }
        words.push(u32::try_from(self.links.len()).ok()?);
        words.extend(&self.links);
        words.extend(&self.pieces);
        Some(words)
    }

    /// Reads the words; `None` when they are no folder's.
    pub fn of_words(untrusted_words: &[u32]) -> Option<Self> {
        let mut words = untrusted_words.iter().copied();
        let stand = Stand(words.next()?);
        let counts = Counts {
            files: words.next()?.into(),
            folders: words.next()?.into(),
            others: words.next()?.into(),
            file_bytes: whole(&mut words)?,
            ..Counts::default()
        };
        let mut left_out = LeftOuts::default();
        for _ in 0..words.next()? {
            let rule = Rule::try_from(u8::try_from(words.next()?).ok()?).ok()?;
            let entries = whole(&mut words)?;
            let bytes = whole(&mut words)?;
            left_out.add_all(rule, LeftOut { entries, bytes });
        }
        let count = usize::try_from(words.next()?).ok()?;
        let links: Vec<u32> = words.by_ref().take(count).collect();
        let pieces = words.collect();
        (links.len() == count).then_some(Self {
            stand,
            counts,
            left_out,
            links,
            pieces,
        })
    }
}

fn halves(number: u64) -> [u32; 2] {
    let low = u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0);
    [u32::try_from(number >> 32).unwrap_or(0), low]
}

fn whole(words: &mut impl Iterator<Item = u32>) -> Option<u64> {
    let high = u64::from(words.next()?);
    Some(high << 32 | u64::from(words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            stand: u32, files: u32, folders: u32, others: u32, file_bytes: u64, entries in 1_u64.., bytes: u64,
            links: Vec<u32>, pieces: Vec<u32>,
        ) {
            let mut left_out = LeftOuts::default();
            left_out.add_all(Rule::Trash, LeftOut { entries, bytes });
            let counts = Counts {
                files: files.into(),
                folders: folders.into(),
                others: others.into(),
                file_bytes,
                ..Counts::default()
            };
            let folder = Folder { stand: Stand(stand), counts, left_out, links, pieces };
            prop_assert_eq!(Folder::of_words(&folder.words().unwrap()), Some(folder));
        }

        #[test]
        fn any_words_are_read_or_refused(words: Vec<u32>) {
            if let Some(folder) = Folder::of_words(&words) {
                prop_assert!(folder.links.len() + folder.pieces.len() <= words.len());
            }
        }
    }

    #[test]
    fn a_rule_of_the_future_is_refused() {
        let words = [0, 0, 0, 0, 0, 0, 1, 99, 0, 1, 0, 1, 0];
        assert_eq!(Folder::of_words(&words), None);
    }
}
