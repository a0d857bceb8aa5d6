//! Hostile descriptors.

use super::bench::{Daemon, Line, folder};
use qib_rpc::fault::Code;
use qib_rpc::object::Kind;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

#[test]
fn descriptors_that_are_none() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let id = "01".repeat(16);
    for (descriptor, code) in [
        ("", Code::Protocol),
        (" ", Code::Protocol),
        ("qib.Permit", Code::Protocol),
        ("qib.Erase+ dom0", Code::Protocol),
        ("qib.Backup+ dom0", Code::Protocol),
        ("qib.Permit+X dom0", Code::Protocol),
        ("qib.Permit+../x dom0", Code::Protocol),
        ("qib.StorageVersion+x dom0", Code::NoPlace),
        ("qib.Permit+ dom0 name storage", Code::NotAllowed),
        ("qib.Put+ disp1", Code::Protocol),
        ("qib.Put+../../../../etc/shadow disp1", Code::Protocol),
        ("qib.Get+%2e%2e disp1", Code::Protocol),
        (&format!("qib.Put+{id} dom0"), Code::NotAllowed),
        (&format!("qib.Put+{id}/.. disp1"), Code::Protocol),
        (&format!("qib.Put+{id} ../disp1"), Code::NotAllowed),
        (&format!("qib.Put+{id} disp1"), Code::NoPermit),
        (&format!("qib.Get+{id} disp1"), Code::NoPermit),
    ] {
        assert_eq!(daemon.call(descriptor).code(), code, "{descriptor}");
    }
}

#[test]
fn a_descriptor_without_end_is_hung_up_on() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut endless = daemon.raw();
    let _cut = endless.write_all(&[b'a'; 1000]);
    let mut answer = Vec::new();
    let _cut = endless.read_to_end(&mut answer);
    assert_eq!(answer, []);

    let mut ended = daemon.raw();
    ended.write_all(b"qib.Records+ dom0").unwrap();
    ended.shutdown(Shutdown::Write).unwrap();
    assert_eq!(ended.read_to_end(&mut answer).unwrap(), 0);
}

#[test]
fn a_descriptor_that_trickles_in_is_hung_up_on() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut slow = daemon.raw();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(12) && slow.write_all(b"a").is_ok() {
        std::thread::sleep(Duration::from_millis(300));
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn descriptor_and_words_in_one_write() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _permit = daemon.backup(1);
    let mut bytes = format!("qib.Put+{} disp1\0", "01".repeat(16)).into_bytes();
    let mut sender = qib_rpc::line::Sender::new(Vec::new());
    sender.send(&qib_rpc::message::object::Finish {}).unwrap();
    bytes.extend(sender.into_inner());
    let mut stream = daemon.raw();
    stream.write_all(&bytes).unwrap();
    Line::new(stream).expect::<qib_rpc::message::object::Finished>();
    daemon.put(1).put(Kind::Pack, b"and another call works");
}
