//! The first sector of a FAT file system, or of a disk with an MBR. Both end with
//! the same two bytes, as everything does from which a PC once started.

const END: (usize, [u8; 2]) = (510, [0x55, 0xaa]);

/// Where the name of the kind of FAT stands: FAT12 and FAT16, FAT32.
const FAT_NAMES: [usize; 2] = [54, 82];

/// Where the four entries of the MBR stand, and how long each is.
const ENTRIES: std::ops::Range<usize> = 446..510;
const ENTRY_BYTES: usize = 16;

/// True for a FAT file system.
pub(super) fn is_fat(untrusted_head: &[u8]) -> bool {
    let named = |place: usize| {
        let rest = untrusted_head.get(place..).unwrap_or_default();
        rest.starts_with(b"FAT") && rest.get(5..8) == Some(b"   ")
    };
    ends_well(untrusted_head) && FAT_NAMES.into_iter().any(named)
}

/// True for an MBR that has partitions.
pub(super) fn has_partitions(untrusted_head: &[u8]) -> bool {
    let entries = untrusted_head.get(ENTRIES).unwrap_or_default();
    let mut states = entries.chunks_exact(ENTRY_BYTES).map(state);
    let all_make_sense = states.clone().all(|state| state.is_some());
    ends_well(untrusted_head) && all_make_sense && states.any(|state| state == Some(true))
}

/// Whether an entry of the MBR is used; none when it is no entry.
fn state(untrusted_entry: &[u8]) -> Option<bool> {
    let [flag, _, _, _, kind, _, _, _, _, _, _, _, sectors @ ..] = untrusted_entry else {
        return None;
    };
    let used = *kind != 0 && sectors.iter().any(|byte| *byte != 0);
    matches!(flag, 0 | 0x80).then_some(used)
}

fn ends_well(untrusted_head: &[u8]) -> bool {
    let (place, bytes) = END;
    let rest = untrusted_head.get(place..);
    rest.is_some_and(|rest| rest.starts_with(&bytes))
}
