//! Every message against bytes from a hostile peer: what decodes is valid and
//! encodes to itself, and each rule of each type refuses by name.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use proptest::prelude::*;
use qib_rpc::class::Classes;
use qib_rpc::codec::{NotAMessage, decode, encode};
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::fault::Fault;
use qib_rpc::glob::PathRules;
use qib_rpc::limit::{MAX_HELPER_ANSWER_BYTES, MAX_PARTIALS};
use qib_rpc::message::backup::{
    BackupJob, BackupSummary, JobEnd, LivePacks, Partial, Progress, Reading, StoredBackup,
};
use qib_rpc::message::browse::{BrowseJob, BrowseSnapshot, Browsed, Browsing};
use qib_rpc::message::forget::{
    EmptyTrash, ListObjects, ListTrash, Listed, Moved, TrashObjects, Undelete,
};
use qib_rpc::message::key::{
    KeyInitDone, KeyInitJob, KeyOpenDone, KeyOpenJob, KeyQubeDone, KeyQubeJob, KeyRecoverDone,
    KeyRecoverJob,
};
use qib_rpc::message::lost::LostPacks;
use qib_rpc::message::object::{
    Finish, Finished, GetObject, GetRange, Object, PutObject, RangeBytes, Stored,
};
use qib_rpc::message::permit::{PermitClose, PermitGranted, PermitRequest, Took};
use qib_rpc::message::record::{FindNewest, GetRecord, Newest, PutRecord};
use qib_rpc::message::restore::{
    HandOutJob, HandedOut, RestoreJob, RestorePathsJob, RestoreSummary, ResumeJob,
};
use qib_rpc::message::scrub::{ScrubObjects, Scrubbed};
use qib_rpc::message::trial::Findings;
use qib_rpc::message::verify::{
    Affected, AffectedJob, CompareJob, Compared, VerifiedObjects, VerifiedSnapshot, VerifyJob,
    VerifyObjects, VerifySnapshotJob,
};
use qib_rpc::message::version::Version;
use qib_rpc::message::{Message, TABLE};
use qib_rpc::path::PathPatterns;
use qib_rpc::reading::{Manner, VolumeKind};
use qib_rpc::rule::{Rule, Rules};
use serde::{Serialize, de::DeserializeOwned};

/// What decodes must encode to the same bytes: one message has one form.
fn one_form<M: Serialize + DeserializeOwned>(body: &[u8]) {
    if let Ok(message) = decode::<M>(body) {
        assert_eq!(encode(&message).unwrap(), body);
    }
}

macro_rules! all {
    ($body:expr, $($message:ty)*) => {{
        let mut kinds = Vec::new();
        $(one_form::<$message>($body); kinds.push(<$message>::KIND);)*
        kinds
    }};
}

fn every_message(body: &[u8]) -> Vec<u16> {
    all!(body, Fault PermitRequest PermitGranted PermitClose Took GetObject Object PutObject Stored
        Finish Finished GetRange BackupJob LivePacks JobEnd Progress Partial BackupSummary Reading RestoreJob
        HandOutJob HandedOut RestoreSummary RestorePathsJob ResumeJob KeyInitJob KeyInitDone KeyQubeJob KeyQubeDone KeyOpenJob KeyOpenDone
        KeyRecoverJob KeyRecoverDone PutRecord GetRecord FindNewest Newest
        ListObjects ListTrash Listed TrashObjects Undelete EmptyTrash Moved ScrubObjects Scrubbed
        Version VerifyJob VerifyObjects VerifiedObjects VerifySnapshotJob VerifiedSnapshot
        CompareJob Compared AffectedJob Affected BrowseJob BrowseSnapshot Browsing Browsed)
}

#[test]
fn the_law_is_checked_for_every_message() {
    let kinds: Vec<u16> = TABLE.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(every_message(&[]), kinds);
}

proptest! {
    #[test]
    fn random_bytes(body in proptest::collection::vec(any::<u8>(), 0..600)) {
        every_message(&body);
    }

    /// Small numbers are what lengths and variants are made of.
    #[test]
    fn bytes_that_look_like_lengths(body in proptest::collection::vec(prop_oneof![4 => Just(0u8), 2 => 1..9u8, 1 => any::<u8>()], 0..600)) {
        every_message(&body);
    }
}

/// A string as the codec writes it.
fn text(text: &str) -> Vec<u8> {
    encode(&text.to_owned()).unwrap()
}

