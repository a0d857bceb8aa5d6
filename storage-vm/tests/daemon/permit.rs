//! `qib.Permit`: a permit lives exactly as long as dom0's call.

use super::bench::{
    Daemon, PREFIX, backup_verbs, folder, noise, request, temporary_files, within_a_second,
};
use qib_rpc::fault::Code;
use qib_rpc::id::SessionId;
use qib_rpc::message::object::{Finish, Finished, GetObject, Object, PutObject, Stored};
use qib_rpc::message::permit::{PermitClose, Took, Verbs};
use qib_rpc::object::{Kind, ObjectName};
use std::io::Read;
use std::time::{Duration, Instant};

#[test]
fn took_agrees_with_what_was_acknowledged() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut permit = daemon.backup(1);
    let mut put = daemon.put(1);
    put.put(Kind::Pack, &noise(1, 100_000));
    put.put(Kind::Index, &noise(2, 5));
    put.tx.send(&Finish {}).unwrap();
    put.expect::<Finished>();
    let took = Took {
        bytes: 100_005,
        objects: 2,
        calls: 1,
    };
    assert_eq!(permit.close_permit(), took);
}

#[test]
fn a_permit_without_a_call_took_nothing() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    assert_eq!(daemon.backup(1).close_permit(), Took::default());
}

#[test]
fn a_session_lives_once_and_never_again() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut first = daemon.backup(1);
    let refused = || {
        let mut second = daemon.call("qib.Permit dom0");
        second.tx.send(&request(1, Verbs::Restore)).unwrap();
        second.code()
    };
    assert_eq!(refused(), Code::NotAllowed);
    daemon.put(1).put(Kind::Pack, b"still alive");
    first.close_permit();
    assert_eq!(refused(), Code::NotAllowed);
    assert_eq!(daemon.put(1).code(), Code::NoPermit);
}

#[test]
fn the_end_of_the_call_ends_the_permit() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let permit = daemon.backup(1);
    let mut put = daemon.put(1);
    put.put(Kind::Pack, b"one");
    drop(permit);
    let begun = Instant::now();
    assert!(put.is_cut());
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(daemon.put(1).code(), Code::NoPermit);
}

#[test]
fn a_put_is_cut_in_the_middle_of_an_object() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let permit = daemon.backup(1);
    let mut put = daemon.put(1);
    let bytes = noise(1, 1 << 20);
    let name = ObjectName::of(Kind::Pack, &bytes);
    let request = PutObject {
        name,
        bytes: 1 << 20,
    };
    put.tx.send(&request).unwrap();
    put.tx.send_data(&bytes[..600_000]).unwrap();
    assert!(within_a_second(|| temporary_files(&folder) == 1));
    drop(permit);
    let begun = Instant::now();
    assert!(put.is_cut());
    assert!(put.tx.send_data(&bytes[600_000..]).is_err());
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(within_a_second(|| temporary_files(&folder) == 0));
    assert!(!super::bench::path_of(&folder, name).exists());
}

#[test]
fn a_helper_that_does_not_read_is_cut_too() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let permit = daemon.backup(1);
    let name = daemon.put(1).put(Kind::Pack, &noise(1, 8 << 20));
    drop(permit);
    let mut permit = daemon.restore(2);
    let mut get = daemon.get(2);
    get.tx.send(&GetObject { name }).unwrap();
    get.expect::<Object>();
    // The daemon is blocked in a write now, or will be.
    std::thread::sleep(Duration::from_millis(50));
    let begun = Instant::now();
    assert_eq!(permit.close_permit().calls, 1);
    assert!(begun.elapsed() < Duration::from_secs(1));
    let mut rest = Vec::new();
    let _cut = get.rx.get_mut().read_to_end(&mut rest);
    assert!(rest.len() < 8 << 20);
}

#[test]
fn nothing_is_stored_after_took() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut permit = daemon.backup(1);
    let mut put = daemon.put(1);
    for number in 0..40 {
        put.ask_put(Kind::Pack, &noise(number, 50_000));
    }
    put.expect::<Stored>();
    let took = permit.close_permit();
    let count = || {
        let packs = folder.join(PREFIX.to_string()).join("pack");
        let shelves = packs.read_dir().unwrap();
        let of = |shelf: std::io::Result<std::fs::DirEntry>| {
            shelf.unwrap().path().read_dir().unwrap().count() as u64
        };
        shelves.map(of).sum::<u64>()
    };
    assert_eq!(count(), took.objects);
    assert_eq!(took.bytes, took.objects * 50_000);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(count(), took.objects);
    assert_eq!(temporary_files(&folder), 0);
}

#[test]
fn the_permit_names_helper_session_and_verbs() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _permit = daemon.backup(1);
    let session = SessionId::new([1; 16]);
    let mut wrong_helper = daemon.call(&format!("qib.Put+{session} disp2"));
    assert_eq!(wrong_helper.code(), Code::NoPermit);
    assert_eq!(daemon.put(2).code(), Code::NoPermit);
    assert_eq!(daemon.get(1).code(), Code::NotAllowed);
    let _permit = daemon.restore(2);
    assert_eq!(daemon.put(2).code(), Code::NotAllowed);
}

#[test]
fn a_helper_cannot_use_up_the_connections() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut permit = daemon.backup(1);
    let mut lines: Vec<_> = (0..4).map(|_| daemon.put(1)).collect();
    for (line, number) in lines.iter_mut().zip(0..) {
        line.put(Kind::Pack, &noise(number, 9));
    }
    assert_eq!(daemon.put(1).code(), Code::NotAllowed);
    assert_eq!(permit.close_permit().calls, 5);
}

#[test]
fn hostile_words_on_the_permit_call_end_it() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut permit = daemon.backup(1);
    permit.tx.send(&Finish {}).unwrap();
    assert_eq!(permit.code(), Code::Protocol);
    assert_eq!(daemon.put(1).code(), Code::NoPermit);
    let mut early = daemon.call("qib.Permit dom0");
    early.tx.send(&PermitClose {}).unwrap();
    assert_eq!(early.code(), Code::Protocol);
}

#[test]
fn too_many_readable_objects_are_refused() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut permit = daemon.call("qib.Permit dom0");
    let name = ObjectName::of(Kind::Index, b"");
    let mut body = qib_rpc::codec::encode(&request(1, backup_verbs(vec![]))).unwrap();
    let names = qib_rpc::codec::encode(&vec![name; 65]).unwrap();
    // The list follows session, helper, prefix and the verb's number; the quota follows it.
    let list = 16 + (8 + 5) + 16 + 4;
    body.splice(list..list + 8, names);
    let mut stream = permit.tx.into_inner();
    qib_rpc::frame::write(&mut stream, 10, &body).unwrap();
    assert_eq!(
        permit
            .rx
            .receive()
            .unwrap()
            .map(|fault: qib_rpc::fault::Fault| fault.code),
        Ok(Code::Protocol)
    );
}
