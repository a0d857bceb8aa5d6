//! The messages of each conversation, and the numbers of their frames.
//!
//! A number is never used for another message again, and a message is changed
//! only by giving the new form a new number.

pub mod backup;
pub mod browse;
pub mod forget;
pub mod key;
pub mod lost;
pub mod object;
pub mod permit;
pub mod record;
pub mod restore;
pub mod scrub;
pub mod trial;
pub mod verify;
pub mod version;

use crate::fault;
use serde::{Serialize, de::DeserializeOwned};

/// A message that travels as the body of one frame.
pub trait Message: Serialize + DeserializeOwned {
    /// The kind of its frame.
    const KIND: u16;
}

macro_rules! messages {
    ($($kind:literal $module:ident::$name:ident,)*) => {
        $(impl Message for $module::$name {
            const KIND: u16 = $kind;
        })*

        /// Number and name of every message, as in `docs/protocol.md`.
        pub const TABLE: &[(u16, &str)] = &[$(($kind, stringify!($name)),)*];
    };
}

messages! {
    1 fault::Fault,
    10 permit::PermitRequest,
    11 permit::PermitGranted,
    12 permit::PermitClose,
    13 permit::Took,
    20 object::GetObject,
    21 object::Object,
    22 object::PutObject,
    23 object::Stored,
    24 object::Finish,
    25 object::Finished,
    26 object::GetRange,
    30 backup::BackupJob,
    31 backup::LivePacks,
    32 backup::JobEnd,
    33 backup::Progress,
    34 backup::Partial,
    35 backup::BackupSummary,
    36 backup::Reading,
    40 restore::RestoreJob,
    43 restore::HandOutJob,
    44 restore::HandedOut,
    45 restore::RestoreSummary,
    46 restore::RestorePathsJob,
    47 restore::ResumeJob,
    50 key::KeyInitJob,
    51 key::KeyInitDone,
    52 key::KeyQubeJob,
    53 key::KeyQubeDone,
    54 key::KeyOpenJob,
    55 key::KeyOpenDone,
    56 key::KeyRecoverJob,
    57 key::KeyRecoverDone,
    60 record::PutRecord,
    61 record::GetRecord,
    62 record::FindNewest,
    63 record::Newest,
    70 forget::ListObjects,
    71 forget::ListTrash,
    72 forget::Listed,
    73 forget::TrashObjects,
    74 forget::Undelete,
    75 forget::EmptyTrash,
    76 forget::Moved,
    80 scrub::ScrubObjects,
    81 scrub::Scrubbed,
    90 version::Version,
    100 verify::VerifyJob,
    101 verify::VerifyObjects,
    102 verify::VerifiedObjects,
    103 verify::VerifySnapshotJob,
    104 verify::VerifiedSnapshot,
    105 verify::CompareJob,
    106 verify::Compared,
    107 verify::AffectedJob,
    108 verify::Affected,
    110 browse::BrowseJob,
    111 browse::BrowseSnapshot,
    112 browse::Browsing,
    113 browse::Browsed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_and_no_name_serves_twice() {
        for (place, (kind, name)) in TABLE.iter().enumerate() {
            assert_ne!(*kind, crate::frame::DATA);
            assert!(!name.is_empty());
            assert!(
                TABLE
                    .iter()
                    .skip(place + 1)
                    .all(|(other, word)| other != kind && word != name)
            );
        }
    }
}
