//! Calls between qubes behave as those of the real qrexec.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{err, good, in_qube, lab_with_pair, out, policy, service};
use qib_lab::Lab;

fn call(service: &str) -> [String; 5] {
    [
        "qrexec-client",
        "-d",
        "b",
        "-T",
        &format!("root:QUBESRPC {service} dom0"),
    ]
    .map(str::to_owned)
}

fn code(lab: &Lab, service: &str) -> i32 {
    lab.exec(call(service)).unwrap().status.code().unwrap()
}

fn from_a(lab: &Lab, command: &str) -> String {
    out(&in_qube(lab, "a", command))
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

#[test]
fn exit_codes() {
    let lab = lab_with_pair();
    service(&lab, "b", "test.Exit", "exit \"$1\"");
    service(&lab, "b", "test.Kill", "kill -\"$1\" $$");
    for expected in [0, 1, 77, 255] {
        assert_eq!(code(&lab, &format!("test.Exit+{expected}")), expected);
    }
    assert_eq!(code(&lab, "test.Kill+9"), 137);
    assert_eq!(code(&lab, "test.Kill+15"), 143);
    assert_eq!(code(&lab, "test.Missing"), 127);
    good(&in_qube(&lab, "b", "echo data > /run/qubes-rpc/test.Exit2"));
    assert_eq!(code(&lab, "test.Exit2"), 125);
    good(&in_qube(
        &lab,
        "b",
        "ln -s /run/dead.sock /run/qubes-rpc/test.Dead",
    ));
    assert_eq!(code(&lab, "test.Dead"), 125);
    assert_eq!(code(&lab, &"x".repeat(300)), 125);
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b test.Exit+42; echo $?"),
        "42\n"
    );
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b test.Exit+42 true; echo $?"),
        "0\n"
    );
}

#[test]
fn refusals() {
    let lab = lab_with_pair();
    service(&lab, "b", "other.Service", "echo reached");
    for target in ["b", "a", "nowhere", "dom0", "@dispvm", "@default"] {
        let refused = in_qube(
            &lab,
            "a",
            &format!("qrexec-client-vm {target} other.Service"),
        );
        assert_eq!(refused.status.code(), Some(126), "{target}");
        assert_eq!(err(&refused), "Request refused\n");
    }
    policy(&lab, "20-open.policy", "other.Service * a b allow\n");
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b other.Service"),
        "reached\n"
    );
    policy(&lab, "99-broken.policy", "this is no rule\n");
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b other.Service; echo $?"),
        "126\n"
    );
}

#[test]
fn a_halted_target_is_started() {
    let lab = lab_with_pair();
    good(&in_qube(&lab, "b", "true"));
    lab.stop("b").unwrap();
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b test.Cat </dev/null; echo $?"),
        "127\n"
    );
    good(&in_qube(&lab, "b", "true"));
}

#[test]
fn what_a_service_is_told() {
    let lab = lab_with_pair();
    let script = "echo \"$#,$1,$QREXEC_REMOTE_DOMAIN,$QREXEC_SERVICE_FULL_NAME,\
                  $QREXEC_SERVICE_ARGUMENT,${QREXEC_REQUESTED_TARGET_TYPE-unset}\"";
    service(&lab, "b", "test.Env", script);
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b test.Env+x"),
        "1,x,a,test.Env+x,x,\n"
    );
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b test.Env"),
        "0,,a,test.Env+,,\n"
    );
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b 'test.Env+x/y z'"),
        "1,x_y_z,a,test.Env+x_y_z,x_y_z,\n"
    );
    service(&lab, "b", "test.Env+own", "echo own");
    assert_eq!(from_a(&lab, "qrexec-client-vm b test.Env+own"), "own\n");
    assert_eq!(
        out(&lab.exec(call("test.Env+q")).unwrap()),
        "1,q,dom0,test.Env+q,q,\n"
    );
}

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
fn a_local_program_talks_to_the_service() {
    let lab = lab_with_pair();
    service(&lab, "b", "test.Cat", "exec cat");
    let command = "echo mine | qrexec-client-vm b test.Cat sh -c 'echo hi; exec >&-; read x; echo \"got $x\" >&2; cat <&$SAVED_FD_0 >&2; exit 9'; echo $?";
    let both = in_qube(&lab, "a", command);
    assert_eq!(out(&both), "9\n");
    assert_eq!(err(&both), "got hi\nmine\n");
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

#[test]
fn many_calls_at_once() {
    let lab = lab_with_pair();
    service(&lab, "b", "test.Cat", "exec cat");
    let command = "for i in $(seq 64); do echo x | qrexec-client-vm b test.Cat & done; wait";
    assert_eq!(from_a(&lab, command).lines().count(), 64);
}

#[test]
fn a_service_of_dom0_knows_its_target() {
    let lab = lab_with_pair();
    let script = "#!/bin/sh\necho \"$QREXEC_REMOTE_DOMAIN $QREXEC_REQUESTED_TARGET_TYPE $QREXEC_REQUESTED_TARGET\"\n";
    let install = "cat > /etc/qubes-rpc/test.Dom0; chmod 755 /etc/qubes-rpc/test.Dom0";
    good(
        &lab.exec_with(["sh", "-c", install], script.as_bytes())
            .unwrap(),
    );
    policy(
        &lab,
        "20-dom0.policy",
        "test.Dom0 * @anyvm @adminvm allow\n",
    );
    assert_eq!(
        from_a(&lab, "qrexec-client-vm dom0 test.Dom0"),
        "a name dom0\n"
    );
}
