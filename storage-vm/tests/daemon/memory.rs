//! What the daemon holds in memory does not grow with what it stores.

use super::bench::{Daemon, noise};
use super::seaweed;
use super::servers;
use qib_rpc::message::object::Stored;
use qib_rpc::object::Kind;
use std::fs;
use std::thread;

const MOST_KIB: u64 = 150 << 10;

/// The most that it had so far.
fn peak_kib(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let words = line.unwrap().split_whitespace().nth(1);
    words.unwrap().parse().unwrap()
}

/// Packs as large as they may become, all on their way at once, and the index of a million files.
fn session(daemon: &Daemon, number: u8) {
    const PACK: Kind = Kind::Pack;
    let mut permit = daemon.backup(number);
    let mut line = daemon.put(number);
    let objects = [(PACK, 16), (PACK, 17), (PACK, 18), (Kind::Index, 64)];
    let names = objects.map(|(kind, mebibytes)| {
        let first = noise(u64::from(number) * 100 + mebibytes, 1 << 20);
        line.ask_put(kind, &first.repeat(usize::try_from(mebibytes).unwrap()))
    });
    for name in names {
        assert_eq!(line.expect::<Stored>(), Stored { name });
    }
    permit.close_permit();
}

fn stays_small(what: &str, daemon: &Daemon) {
    thread::scope(|scope| {
        for number in 1..5 {
            scope.spawn(move || session(daemon, number));
        }
    });
    let peak = peak_kib(daemon);
    eprintln!("{what}: {} MiB", peak >> 10);
    assert!(peak < MOST_KIB, "{what}: {peak} KiB");
}

#[test]
fn four_sessions_at_once_stay_small_at_a_folder() {
    stays_small("folder", &servers::folder().unwrap().started());
}

#[test]
fn four_sessions_at_once_stay_small_at_an_s3_store() {
    match seaweed::store(1) {
        Some(store) => stays_small("S3", &store.server.started()),
        None => eprintln!("skipped: no SeaweedFS"),
    }
}

#[test]
fn four_sessions_at_once_stay_small_at_an_sftp_server() {
    match servers::sftp() {
        Some(server) => stays_small("SFTP", &server.started()),
        None => eprintln!("skipped: no sshd"),
    }
}