fn permit(helper: &str, verbs: &[u8]) -> Vec<u8> {
    [&[1; 16][..], &text(helper), &[2; 16], verbs, &[0; 16]].concat()
}

fn names(count: u64) -> Vec<u8> {
    let one = [&1u32.to_le_bytes()[..], &[3; 32]].concat();
    let all = one.repeat(usize::try_from(count).unwrap());
    [&0u32.to_le_bytes()[..], &count.to_le_bytes(), &all].concat()
}

#[test]
fn a_snapshot_to_show_has_a_plain_folder_and_not_too_many_index_objects() {
    let snapshot = |folder: &str, index: u64| {
        let digests = [9; 32].repeat(usize::try_from(index).unwrap());
        let numbers = [&[0; 16][..], &[3; 32], &index.to_le_bytes()].concat();
        let body = [text(folder), numbers, digests].concat();
        decode::<BrowseSnapshot>(&body)
    };
    assert!(snapshot("2026-11-30_09-57-49_12", 64).is_ok());
    for folder in ["", ".", "..", "a/b", "a\0", "a b", &"a".repeat(97)] {
        assert!(snapshot(folder, 0).is_err(), "{folder:?}");
    }
    assert!(snapshot("a", 65).is_err());
}

#[test]
fn hostile_permit_requests() {
    let restore = 1u32.to_le_bytes();
    assert!(decode::<PermitRequest>(&permit("disp-qib-0", &restore)).is_ok());
    assert!(decode::<PermitRequest>(&permit("disp-qib-0", &names(64))).is_ok());
    for (body, why) in [
        (permit("dom0", &restore), "a name that Qubes reserves"),
        (permit("../etc", &restore), "a path"),
        (permit("", &restore), "no name"),
        (
            permit("disp-qib-0", &2u32.to_le_bytes()),
            "verbs of the future",
        ),
        (permit("disp-qib-0", &names(65)), "too many objects to read"),
        (
            [permit("disp-qib-0", &restore), vec![0]].concat(),
            "a byte left over",
        ),
    ] {
        assert_eq!(decode::<PermitRequest>(&body), Err(NotAMessage), "{why}");
    }
}

#[test]
fn hostile_object_names() {
    let put = |kind: u32, bytes: &[u8]| [&kind.to_le_bytes()[..], bytes, &[0; 8]].concat();
    assert!(decode::<PutObject>(&put(8, &[1; 32])).is_ok());
    assert!(
        decode::<PutObject>(&put(9, &[1; 32])).is_err(),
        "a kind of the future"
    );
    assert!(
        decode::<PutObject>(&put(0, &[1; 31])).is_err(),
        "a short digest"
    );
    assert!(
        decode::<PutObject>(&put(0, &[1; 33])).is_err(),
        "a long digest"
    );
}

#[test]
fn hostile_ranges() {
    let range = |bytes: u32| [&[0; 4][..], &[1; 32], &[0xff; 8], &bytes.to_le_bytes()].concat();
    assert!(decode::<GetRange>(&range(1)).is_ok());
    assert!(decode::<GetRange>(&range(16 << 20)).is_ok());
    assert!(decode::<GetRange>(&range(0)).is_err(), "nothing");
    assert!(
        decode::<GetRange>(&range((16 << 20) + 1)).is_err(),
        "more than a message may ask for"
    );
    assert!(RangeBytes::try_from(0).is_err());
}

#[test]
fn hostile_paths() {
    let paths = |count: u64, path: &str| {
        let all = text(path).repeat(usize::try_from(count).unwrap());
        [&count.to_le_bytes()[..], &all].concat()
    };
    assert!(decode::<PathPatterns>(&paths(12, "home/user/*.odt")).is_ok());
    for (body, why) in [
        (paths(0, "x"), "no path"),
        (paths(13, "x"), "more paths than a message may hold"),
        (paths(1, ""), "an empty path"),
        (paths(1, "/x"), "a path from the root"),
        (paths(1, "a/../b"), "a way up"),
        (paths(1, "a\0b"), "a NUL byte"),
        (paths(1, &"x".repeat(4097)), "a path that is too long"),
        (paths(1, "x").split_off(1), "half a message"),
    ] {
        assert!(decode::<PathPatterns>(&body).is_err(), "{why}");
    }
}

