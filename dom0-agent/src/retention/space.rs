//! What each kept snapshot of a history takes, from the ledger's numbers.

use crate::ledger::book::{History, Pack};

/// What one snapshot takes, by the sizes that helpers said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Its number.
    pub sequence: u64,
    /// Packs that it needs.
    pub packs: u64,
    /// Their size, in bytes.
    pub bytes: u64,
    /// Size of those that no other kept snapshot needs: what forgetting it alone frees. Packs
    /// are shared whole, so what is in them that only it needs may be more.
    pub own_bytes: u64,
}

/// The space that each kept snapshot takes, in the order of their numbers.
pub fn of_each(history: &History) -> Vec<Space> {
    let sequences = history.sequences();
    // What begins with a snapshot, and what ends before it.
    let mut begins = vec![(0u64, 0u64); sequences.len()];
    let mut ends = vec![(0u64, 0u64); sequences.len().saturating_add(1)];
    let mut own = vec![0u64; sequences.len()];
    for (_, pack) in history.packs.iter() {
        let needed = pack.needed_in(&sequences);
        if needed.is_empty() {
            continue;
        }
        add(begins.get_mut(needed.start), pack);
        add(ends.get_mut(needed.end), pack);
        if needed.len() == 1
            && let Some(own) = own.get_mut(needed.start)
        {
            *own = own.saturating_add(pack.stored_bytes());
        }
    }
    let (mut packs, mut bytes) = (0u64, 0u64);
    let changes = begins.into_iter().zip(ends).zip(own).zip(sequences);
    let space = changes.map(|(((begin, end), own_bytes), sequence)| {
        packs = packs.saturating_add(begin.0).saturating_sub(end.0);
        bytes = bytes.saturating_add(begin.1).saturating_sub(end.1);
        Space {
            sequence,
            packs,
            bytes,
            own_bytes,
        }
    });
    space.collect()
}

fn add(place: Option<&mut (u64, u64)>, pack: &Pack) {
    if let Some((packs, bytes)) = place {
        *packs = packs.saturating_add(1);
        *bytes = bytes.saturating_add(pack.stored_bytes());
    }
}
