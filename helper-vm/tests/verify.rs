//! Proving objects by their digests, against a storage qube that lies.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod common;

use common::SESSION;
use common::storage::Storage;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::Digest;
use qib_rpc::line::{Receiver, Sender};
use qib_rpc::message::backup::Progress;
use qib_rpc::message::object::{GetObject, Object};
use qib_rpc::message::verify::{Verdict, VerifiedObjects, VerifyJob, VerifyObjects};
use qib_rpc::name::QubeName;
use qib_rpc::object::{Kind, ObjectName};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::thread;

/// What the helper says to the objects, of which each list is a message.
fn prove(
    lists: &[Vec<ObjectName>],
    connect: impl FnOnce() -> (UnixStream, UnixStream) + Send + 'static,
) -> Result<Vec<VerifiedObjects>, Fault> {
    let (mine, theirs) = UnixStream::pair().unwrap();
    let helper = thread::spawn(move || {
        let input = theirs.try_clone().unwrap();
        qib_helper::verify::run(input, theirs, |_, _, _| Ok(connect()))
    });
    let mut say = Sender::new(mine.try_clone().unwrap());
    let mut hear = Receiver::new(mine.try_clone().unwrap());
    let storage = QubeName::parse("sys-backup").unwrap();
    say.send(&VerifyJob {
        session: SESSION,
        storage,
    })
    .unwrap();
    let mut all = Vec::new();
    for list in lists {
        let objects = list.clone().try_into().unwrap();
        say.send(&VerifyObjects { objects }).unwrap();
        let answer = loop {
            let frame = hear.frame().unwrap();
            if !frame.is::<Progress>() {
                break frame.decode::<VerifiedObjects>().unwrap();
            }
        };
        match answer {
            Ok(answer) => all.push(answer),
            Err(fault) => {
                assert!(helper.join().unwrap().is_err());
                return Err(fault);
            }
        }
    }
    mine.shutdown(Shutdown::Write).unwrap();
    helper.join().unwrap().unwrap();
    Ok(all)
}

fn some_objects(storage: &Storage, count: u8) -> Vec<ObjectName> {
    let object = |number: u8| {
        let bytes = vec![number; usize::from(number) * 30_000];
        let name = ObjectName::of(Kind::Pack, &bytes);
        storage.insert(name, bytes);
        name
    };
    (0..count).map(object).collect()
}

#[test]
fn each_object_gets_its_verdict_in_its_place() {
    let storage = Storage::default();
    let names = some_objects(&storage, 40);
    storage.remove(names[3]);
    storage.damage(names[30]);
    let bytes: u64 = (0..40).filter(|n| ![3, 30].contains(n)).sum();
    let lists = [names[..25].to_vec(), names[25..].to_vec()];
    let said = prove(&lists, move || storage.connect()).unwrap();
    let verdicts: Vec<Verdict> = said
        .iter()
        .flat_map(|answer| answer.verdicts.items().to_vec())
        .collect();
    for (place, verdict) in verdicts.iter().enumerate() {
        let expected = match place {
            3 => Verdict::Missing,
            30 => Verdict::Damaged,
            _ => Verdict::Whole,
        };
        assert_eq!(*verdict, expected, "{place}");
    }
    assert_eq!(verdicts.len(), 40);
    let proved: u64 = said.iter().map(|answer| answer.bytes).sum();
    assert_eq!(proved, bytes * 30_000);
}

/// A storage qube that answers the first request so.
fn answers(
    answer: impl FnOnce(Sender<UnixStream>, ObjectName) + Send + 'static,
) -> Result<Vec<VerifiedObjects>, Fault> {
    let name = ObjectName::of(Kind::Pack, b"what was stored");
    prove(&[vec![name]], move || {
        let (mine, theirs) = UnixStream::pair().unwrap();
        thread::spawn(move || {
            let mut hear = Receiver::new(mine.try_clone().unwrap());
            let asked = hear.receive::<GetObject>().unwrap().unwrap();
            answer(Sender::new(mine.try_clone().unwrap()), asked.name);
            // Until the helper has heard all of it.
            let _end = hear.next_frame();
        });
        (theirs.try_clone().unwrap(), theirs)
    })
}

#[test]
fn other_bytes_are_damage_whatever_storage_calls_them() {
    for bytes in [
        &b"what was stored!"[..],
        b"what was store",
        b"",
        b"Something else.",
    ] {
        let bytes = bytes.to_vec();
        let said = answers(move |mut say, _| {
            let length = u64::try_from(bytes.len()).unwrap();
            say.send(&Object { bytes: length }).unwrap();
            say.send_data(&bytes).unwrap();
        });
        assert_eq!(said.unwrap()[0].verdicts.items(), [Verdict::Damaged]);
    }
}

#[test]
fn a_disk_that_fails_to_read_is_not_taken_for_a_loss() {
    let said = answers(|mut say, name| {
        say.send(&Fault::about(Code::StorageFailed, name.digest))
            .unwrap();
    });
    assert_eq!(said.unwrap()[0].verdicts.items(), [Verdict::Unread]);
}

#[test]
fn an_object_without_end_ends_the_session() {
    let said = answers(|mut say, _| {
        say.send(&Object { bytes: u64::MAX }).unwrap();
        let _refused = say.send_data(&[0; 1 << 20]);
    });
    assert_eq!(said.unwrap_err().code, Code::Protocol);
}

#[test]
fn a_refusal_and_a_fault_about_another_object_end_the_session() {
    let said = answers(|mut say, _| say.send(&Fault::new(Code::NoPermit)).unwrap());
    assert_eq!(said.unwrap_err().code, Code::NoPermit);
    let other = Digest::new([9; 32]);
    let said = answers(move |mut say, _| say.send(&Fault::about(Code::Missing, other)).unwrap());
    assert_eq!(said.unwrap_err().object, Some(other));
}

#[test]
fn a_storage_qube_that_goes_away_in_the_middle_is_told() {
    let said = answers(|mut say, _| {
        say.send(&Object { bytes: 1 << 20 }).unwrap();
        say.send_data(b"half").unwrap();
        say.into_inner().shutdown(Shutdown::Both).unwrap();
    });
    assert_eq!(said.unwrap_err().code, Code::StorageLost);
}
