//! Hostile words inside a conversation: each is refused and leaves nothing.

use super::bench::{Daemon, Line, folder, temporary_files, within_a_second};
use qib_rpc::codec;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::frame::{DATA, HEADER_BYTES, Header, write};
use qib_rpc::message::object::{Finish, GetObject, PutObject};
use qib_rpc::message::permit::PermitClose;
use qib_rpc::object::{Kind, ObjectName};
use std::io::Write;
use std::os::unix::net::UnixStream;

/// What a fresh `qib.Put` answers to these words; none when it hangs up.
fn answer(say: impl FnOnce(&mut UnixStream)) -> Option<Code> {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut permit = daemon.backup(1);
    let Line { tx, mut rx } = daemon.put(1);
    let mut stream = tx.into_inner();
    say(&mut stream);
    let _gone = stream.shutdown(std::net::Shutdown::Write);
    let code = rx.receive::<Fault>().ok().map(|fault| fault.unwrap().code);
    assert!(within_a_second(|| temporary_files(&folder) == 0));
    assert_eq!(permit.close_permit().objects, 0);
    assert_eq!(daemon.backup(2).close_permit().calls, 0);
    code
}

fn put(stream: &mut UnixStream, bytes: u64) {
    let name = ObjectName::of(Kind::Pack, b"");
    let body = codec::encode(&PutObject { name, bytes }).unwrap();
    write(stream, 22, &body).unwrap();
}

#[test]
fn words_that_are_no_frames() {
    let good = Header::new(24, 0).unwrap().encode();
    for (at, byte) in [(0, b'Q'), (3, 2), (6, 1), (7, 255), (10, 255), (11, 255)] {
        let mut bytes: [u8; HEADER_BYTES] = good;
        bytes[at] = byte;
        let code = answer(|stream| stream.write_all(&bytes).unwrap());
        assert_eq!(code, Some(Code::Protocol), "byte {at}");
    }
    let login = b"Last login: Sat Nov 21 on tty1\n";
    let code = answer(|stream| stream.write_all(login).unwrap());
    assert_eq!(code, Some(Code::Protocol));
}

#[test]
fn an_end_in_a_bad_place_stores_nothing() {
    assert_eq!(answer(|_| ()), None);
    assert_eq!(answer(|stream| stream.write_all(b"qib").unwrap()), None);
    assert_eq!(answer(|stream| put(stream, 10)), None);
    let half = |stream: &mut UnixStream| {
        put(stream, 10);
        write(stream, DATA, b"12345").unwrap();
    };
    assert_eq!(answer(half), None);
    let header_only = |stream: &mut UnixStream| {
        put(stream, 10);
        let header = Header::new(DATA, 10).unwrap();
        stream.write_all(&header.encode()).unwrap();
    };
    assert_eq!(answer(header_only), None);
}

#[test]
fn data_where_a_request_belongs() {
    let code = answer(|stream| write(stream, DATA, b"data").unwrap());
    assert_eq!(code, Some(Code::Protocol));
}

#[test]
fn lengths_that_lie() {
    let more = |stream: &mut UnixStream| {
        put(stream, 3);
        write(stream, DATA, b"12345").unwrap();
    };
    assert_eq!(answer(more), Some(Code::Protocol));
    let less = |stream: &mut UnixStream| {
        put(stream, 9);
        write(stream, DATA, b"12345").unwrap();
        put(stream, 0);
    };
    assert_eq!(answer(less), Some(Code::Protocol));
    let empty = |stream: &mut UnixStream| {
        put(stream, 9);
        write(stream, DATA, b"").unwrap();
    };
    assert_eq!(answer(empty), Some(Code::Protocol));
}

#[test]
fn messages_out_of_place() {
    let finish = codec::encode(&Finish {}).unwrap();
    let close = codec::encode(&PermitClose {}).unwrap();
    for (kind, body) in [
        (12, close),
        (23, finish.clone()),
        (25, finish),
        (999, vec![]),
    ] {
        let code = answer(|stream| write(stream, kind, &body).unwrap());
        assert_eq!(code, Some(Code::Protocol), "kind {kind}");
    }
}

#[test]
fn bodies_that_are_no_message() {
    let name = ObjectName::of(Kind::Index, b"");
    let get = codec::encode(&GetObject { name }).unwrap();
    let mut unknown_kind = get.clone();
    unknown_kind[0] = u8::try_from(Kind::ALL.len()).unwrap();
    let mut longer = get.clone();
    longer.push(0);
    let shorter = get[..get.len() - 1].to_vec();
    for body in [
        unknown_kind,
        longer,
        shorter,
        vec![],
        b"../../etc/passwd".to_vec(),
    ] {
        for kind in [20, 22] {
            let code = answer(|stream| write(stream, kind, &body).unwrap());
            assert_eq!(code, Some(Code::Protocol), "{body:?}");
        }
    }
}

#[test]
fn a_fault_from_the_helper_ends_the_call() {
    let fault = codec::encode(&Fault::new(Code::HelperFailed)).unwrap();
    assert_eq!(answer(|stream| write(stream, 1, &fault).unwrap()), None);
}
