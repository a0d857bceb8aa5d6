//! Catalogues of entries as plaintext: a length (u32, little endian) and an entry, again and again;
//! a length of zero, or the end, ends a catalogue.

use super::entry::Entry;
use crate::error::{Error, Result};
use qib_rpc::codec;

/// A catalogue is closed at this size, in bytes; another goes on.
const FULL_BYTES: usize = 4 << 20;

/// Writes entries as one or several catalogues.
///
/// # Errors
/// When an entry is over a message's limit: a file of too many slices.
pub fn write(entries: &[Entry]) -> Result<Vec<Vec<u8>>> {
    let mut catalogues = Vec::new();
    let mut catalogue = Vec::new();
    for entry in entries {
        let bytes = codec::encode(entry)
            .map_err(|_| Error::Disagree("a file has too many slices".to_owned()))?;
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        catalogue.extend_from_slice(&length.to_le_bytes());
        catalogue.extend_from_slice(&bytes);
        if catalogue.len() >= FULL_BYTES {
            catalogues.push(std::mem::take(&mut catalogue));
        }
    }
    if !catalogue.is_empty() {
        catalogues.push(catalogue);
    }
    Ok(catalogues)
}

/// Reads one catalogue; none when it breaks a rule.
pub fn read(catalogue: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut rest = catalogue;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if length == 0 {
            break;
        }
        let (entry, after) = after.split_at_checked(length)?;
        entries.push(codec::decode(entry).ok()?);
        rest = after;
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::super::entry::{FilePath, Node, Status};
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_half_of_it_does_not() {
        let status = Status {
            mode: 0o644,
            owner: 0,
            group: 98,
            mtime: (-1, 5),
        };
        let entry = |path: &[u8], node| Entry {
            path: FilePath::try_from(path.to_vec()).unwrap(),
            status,
            node,
        };
        let entries = [
            entry(b"files/etc", Node::Folder),
            entry(b"files/etc/x", Node::Link(b"../y".to_vec())),
        ];
        let catalogue = write(&entries).unwrap().remove(0);
        assert_eq!(read(&catalogue).as_deref(), Some(&entries[..]));
        let padded = [catalogue.clone(), vec![0; 100]].concat();
        assert_eq!(read(&padded).as_deref(), Some(&entries[..]));
        assert_eq!(read(&catalogue[..catalogue.len() - 1]), None);
        assert_eq!(read(&[5, 0, 0, 0, 1, 1, 1, 1, 1]), None);
    }
}
