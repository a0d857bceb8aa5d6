//! The order in which objects came, by no clock: a small file for each, with a number.
//!
//! `PREFIX/KIND/order/GROUP/NUMBER-DIGEST`, a thousand to a group. It is written before the
//! object gets its name, so one may be without an object, and never an object without one.

use super::trouble::trouble;
use super::{Remote, paths};
use crate::backend::Trouble;
use crate::layout;
use crate::spot::Spot;
use qib_rpc::id::Digest;
use qib_rpc::message::record::Place;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const GROUP: u64 = 1000;

/// How far back to look for an object that is still there.
const LOOKED_AT: usize = 16_384;

/// The next number of each kind in each place, where it is known.
#[derive(Default)]
pub struct Order {
    next: Mutex<HashMap<(Place, Kind), u64>>,
}

impl Order {
    /// Notes that an object comes.
    pub fn note(&self, remote: &Remote, place: Place, name: ObjectName) -> Result<(), Trouble> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (place, name.kind);
        let number = match next.get(&key) {
            Some(number) => *number,
            None => after_last(remote, place, name.kind)?,
        };
        // What failed may have been done: the number is used up.
        next.insert(key, number.saturating_add(1));
        let folders = folders(place, name.kind, number.checked_div(GROUP).unwrap_or(0));
        let path = paths::file(&folders, &note_name(number, &name.digest));
        let note = format!("{name}\n");
        let bytes = u64::try_from(note.len()).unwrap_or(u64::MAX);
        remote.store.write(&path, note).map_err(trouble)?;
        match remote.length(&path)? == bytes {
            true => Ok(()),
            false => Err(Trouble::Damaged),
        }
    }

    /// The last object noted that is there.
    pub fn newest(
        &self,
        remote: &Remote,
        place: Place,
        kind: Kind,
    ) -> Result<Option<ObjectName>, Trouble> {
        let mut left = LOOKED_AT;
        for group in groups(remote, place, kind)?.into_iter().rev() {
            for (_, digest) in notes(remote, place, kind, group)?.into_iter().rev() {
                let name = ObjectName { kind, digest };
                let path = paths::object(&Spot { place, name });
                if remote.length_if_there(&path)?.is_some() {
                    return Ok(Some(name));
                }
                left = left.saturating_sub(1);
                if left == 0 {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }
}

fn after_last(remote: &Remote, place: Place, kind: Kind) -> Result<u64, Trouble> {
    let Some(group) = groups(remote, place, kind)?.pop() else {
        return Ok(0);
    };
    let last = notes(remote, place, kind, group)?.pop();
    let begin = group.saturating_mul(GROUP);
    Ok(last.map_or(begin, |(number, _)| number.saturating_add(1)))
}

/// The groups that there are, the oldest first.
fn groups(remote: &Remote, place: Place, kind: Kind) -> Result<Vec<u64>, Trouble> {
    let mut folder = layout::kind_folders(place, kind);
    folder.push("order".to_owned());
    let names = paths::folders(remote, &folder, |name| parse(name, 9).is_some())?;
    let mut groups: Vec<u64> = names.iter().filter_map(|name| parse(name, 9)).collect();
    groups.sort_unstable();
    Ok(groups)
}

/// The notes of a group, the oldest first.
fn notes(
    remote: &Remote,
    place: Place,
    kind: Kind,
    group: u64,
) -> Result<Vec<(u64, Digest)>, Trouble> {
    let entries = paths::entries(remote, &folders(place, kind, group))?;
    let mut notes: Vec<_> = entries
        .iter()
        .filter_map(|(untrusted_name, _)| parse_note(untrusted_name))
        .collect();
    notes.sort_unstable();
    Ok(notes)
}

fn folders(place: Place, kind: Kind, group: u64) -> Vec<String> {
    let mut folders = layout::kind_folders(place, kind);
    folders.push("order".to_owned());
    folders.push(format!("{group:09}"));
    folders
}

/// The name of a note.
pub fn note_name(number: u64, digest: &Digest) -> String {
    format!("{number:012}-{digest}")
}

/// What a name that [`note_name`] gives says.
pub fn parse_note(untrusted_name: &str) -> Option<(u64, Digest)> {
    let (number, digest) = untrusted_name.split_once('-')?;
    Some((parse(number, 12)?, Digest::parse(digest)?))
}

/// A number in exactly so many digits.
fn parse(untrusted_text: &str, digits: usize) -> Option<u64> {
    let is_plain = untrusted_text.bytes().all(|digit| digit.is_ascii_digit());
    (is_plain && untrusted_text.len() == digits)
        .then(|| untrusted_text.parse().ok())
        .flatten()
}
