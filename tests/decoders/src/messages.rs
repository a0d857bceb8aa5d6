//! Messages: the number of a kind, little endian, and a body.
//!
//! The law: a body decodes or is refused, and what decodes encodes to the same bytes. There is a
//! decoder for each number in the protocol.

use crate::sample::samples;
use qib_rpc::codec;
use qib_rpc::fault::Fault;
use qib_rpc::limit::MAX_MESSAGE_BYTES;
use qib_rpc::message::backup::{
    BackupJob, BackupSummary, JobEnd, LivePacks, Partial, Progress, Reading,
};
use qib_rpc::message::browse::{BrowseJob, BrowseSnapshot, Browsed, Browsing};
use qib_rpc::message::forget::{
    EmptyTrash, ListObjects, ListTrash, Listed, Moved, TrashObjects, Undelete,
};
use qib_rpc::message::key::{
    KeyInitDone, KeyInitJob, KeyOpenDone, KeyOpenJob, KeyQubeDone, KeyQubeJob, KeyRecoverDone,
    KeyRecoverJob,
};
use qib_rpc::message::object::{Finish, Finished, GetObject, GetRange, Object, PutObject, Stored};
use qib_rpc::message::permit::{PermitClose, PermitGranted, PermitRequest, Took};
use qib_rpc::message::record::{FindNewest, GetRecord, Newest, PutRecord};
use qib_rpc::message::restore::{
    HandOutJob, HandedOut, RestoreJob, RestorePathsJob, RestoreSummary, ResumeJob,
};
use qib_rpc::message::scrub::{ScrubObjects, Scrubbed};
use qib_rpc::message::verify::{
    Affected, AffectedJob, CompareJob, Compared, VerifiedObjects, VerifiedSnapshot, VerifyJob,
    VerifyObjects, VerifySnapshotJob,
};
use qib_rpc::message::version::Version;
use qib_rpc::message::{Message, TABLE};

/// Checks one message.
pub fn check(input: &[u8]) {
    if let Some((kind, untrusted_body)) = input.split_first_chunk() {
        body(u16::from_le_bytes(*kind), untrusted_body);
    }
}

/// Samples of all messages.
pub fn seeds() -> Vec<Vec<u8>> {
    let bytes = |(kind, body): (u16, Vec<u8>)| [kind.to_le_bytes().as_slice(), &body].concat();
    all().into_iter().map(bytes).collect()
}

fn one_form<M: Message>(untrusted_body: &[u8]) -> bool {
    let Ok(message) = codec::decode::<M>(untrusted_body) else {
        return false;
    };
    assert!(untrusted_body.len() <= MAX_MESSAGE_BYTES);
    assert_eq!(codec::encode(&message).unwrap(), untrusted_body);
    true
}

fn of<M: Message>() -> impl Iterator<Item = (u16, Vec<u8>)> {
    samples::<M>().map(|message| (M::KIND, codec::encode(&message).unwrap()))
}

macro_rules! messages {
    ($($message:ty)*) => {
        const KINDS: &[u16] = &[$(<$message>::KIND),*];

        /// Whether a body is a message of this kind.
        pub fn body(kind: u16, untrusted_body: &[u8]) -> bool {
            match kind {
                $(<$message>::KIND => one_form::<$message>(untrusted_body),)*
                _ => {
                    assert!(TABLE.iter().all(|(known, _)| *known != kind));
                    false
                }
            }
        }

        /// Kinds and bodies of samples.
        pub fn all() -> Vec<(u16, Vec<u8>)> {
            let mut all = Vec::new();
            $(all.extend(of::<$message>());)*
            all.dedup();
            for kind in KINDS {
                assert!(all.iter().any(|(known, _)| known == kind), "no sample of {kind}");
            }
            all
        }
    };
}

messages! {
    Fault PermitRequest PermitGranted PermitClose Took GetObject Object PutObject Stored Finish
    Finished GetRange BackupJob LivePacks JobEnd Progress Partial BackupSummary Reading RestoreJob
    HandOutJob HandedOut RestoreSummary RestorePathsJob KeyInitJob KeyInitDone KeyQubeJob
    KeyQubeDone KeyOpenJob KeyOpenDone KeyRecoverJob KeyRecoverDone PutRecord GetRecord FindNewest
    Newest ListObjects ListTrash Listed TrashObjects Undelete EmptyTrash Moved ScrubObjects
    ResumeJob Scrubbed Version VerifyJob VerifyObjects VerifiedObjects VerifySnapshotJob VerifiedSnapshot
    CompareJob Compared AffectedJob Affected BrowseJob BrowseSnapshot Browsing Browsed
}