#[test]
fn hostile_rules() {
    let globs = |count: u64, glob: &str| {
        let all = text(glob).repeat(usize::try_from(count).unwrap());
        [&count.to_le_bytes()[..], &all].concat()
    };
    let rules = |exclude: &[u8]| [exclude, &[0; 9]].concat();
    assert!(decode::<PathRules>(&rules(&globs(32, "*.iso"))).is_ok());
    for (exclude, why) in [
        (globs(33, "*.iso"), "more patterns than a job may have"),
        (globs(1, ""), "an empty pattern"),
        (globs(1, "a/../b"), "a way up"),
        (globs(1, "a\u{1b}[2Jb"), "an escape sequence"),
        (globs(1, &"x".repeat(513)), "a pattern that is too long"),
        (globs(1, &"x/".repeat(33)), "a pattern with too many names"),
    ] {
        assert!(decode::<PathRules>(&rules(&exclude)).is_err(), "{why}");
    }
    let named = |bits: u32| [&bits.to_le_bytes()[..], &[0]].concat();
    assert!(decode::<Rules>(&named(0xfff)).is_ok());
    assert!(decode::<Rules>(&named(0x1000)).is_err(), "of the future");
}

/// What a helper may say at most in one session, beside its progress.
#[test]
fn the_longest_answer_is_within_its_limit() {
    use qib_rpc::frame::HEADER_BYTES;
    use qib_rpc::id::Digest;
    let digest = Digest::new([1; 32]);
    let mut left_out = LeftOuts::default();
    for rule in Rule::all() {
        left_out.add(rule, 1);
    }
    let stored = StoredBackup {
        snapshot: digest,
        packs: digest,
        index: Some(digest),
        kept_index: u64::MAX,
    };
    let summary = BackupSummary {
        stored: Some(stored),
        counts: Counts::default(),
        left_out,
        suggestions: u32::MAX,
        findings: None,
    };
    let partial = Partial {
        index: digest,
        packs: digest,
    };
    let reading = Reading {
        manner: Manner::Image(VolumeKind::Ntfs),
    };
    let partials = MAX_PARTIALS * (HEADER_BYTES + encode(&partial).unwrap().len());
    let others = [encode(&reading).unwrap(), encode(&summary).unwrap()];
    let others = others.map(|body| HEADER_BYTES + body.len());
    let all = partials + others.iter().sum::<usize>();
    assert!(all <= MAX_HELPER_ANSWER_BYTES, "{all} bytes");
    let of_a_dry_run = BackupSummary {
        stored: None,
        findings: Some(Findings::default()),
        ..summary
    };
    let all = encode(&of_a_dry_run).unwrap().len() + encode(&reading).unwrap().len();
    assert!(all <= MAX_HELPER_ANSWER_BYTES, "{all} bytes");
}

#[test]
fn hostile_lists_of_packs() {
    let list = |count: u64, real: usize| {
        let one = [&[1u8; 32][..], &[0; 8], &[1]].concat();
        [&count.to_le_bytes()[..], &one.repeat(real)].concat()
    };
    assert!(decode::<LivePacks>(&list(1000, 1000)).is_ok());
    assert!(
        decode::<LivePacks>(&list(1001, 1001)).is_err(),
        "more than a message may hold"
    );
    assert!(
        decode::<LivePacks>(&list(u64::MAX, 1)).is_err(),
        "a count that lies"
    );
    let mut truth = list(1, 1);
    *truth.last_mut().unwrap() = 2;
    assert!(
        decode::<LivePacks>(&truth).is_err(),
        "neither true nor false"
    );
}

#[test]
fn hostile_keys() {
    let done =
        |recipient: &str, kit: &[u8]| [text(recipient), encode(&kit.to_vec()).unwrap()].concat();
    let good = format!("age1{}", "q".repeat(58));
    assert!(decode::<KeyInitDone>(&done(&good, b"kit")).is_ok());
    for (recipient, kit, why) in [
        (good.to_uppercase(), &b"kit"[..], "another alphabet"),
        (format!("{good}q"), b"kit", "too long"),
        (
            good.replacen('q', "\u{1b}", 1),
            b"kit",
            "an escape sequence",
        ),
        (good.clone(), b"", "an empty kit"),
        (good.clone(), &[0; 2049], "a kit that is too long"),
    ] {
        assert!(
            decode::<KeyInitDone>(&done(&recipient, kit)).is_err(),
            "{why}"
        );
    }
    let opened = |identity: &str| [text(identity), text(&good)].concat();
    let identity = format!("AGE-SECRET-KEY-1{}", "Q".repeat(58));
    assert!(decode::<KeyOpenDone>(&opened(&identity)).is_ok());
    assert!(
        decode::<KeyOpenDone>(&opened(&identity.to_lowercase())).is_err(),
        "lower case"
    );
    assert!(
        decode::<KeyOpenDone>(&opened(&format!("{identity}\n"))).is_err(),
        "a line end"
    );
}

