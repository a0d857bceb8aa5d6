//! A qube that has shut down is backed up without being asked for.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::machine::faults::add;
use crate::machine::{Machine, skipped_without_root};
use rustix::process::{Pid, Signal, kill_process};

fn watch(machine: &Machine, delay: &str) -> Child {
    let mut command = machine.lab.dom0(["qib", "watch", "--delay", delay]);
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    wait("it listens", || {
        log(machine).contains("admin.Events+ dom0 dom0")
    });
    child
}

fn log(machine: &Machine) -> String {
    std::fs::read_to_string(machine.lab.dir().join("qubesd.log")).unwrap()
}

fn wait(what: &str, holds: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(120);
    while !holds() {
        assert!(Instant::now() < limit, "not in time: {what}");
        sleep(Duration::from_millis(100));
    }
}

/// How many snapshots of a qube there are.
fn snapshots(machine: &Machine, name: &str) -> usize {
    let list = machine.ok(&["snapshots"]);
    let of_it = |line: &&str| line.split(' ').next() == Some(name);
    list.lines().filter(of_it).count()
}

/// As Qubes' own clients read them: see `send_event` in its `qubes/api/__init__.py`.
#[test]
fn events_are_told_byte_for_byte_as_qubesd_tells_them() {
    let machine = Machine::new();
    let daemon = machine.lab.daemon().unwrap();
    let mut events = UnixStream::connect(format!("/proc/{daemon}/root/run/qubesd.sock")).unwrap();
    events.write_all(b"admin.Events+ dom0 name dom0\0").unwrap();
    events.shutdown(Shutdown::Write).unwrap();
    let mut expect = |bytes: &[u8]| {
        let mut read = vec![0; bytes.len()];
        events.read_exact(&mut read).unwrap();
        assert_eq!(
            read.escape_ascii().to_string(),
            bytes.escape_ascii().to_string()
        );
    };
    expect(b"1\0\0connection-established\0\0");
    add(&machine, "work", 0);
    expect(b"1\0\0domain-add\0vm\0work\0\0");
    machine.lab.start("work").unwrap();
    expect(b"1\0work\0domain-pre-start\0start_guid\0True\0mem_required\0None\0\0");
    expect(b"1\0work\0domain-spawn\0start_guid\0True\0\0");
    expect(b"1\0work\0domain-start\0start_guid\0True\0\0");
    machine.lab.stop("work").unwrap();
    expect(b"1\0work\0domain-stopped\0\0");
    expect(b"1\0work\0domain-shutdown\0\0");
    machine.lab.admin("admin.vm.Remove+", "work", "").unwrap();
    expect(b"1\0\0domain-pre-delete\0vm\0work\0\0");
    expect(b"1\0\0domain-delete\0vm\0work\0\0");
}

#[test]
fn a_qube_that_shuts_down_is_backed_up_and_no_other() {
    if skipped_without_root("watch") {
        return;
    }
    let machine = Machine::new();
    for name in ["work", "left-out", "restarted"] {
        add(&machine, name, 1);
        machine.lab.start(name).unwrap();
    }
    let method = "admin.vm.property.Set+include_in_backups";
    machine.lab.admin(method, "left-out", "False").unwrap();
    // Time enough to start one of them again on a busy machine.
    let mut watch = watch(&machine, "15");
    for name in ["left-out", "restarted", "work"] {
        machine.lab.stop(name).unwrap();
    }
    machine.lab.start("restarted").unwrap();
    wait("work is backed up", || snapshots(&machine, "work") == 1);
    for name in ["left-out", "restarted"] {
        assert_eq!(snapshots(&machine, name), 0, "{name}");
    }
    assert_eq!(snapshots(&machine, "work"), 1);

    kill_process(Pid::from_child(&watch), Signal::TERM).unwrap();
    let status = watch.wait().unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn who_stops_watching_stops_the_backup_that_runs() {
    if skipped_without_root("watch") {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 64);
    machine.lab.start("work").unwrap();
    let mut watch = watch(&machine, "1");
    machine.lab.stop("work").unwrap();
    wait("something is sent", || !machine.objects("pack-").is_empty());
    kill_process(Pid::from_child(&watch), Signal::TERM).unwrap();
    assert!(watch.wait().unwrap().success());
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}
