//! How much of a slow link a backup uses. Run as root with
//! `--release --test daemon -- --ignored link --nocapture`.
//!
//! The daemon is in a network namespace of its own, and its way out has a rate that the kernel
//! keeps. Few kernels are built with a delay to offer (netem); a proxy before the server has it.

use super::bench::{Daemon, noise};
use super::seaweed;
use super::servers::Server;
use qib_rpc::message::object::Stored;
use qib_rpc::object::Kind;
use std::collections::VecDeque;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

const BITS_PER_SECOND: f64 = 50e6;
const HALF_WAY: Duration = Duration::from_millis(10);
const HERE: Ipv4Addr = Ipv4Addr::new(10, 137, 250, 1);
const OBJECTS: u64 = 20;
const BYTES: usize = 10 << 20;

fn run(text: &str) {
    let mut words = text.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    assert!(command.args(words).status().unwrap().success(), "{text}");
}

/// A namespace with one link to this one.
struct Link;

impl Link {
    const NAMESPACE: &'static str = "qib-link";

    fn new() -> Self {
        let namespace = Self::NAMESPACE;
        run(&format!("ip netns add {namespace}"));
        let link = Self;
        run(&format!(
            "ip link add qib-near type veth peer name qib-far netns {namespace}"
        ));
        run(&format!("ip address add {HERE}/24 dev qib-near"));
        run("ip link set qib-near up");
        let inside = format!("ip -n {namespace}");
        run(&format!("{inside} address add 10.137.250.2/24 dev qib-far"));
        run(&format!("{inside} link set qib-far up"));
        let rate = format!("root tbf rate {BITS_PER_SECOND}bit burst 32kb latency 50ms");
        run(&format!("tc qdisc add dev qib-near {rate}"));
        run(&format!("tc -n {namespace} qdisc add dev qib-far {rate}"));
        link
    }

    /// What came over it so far, heads of packets included.
    fn bytes(&self) -> f64 {
        let path = "/sys/class/net/qib-near/statistics/rx_bytes";
        fs::read_to_string(path).unwrap().trim().parse().unwrap()
    }

    /// The daemon, behind the link.
    fn daemon(&self, server: &Server) -> Daemon {
        let inner = server.daemon();
        let mut command = Command::new("ip");
        command.args(["netns", "exec", Self::NAMESPACE]);
        command.arg(inner.get_program()).args(inner.get_args());
        let socket = server.folder.path().join("storage.sock");
        command.arg("--socket").arg(&socket);
        Daemon::started(&mut command, socket)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _gone = Command::new("ip")
            .args(["netns", "del", Self::NAMESPACE])
            .status();
        let _gone = Command::new("ip")
            .args(["link", "del", "qib-near"])
            .status();
    }
}

/// Each byte goes on when it has been here for so long.
fn pass_later(mut from: TcpStream, mut to: TcpStream) {
    let (late, due) = sync_channel::<(Instant, Vec<u8>)>(4096);
    thread::spawn(move || {
        let mut piece = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            let when = Instant::now() + HALF_WAY;
            if late.send((when, piece[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (when, bytes) in due {
            thread::sleep(when.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        let _gone = to.shutdown(Shutdown::Write);
    });
}

/// The port of a proxy to the server.
fn far_away(server: u16) -> u16 {
    let listener = TcpListener::bind((HERE, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let far = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).unwrap();
            for stream in [&near, &far] {
                stream.set_nodelay(true).unwrap();
            }
            pass_later(near.try_clone().unwrap(), far.try_clone().unwrap());
            pass_later(far, near);
        }
    });
    port
}

#[test]
#[ignore = "a measurement, not a check"]
fn link() {
    let mut store = seaweed::store(1).expect("SeaweedFS");
    let server = &mut store.server;
    let link = Link::new();
    let port = far_away(server.port);
    let theirs = format!("127.0.0.1:{}", server.port);
    server.place = server.place.replace(&theirs, &format!("{HERE}:{port}"));
    let daemon = link.daemon(server);
    let permit = daemon.backup(1);
    let mut line = daemon.put(1);
    // What a helper has on its way at once.
    let mut asked = VecDeque::new();
    let (begun, before) = (Instant::now(), link.bytes());
    for number in 0..OBJECTS {
        asked.push_back(line.ask_put(Kind::Pack, &noise(number, BYTES)));
        if asked.len() == 3 {
            let name = asked.pop_front().unwrap();
            assert_eq!(line.expect::<Stored>(), Stored { name });
        }
    }
    for name in asked {
        assert_eq!(line.expect::<Stored>(), Stored { name });
    }
    let seconds = begun.elapsed().as_secs_f64();
    let share = (link.bytes() - before) * 8.0 / seconds / BITS_PER_SECOND;
    let megabytes = OBJECTS as f64 * BYTES as f64 / 1e6;
    eprintln!(
        "{megabytes:.0} MB in {seconds:.1} s: {:.1} % of the link",
        share * 100.0
    );
    drop(permit);
}