#[test]
fn hostile_summaries() {
    let with = |stored: &[u8], left_out: &[u8]| [stored, &[0; 88], left_out, &[0; 5]].concat();
    let summary = |stored: &[u8]| with(stored, &[0; 8]);
    assert!(decode::<BackupSummary>(&summary(&[0])).is_ok());
    let rule = |number: u8, entries: u8| {
        let mut row = [0; 17];
        (row[0], row[1]) = (number, entries);
        row
    };
    let rules = |rows: &[[u8; 17]]| {
        let count = u64::try_from(rows.len()).unwrap().to_le_bytes();
        with(&[0], &[&count[..], &rows.concat()].concat())
    };
    assert!(decode::<BackupSummary>(&rules(&[rule(4, 1), rule(63, 1)])).is_ok());
    for (rows, why) in [
        (&[rule(14, 1)][..], "a rule of the future"),
        (&[rule(64, 1)], "a pattern that no list has"),
        (&[rule(4, 0)], "a rule that left nothing out"),
        (&[rule(4, 1), rule(4, 1)], "a rule twice"),
        (&[rule(5, 1), rule(4, 1)], "rules out of order"),
    ] {
        assert!(decode::<BackupSummary>(&rules(rows)).is_err(), "{why}");
    }
    assert!(
        decode::<BackupSummary>(&summary(&[2])).is_err(),
        "neither there nor not"
    );
    assert!(
        decode::<BackupSummary>(&summary(&[1])).is_err(),
        "there, and nothing follows"
    );
    let restored = |fidelity: u32| [&[0; 88][..], &fidelity.to_le_bytes(), &[0; 16]].concat();
    assert!(decode::<RestoreSummary>(&restored(1)).is_ok());
    assert!(
        decode::<RestoreSummary>(&restored(2)).is_err(),
        "a fidelity of the future"
    );
}

#[test]
fn hostile_classes() {
    assert!(decode::<Classes>(&[63]).is_ok());
    assert!(decode::<Classes>(&[64]).is_err(), "a class of the future");
}

#[test]
fn a_thousand_packs_can_be_lost_and_no_more() {
    let lost = |count: u64| {
        let packs = [5; 32].repeat(usize::try_from(count).unwrap());
        decode::<LostPacks>(&[&count.to_le_bytes()[..], &packs].concat())
    };
    assert!(lost(0).is_ok() && lost(1000).is_ok());
    assert!(lost(1001).is_err());
}

#[test]
fn hostile_findings() {
    let findings = |first: u8, second: u8| {
        let mut body = vec![0; 16 + 4 * 10 * 16];
        (body[16], body[32]) = (first, second);
        body
    };
    assert!(decode::<Findings>(&findings(2, 1)).is_ok());
    assert!(decode::<Findings>(&findings(1, 2)).is_err(), "out of order");
    assert!(
        decode::<Findings>(&findings(2, 1)[1..]).is_err(),
        "too short"
    );
}

#[test]
fn hostile_readings() {
    let reading = |numbers: &[u32]| -> Vec<u8> {
        let bytes = numbers.iter().map(|number| number.to_le_bytes());
        bytes.flatten().collect()
    };
    let decoded = |numbers| decode::<Reading>(&reading(numbers)).map(|reading| reading.manner);
    assert_eq!(decoded(&[0]).unwrap(), Manner::Reader);
    assert_eq!(decoded(&[2, 5]).unwrap(), Manner::Image(VolumeKind::Ntfs));
    assert_eq!(decoded(&[3]).unwrap(), Manner::Disk);
    assert!(decoded(&[4, 0]).is_err(), "a manner of the future");
    assert!(decoded(&[2, 10]).is_err(), "a kind of the future");
    assert!(decoded(&[1]).is_err(), "a kind that is missing");
    assert!(decoded(&[0, 0]).is_err(), "more than there is");
}

#[test]
fn hostile_faults() {
    let fault = |code: u32| [&code.to_le_bytes()[..], &[0, 0]].concat();
    assert!(decode::<Fault>(&fault(28)).is_ok());
    assert!(decode::<Fault>(&fault(29)).is_err(), "a code of the future");
}
