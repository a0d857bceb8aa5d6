//! The streams of a call, and what ends them.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{call, code, err, from_a, in_qube, lab_with_pair, out, service};
use qib_lab::Lab;

#[test]
fn streams_and_their_ends() {
    let lab = lab_with_pair();
    service(&lab, "b", "test.Cat", "exec cat");
    service(
        &lab,
        "b",
        "test.Err",
        "echo problem >&2; printf '\\033bad' >&2; exit 3",
    );
    service(&lab, "b", "test.Early", "echo first; exit 5");
    service(
        &lab,
        "b",
        "test.Half",
        "echo out; exec >&-; cat > /tmp/rest; exit 4",
    );
    let echoed = lab.exec_with(call("test.Cat"), b"some\0bytes").unwrap();
    assert_eq!(echoed.stdout, b"some\0bytes");
    let failed = lab.exec(call("test.Err")).unwrap();
    assert_eq!(
        (err(&failed).as_str(), failed.status.code()),
        ("problem\n_bad", Some(3))
    );
    let early = lab
        .exec_with(call("test.Early"), &vec![0; 5_000_000])
        .unwrap();
    assert_eq!(
        (out(&early).as_str(), early.status.code()),
        ("first\n", Some(5))
    );
    let half = lab.exec_with(call("test.Half"), b"read on").unwrap();
    assert_eq!(
        (out(&half).as_str(), half.status.code()),
        ("out\n", Some(4))
    );
    assert_eq!(out(&in_qube(&lab, "b", "cat /tmp/rest")), "read on");
}

#[test]
fn much_data_both_ways_at_once() {
    let lab = lab_with_pair();
    service(&lab, "b", "test.Cat", "exec cat");
    let command = "head -c 100000000 /dev/zero | qrexec-client-vm b test.Cat | wc -c";
    assert_eq!(from_a(&lab, command).trim(), "100000000");
}

#[test]
fn a_slow_reader_holds_the_writer_back() {
    let lab = lab_with_pair();
    service(&lab, "b", "test.Slow", "sleep 2; cat > /dev/null");
    let mut child = spawn(&lab, "test.Slow");
    let mut stdin = child.stdin.take().unwrap();
    let started = Instant::now();
    stdin.write_all(&vec![0; 16 << 20]).unwrap();
    assert!(
        started.elapsed() > Duration::from_secs(1),
        "16 MB were buffered somewhere"
    );
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

fn spawn(lab: &Lab, service: &str) -> std::process::Child {
    let mut command: Command = lab.dom0(call(service));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_client_is_an_end_of_input() {
    let lab = lab_with_pair();
    service(
        &lab,
        "b",
        "test.Count",
        "cat > /tmp/got; echo \"cat $?\" > /tmp/end",
    );
    let mut child = spawn(&lab, "test.Count");
    child.stdin.as_mut().unwrap().write_all(b"partial").unwrap();
    let has = |file: &str, text: &str| out(&in_qube(&lab, "b", &format!("cat {file}"))) == text;
    assert!(eventually(|| has("/tmp/got", "partial")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(eventually(|| has("/tmp/end", "cat 0\n")));
    assert!(has("/tmp/got", "partial"));
}

#[test]
fn a_killed_client_makes_later_writes_fail() {
    let lab = lab_with_pair();
    let script =
        "cat >/dev/null; trap '' PIPE; sleep 0.3; echo late 2>/dev/null; echo $? > /tmp/write";
    service(&lab, "b", "test.Slow", script);
    let mut child = spawn(&lab, "test.Slow");
    std::thread::sleep(Duration::from_millis(200));
    child.kill().unwrap();
    child.wait().unwrap();
    let written = || out(&in_qube(&lab, "b", "cat /tmp/write"));
    assert!(eventually(|| !written().is_empty()));
    assert_ne!(written(), "0\n");
}

#[test]
fn a_peer_that_dies_is_255() {
    let lab = lab_with_pair();
    service(&lab, "b", "test.Slow", "echo up; sleep 100");
    let mut child = spawn(&lab, "test.Slow");
    let mut first = [0; 3];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    lab.stop("b").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(255));
    assert_eq!(code(&lab, "test.Slow"), 1);
}

fn eventually(what: impl Fn() -> bool) -> bool {
    let limit = Instant::now() + Duration::from_secs(5);
    while Instant::now() < limit {
        if what() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}
