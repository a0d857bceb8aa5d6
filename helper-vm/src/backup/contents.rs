//! Contents as the manifest tells them: chunks, holes and, for long ones, lists.

use super::store::Store;
use crate::error::{Error, Result};
use crate::index::{Stretch, stretches};
use crate::manifest::Part;
use crate::number::wide;
use crate::snapshot::Holds;

/// A content of more parts than this is cut into lists.
const MAX_PARTS: usize = 2048;

/// A list is closed at the latest after this many parts.
const MAX_LIST_PARTS: usize = 16 << 10;

/// The content that the words of the file table say. Its chunks are noted as needed.
///
/// # Errors
/// When a list could not be stored.
pub fn of_words(store: &mut Store, words: &[u32]) -> Result<Vec<Part>> {
    let mut parts = Vec::with_capacity(words.len());
    for stretch in stretches(words) {
        let unknown = Error::Job("a content that refers to nothing");
        parts.push(match stretch {
            Some(Stretch::Hole(bytes)) => Part::Hole(bytes),
            Some(Stretch::Chunk(row)) => {
                store.known.chunks.need(row, false);
                let id = store.known.chunks.id(row).ok_or(unknown)?;
                Part::Chunk(id, store.known.chunks.length(row))
            }
            None => return Err(unknown),
        });
    }
    folded(store, parts)
}

/// The parts themselves if they are few, or lists of them. A list ends where
/// the chunk ids say, so that a change in a file changes few lists.
///
/// # Errors
/// When a list could not be stored.
pub fn folded(store: &mut Store, parts: Vec<Part>) -> Result<Vec<Part>> {
    if parts.len() <= MAX_PARTS {
        return Ok(parts);
    }
    let mut lists = Vec::new();
    let mut text = Vec::new();
    let mut count = 0;
    for part in &parts {
        part.append(&mut text);
        count += 1;
        if count >= MAX_LIST_PARTS || ends_list(part) {
            lists.push(list(store, &mut text)?);
            count = 0;
        }
    }
    if !text.is_empty() {
        lists.push(list(store, &mut text)?);
    }
    if lists.len() > MAX_LIST_PARTS {
        return Err(Error::VolumeTooLarge(
            "a file of more pieces than a manifest can list",
        ));
    }
    Ok(lists)
}

fn ends_list(part: &Part) -> bool {
    match part {
        Part::Chunk(id, _) => {
            matches!(id.bytes(), [first, second, ..] if *first == 0 && second & 7 == 0)
        }
        Part::Hole(_) | Part::List(..) => false,
    }
}

fn list(store: &mut Store, text: &mut Vec<u8>) -> Result<Part> {
    let text = std::mem::take(text);
    let row = store.add(Holds::Manifest, &text)?;
    let id = store.known.chunks.id(row);
    let id = id.ok_or(Error::Job("a list that was not stored"))?;
    Ok(Part::List(id, wide(text.len())))
}
