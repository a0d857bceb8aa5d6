//! Each operation of the disk goes wrong in each way, once and from then on: what was acknowledged is
//! there, no other bytes are served, and the next session with a disk that works completes the rest.

use super::disk::Left;
use super::mounted::Mounted;
use super::power::{counted, each};
use super::promised::Promised;
use super::session::session;
use super::wrong::{Op, When, Wrong};
use crate::bench::{Daemon, PREFIX};
use fuser::Errno;
use qib_rpc::fault::Fault;
use qib_rpc::message::Message;
use qib_rpc::message::forget::{ListObjects, ListTrash, Listed};
use qib_rpc::message::record::{FindNewest, Newest, Place};
use qib_rpc::object::{Kind, ObjectName};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Says if the session ended early.
fn goes_wrong(when: When) -> bool {
    let said = &format!("{when:?}");
    let mut disk = Mounted::new(said).unwrap();
    let mut promised = Promised::nothing();
    disk.set(when);
    let (daemon, ended) = match disk.started() {
        Ok(daemon) => {
            let told = session(&daemon, &mut promised);
            disk.set(When::Never);
            (daemon, told.is_err())
        }
        Err(words) => {
            assert!(words.contains("the place can not be set up"), "{words}");
            disk.set(When::Never);
            (disk.started().unwrap(), true)
        }
    };
    promised.is_kept(&daemon, said);
    // The same daemon goes on, whatever it believes of the disk.
    let told = session(&daemon, &mut promised);
    let log = disk.said();
    assert!(
        told.is_ok(),
        "{said}: the next one completes it: {told:?}\n{log}"
    );
    daemon.kill();
    disk.cut_power(Left::Nothing);
    let daemon = disk.started().unwrap();
    promised.is_kept(&daemon, &format!("{said}, and then no power"));
    ended
}

/// The same without a second session: what was acknowledged needs none.
fn goes_wrong_and_power_fails(when: When) {
    let said = &format!("{when:?}, and no power");
    let mut disk = Mounted::new(said).unwrap();
    let mut promised = Promised::nothing();
    disk.set(when);
    if let Ok(daemon) = disk.started() {
        let _told = session(&daemon, &mut promised);
        daemon.kill();
    }
    disk.cut_power(Left::Nothing);
    promised.is_kept(&disk.started().unwrap(), said);
}

/// Every so many operations that such a thing can happen to.
fn runs(asked: &[Op], step: usize) -> Vec<When> {
    let mut runs = Vec::new();
    for wrong in Wrong::ALL {
        let possible = (1..).zip(asked).filter(|(_, op)| wrong.can_happen_to(**op));
        for (turn, (number, op)) in possible.enumerate() {
            // Most can be lost by what changes the disk or syncs it, when it fails once.
            let matters = wrong == Wrong::Says(Errno::EIO) && (op.changes() || op.syncs());
            if turn % step == 0 || matters {
                runs.push(When::At(number, wrong));
            }
            if turn % step == step / 2 {
                runs.push(When::From(number, wrong));
            }
        }
    }
    runs
}

fn operations_go_wrong(step: usize) {
    let Some(asked) = counted("a failing disk") else {
        return;
    };
    let runs = runs(&asked, step);
    let early = AtomicUsize::new(0);
    each(&runs, |when| {
        early.fetch_add(usize::from(goes_wrong(when)), Ordering::Relaxed);
        if matches!(when, When::At(..)) {
            goes_wrong_and_power_fails(when);
        }
    });
    let early = early.into_inner();
    println!(
        "{} operations, {} runs, {early} ended early",
        asked.len(),
        runs.len()
    );
    assert!(early > runs.len() / 4, "{early} of {}", runs.len());
}

type Asked = Result<Vec<ObjectName>, Fault>;

fn newest(daemon: &Daemon) -> Asked {
    let (place, kind) = (Place::Root, Kind::Ledger);
    let mut line = daemon.records();
    line.tx.send(&FindNewest { place, kind }).unwrap();
    let told: Newest = line.rx.receive().expect("an answer, whatever happens")?;
    Ok(told.name.into_iter().collect())
}

fn listed(daemon: &Daemon, asked: &impl Message) -> Asked {
    let mut line = daemon.call("qib.Forget+ dom0");
    line.tx.send(asked).unwrap();
    let told: Listed = line.rx.receive().expect("an answer, whatever happens")?;
    let objects = told.objects.items().iter();
    Ok(objects.map(|object| object.name).collect())
}

#[test]
fn what_can_not_be_read_is_a_fault_and_never_another_answer() {
    let Some(disk) = Mounted::new("a disk that can not be read") else {
        return;
    };
    let daemon = disk.started().unwrap();
    session(&daemon, &mut Promised::nothing()).unwrap();
    let (prefix, kind) = (PREFIX, Kind::Pack);
    let packs = |daemon: &Daemon| listed(daemon, &ListObjects { prefix, kind });
    let trash = |daemon: &Daemon| listed(daemon, &ListTrash { prefix });
    let all: [&dyn Fn(&Daemon) -> Asked; 3] = [&newest, &packs, &trash];
    for ask in all {
        disk.set(When::Never);
        let right = ask(&daemon).unwrap();
        assert!(!right.is_empty());
        let operations = disk.asked().len();
        for number in 1..=operations {
            disk.set(When::At(number, Wrong::Says(Errno::EIO)));
            let told = ask(&daemon);
            assert!(
                told.is_err() || told == Ok(right.clone()),
                "{number}: {told:?}"
            );
        }
    }
}

#[test]
fn operations_of_a_disk_go_wrong() {
    operations_go_wrong(30);
}

#[test]
#[ignore = "takes minutes"]
fn each_operation_of_a_disk_goes_wrong() {
    operations_go_wrong(1);
}
