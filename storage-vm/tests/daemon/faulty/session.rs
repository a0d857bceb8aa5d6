//! All that qib asks of storage, in one small session: it puts, forgets, undeletes and empties the trash.
//! It ends at the first fault, as a backup does.

use super::promised::{Promised, spot};
use crate::bench::{Daemon, Line, PREFIX, backup_verbs, noise, request};
use qib_rpc::fault::Fault;
use qib_rpc::id::SessionId;
use qib_rpc::message::Message;
use qib_rpc::message::forget::{EmptyTrash, Moved, ObjectNames, TrashObjects, Undelete};
use qib_rpc::message::object::{Finish, Finished, GetObject, Stored};
use qib_rpc::message::permit::{PermitRequest, Verbs};
use qib_rpc::message::record::{FindNewest, Newest, PutRecord};
use qib_rpc::object::{Kind, ObjectName};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// One of the objects below.
pub type Which = usize;

/// What a session puts.
pub struct Content {
    pub name: ObjectName,
    pub bytes: Vec<u8>,
}

const SIZES: [(Kind, usize); 10] = [
    (Kind::Pack, 70_000),
    (Kind::Pack, 3000),
    (Kind::Pack, 3000),
    (Kind::Index, 3000),
    (Kind::Index, 0),
    (Kind::Snapshot, 3000),
    (Kind::Packs, 700),
    (Kind::Ledger, 200),
    (Kind::Ledger, 200),
    (Kind::Settings, 900),
];

pub static OBJECTS: LazyLock<Vec<Content>> = LazyLock::new(|| {
    let numbered = (0..).zip(SIZES);
    let contents = numbered.map(|(number, (kind, size))| {
        let bytes = noise(number, size);
        let name = ObjectName::of(kind, &bytes);
        Content { name, bytes }
    });
    contents.collect()
});

/// The objects that a helper puts: one of them twice.
const PUT: [Which; 8] = [0, 1, 2, 1, 3, 4, 5, 6];
/// Those that dom0 puts.
const NOTED: [Which; 3] = [7, 8, 9];
/// Those of them that nothing came after.
const NEWEST: [Which; 2] = [8, 9];
/// Forgotten, and one of them wanted back.
const FORGOTTEN: [Which; 2] = [1, 3];
const BACK: [Which; 1] = [1];
/// Forgotten for ever, as are those in the trash.
const GONE: [Which; 1] = [2];
/// Forgotten, and left in the trash.
const LEFT: [Which; 1] = [5];
/// Read at the end by a restore.
const READ: [Which; 3] = [0, 1, 6];

type Told<T = ()> = Result<T, Fault>;

/// An answer must come, whatever happens.
fn told<M: Message>(line: &mut Line) -> Told<M> {
    line.rx.receive().expect("an answer, whatever happens")
}

/// All of it.
pub fn session(daemon: &Daemon, promised: &mut Promised) -> Told {
    put(daemon, promised)?;
    note(daemon, promised)?;
    forget(daemon, promised, &FORGOTTEN)?;
    undelete(daemon, promised, &BACK)?;
    forget(daemon, promised, &GONE)?;
    empty(daemon, promised)?;
    forget(daemon, promised, &LEFT)?;
    read(daemon)
}

/// A permit and a call of a session that was not there before.
fn begun(daemon: &Daemon, service: &str, verbs: Verbs) -> (Line, Line) {
    let session = SessionId::new(u128::from(next()).to_be_bytes());
    let permit = daemon.permit(PermitRequest {
        session,
        ..request(0, verbs)
    });
    let line = daemon.call(&format!("{service}+{session} disp1"));
    (permit, line)
}

/// A number that was not there before.
fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn put(daemon: &Daemon, promised: &mut Promised) -> Told {
    let (mut permit, mut line) = begun(daemon, "qib.Put", backup_verbs(vec![]));
    let put = PUT.iter().try_for_each(|&which| {
        let Content { name, bytes } = &OBJECTS[which];
        promised.asked_to_put(which);
        line.ask_put(name.kind, bytes);
        let Stored { name: stored } = told(&mut line)?;
        assert_eq!(stored, *name);
        promised.put(which);
        Ok(())
    });
    let finished = put.and_then(|()| {
        line.tx.send(&Finish {}).unwrap();
        told::<Finished>(&mut line)
    });
    drop(line);
    permit.close_permit();
    finished.map(|_| ())
}

fn note(daemon: &Daemon, promised: &mut Promised) -> Told {
    let mut line = daemon.records();
    NOTED.iter().try_for_each(|&which| {
        let (place, name) = spot(which);
        let bytes = &OBJECTS[which].bytes;
        let size = bytes.len() as u64;
        promised.asked_to_put(which);
        let asked = PutRecord {
            place,
            name,
            bytes: size,
        };
        line.tx.send(&asked).unwrap();
        line.tx.send_data(bytes).unwrap();
        told::<Stored>(&mut line)?;
        promised.put(which);
        Ok(())
    })?;
    NEWEST.iter().try_for_each(|&which| {
        let (place, name) = spot(which);
        let kind = name.kind;
        line.tx.send(&FindNewest { place, kind }).unwrap();
        assert_eq!(told::<Newest>(&mut line)?.name, Some(name));
        Ok(())
    })
}

fn names(all: &[Which]) -> ObjectNames {
    let names = all.iter().map(|which| OBJECTS[*which].name);
    names.collect::<Vec<_>>().try_into().unwrap()
}

/// Asks again where it did not work, as a person does; true if it worked at once.
fn asked<M: Message>(daemon: &Daemon, asked: &M) -> Told<bool> {
    let ask = || {
        let mut line = daemon.call("qib.Forget+ dom0");
        line.tx.send(asked).unwrap();
        told::<Moved>(&mut line)
    };
    match ask() {
        Ok(_) => Ok(true),
        Err(_) => ask().map(|_| false),
    }
}

fn forget(daemon: &Daemon, promised: &mut Promised, all: &[Which]) -> Told {
    promised.asked_to_forget(all);
    let (prefix, names) = (PREFIX, names(all));
    let now = 1_795_986_000 + next();
    let at_once = asked(daemon, &TrashObjects { prefix, now, names })?;
    promised.forgot(all, at_once);
    Ok(())
}

/// Brings objects back from the trash.
pub fn undelete(daemon: &Daemon, promised: &mut Promised, all: &[Which]) -> Told {
    promised.asked_to_undelete(all);
    let (prefix, names) = (PREFIX, names(all));
    asked(daemon, &Undelete { prefix, names })?;
    promised.undeleted(all);
    Ok(())
}

fn empty(daemon: &Daemon, promised: &mut Promised) -> Told {
    promised.asked_to_empty();
    let now = 1_795_986_000 + next();
    let (prefix, days) = (PREFIX, 0);
    asked(daemon, &EmptyTrash { prefix, now, days }).map(|_| ())
}

fn read(daemon: &Daemon) -> Told {
    let (mut permit, mut line) = begun(daemon, "qib.Get", Verbs::Restore);
    let read = READ.iter().try_for_each(|&which| {
        let Content { name, bytes } = &OBJECTS[which];
        line.tx.send(&GetObject { name: *name }).unwrap();
        let got = line.take_object()?;
        assert!(got == *bytes, "other bytes than those of {name}");
        Ok(())
    });
    drop(line);
    permit.close_permit();
    read
}
