//! Each request of a session goes wrong in each way: what was acknowledged is there, the session
//! ends or goes on, and the next one completes it.

use super::bench::{Daemon, Line, PREFIX, backup_verbs, noise, request};
use super::proxy::{When, Wrong};
use super::seaweed;
use super::servers::{self, Server};
use qib_rpc::fault::Fault;
use qib_rpc::id::SessionId;
use qib_rpc::line::LineError;
use qib_rpc::message::object::{GetObject, Stored};
use qib_rpc::message::permit::{PermitRequest, Verbs};
use qib_rpc::message::record::{FindNewest, Newest, Place};
use qib_rpc::object::{Kind, ObjectName};
use std::sync::atomic::{AtomicU64, Ordering};

const WRONGS: [Wrong; 7] = [
    Wrong::Cut,
    Wrong::Refused,
    Wrong::AnswerLost,
    Wrong::DoneButError,
    Wrong::NotDone,
    Wrong::Short,
    Wrong::Silence,
];

/// What one session puts, in this order; `round` makes it another's.
fn objects(round: u64) -> Vec<(Kind, Vec<u8>)> {
    let kinds = [Kind::Pack, Kind::Pack, Kind::Index, Kind::Snapshot];
    (round * 10..)
        .zip(kinds)
        .map(|(number, kind)| (kind, noise(number, 3000)))
        .collect()
}

/// A permit and a call of a session that was not there before.
fn begun(daemon: &Daemon, service: &str, verbs: Verbs) -> (Line, Line) {
    static SESSIONS: AtomicU64 = AtomicU64::new(1);
    let mut id = [0; 16];
    id[8..].copy_from_slice(&SESSIONS.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let session = SessionId::new(id);
    let permit = daemon.permit(PermitRequest {
        session,
        ..request(0, verbs)
    });
    let line = daemon.call(&format!("{service}+{session} disp1"));
    (permit, line)
}

/// Puts all until a fault, and says what was acknowledged.
fn session(daemon: &Daemon, objects: &[(Kind, Vec<u8>)]) -> Vec<ObjectName> {
    let (mut permit, mut line) = begun(daemon, "qib.Put", backup_verbs(vec![]));
    let mut acknowledged = Vec::new();
    for (kind, bytes) in objects {
        let name = line.ask_put(*kind, bytes);
        let heard: Result<Result<Stored, Fault>, LineError> = line.rx.receive();
        match heard.expect("an answer, whatever happens") {
            Ok(stored) => assert_eq!(stored.name, name),
            Err(_) => break,
        }
        acknowledged.push(name);
    }
    drop(line);
    permit.close_permit();
    acknowledged
}

fn all_there(daemon: &Daemon, names: &[ObjectName], objects: &[(Kind, Vec<u8>)]) {
    let (mut permit, mut line) = begun(daemon, "qib.Get", Verbs::Restore);
    for (name, (_, bytes)) in names.iter().zip(objects) {
        line.tx.send(&GetObject { name: *name }).unwrap();
        assert_eq!(
            line.take_object().as_ref(),
            Ok(bytes),
            "acknowledged, and not there"
        );
    }
    drop(line);
    permit.close_permit();
}

/// The order in which objects came has not lost one.
fn is_newest(daemon: &Daemon, name: ObjectName) -> bool {
    let mut line = daemon.records();
    let (place, kind) = (Place::Qube(PREFIX), name.kind);
    line.tx.send(&FindNewest { place, kind }).unwrap();
    line.expect::<Newest>().name == Some(name)
}

/// Every so many requests; says how many runs ended early.
fn goes_wrong(what: &str, server: &mut Server, step: usize) {
    let proxy = server.behind_a_proxy();
    let daemon = server.started();
    // What is done once for a prefix is no part of what is counted.
    session(&daemon, &objects(0));
    proxy.set(When::Never);
    session(&daemon, &objects(1));
    let requests = proxy.requests();
    assert!(requests >= 12, "{requests}");
    let mut round = 1;
    let (mut early, mut runs) = (0, 0);
    for wrong in WRONGS {
        for (turn, number) in (1..=requests).step_by(step).enumerate() {
            for when in [When::At(number, wrong), When::From(number, wrong)] {
                // What never ends takes all retries: from a few places is enough.
                if matches!(when, When::From(..)) && (turn % 4 != 1 || wrong == Wrong::Silence) {
                    continue;
                }
                round += 1;
                let objects = objects(round);
                proxy.set(when);
                let acknowledged = session(&daemon, &objects);
                proxy.set(When::Never);
                runs += 1;
                early += usize::from(acknowledged.len() < objects.len());
                all_there(&daemon, &acknowledged, &objects);
                let all = session(&daemon, &objects);
                assert_eq!(
                    all.len(),
                    objects.len(),
                    "{when:?}: the next one completes it"
                );
                all_there(&daemon, &all, &objects);
                assert!(
                    is_newest(&daemon, all[2]) && is_newest(&daemon, all[3]),
                    "{when:?}"
                );
            }
        }
    }
    println!("{what}: {requests} requests, {runs} runs, {early} ended early");
    assert!(early > 0 && early < runs / 2, "{early} of {runs}");
}

fn webdav(step: usize) {
    match servers::webdav() {
        Some(mut server) => goes_wrong("WebDAV", &mut server, step),
        None => eprintln!("SKIPPED: rclone is not installed here"),
    }
}

fn s3(step: usize) {
    match seaweed::store(1) {
        Some(mut store) => goes_wrong("S3", &mut store.server, step),
        None => eprintln!("SKIPPED: SeaweedFS is not installed here"),
    }
}

#[test]
fn requests_to_a_webdav_server_go_wrong() {
    webdav(5);
}

#[test]
fn requests_to_an_s3_store_go_wrong() {
    s3(3);
}

#[test]
#[ignore = "five minutes of waiting"]
fn each_request_to_a_webdav_server_goes_wrong() {
    webdav(1);
}

#[test]
#[ignore = "two minutes of waiting"]
fn each_request_to_an_s3_store_goes_wrong() {
    s3(1);
}
