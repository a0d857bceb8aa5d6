//! `qib.Put`: a backup puts its objects and gets its index objects.
//!
//! One thread hears, another answers, and each pack is made durable by a thread of its own, so
//! that the next ones arrive while the last ones go to the place. Answers keep their order, and
//! what is no pack is stored after all that came before it.

use super::{Daemon, Ended, said, tell};
use crate::allowed::{GetAllowed, PutAllowed};
use crate::backend::Backend;
use crate::permit::{Permit, Visit};
use crate::receive::{Proven, receive};
use crate::send::send;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::line::{Frame, Receiver, Sender};
use qib_rpc::message::object::{Finish, Finished, GetObject, PutObject, Stored};
use qib_rpc::message::permit::Verbs;
use qib_rpc::object::{Kind, ObjectName};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, SyncSender, sync_channel};
use std::thread::{self, Builder, Scope, ScopedJoinHandle};

/// Answers that wait for those before them. Their objects lie in temporary files.
const MAX_WAITING: usize = 3;

/// What is to be answered.
enum Task<'scope> {
    Stored(ScopedJoinHandle<'scope, Result<ObjectName, Fault>>),
    Store(Proven<'scope>),
    Send(GetAllowed),
    Finish,
    Refuse(Fault),
}

// The visit is taken, so that the permit's end waits for this to return.
pub fn answer(stream: &UnixStream, daemon: &Daemon, visit: Visit) -> Result<(), Ended> {
    let permit = visit.permit();
    if !matches!(permit.request().verbs, Verbs::Backup(_)) {
        return Err(Fault::new(Code::NotAllowed).into());
    }
    let backend = daemon.places.named(permit.place())?;
    thread::scope(|scope| {
        let (queue, tasks) = sync_channel(MAX_WAITING);
        Builder::new().spawn_scoped(scope, move || answer_all(stream, backend, tasks))?;
        hear_all(scope, stream, permit, backend, &queue)
    })
}

fn hear_all<'scope>(
    scope: &'scope Scope<'scope, '_>,
    stream: &UnixStream,
    permit: &Arc<Permit>,
    backend: &'scope dyn Backend,
    queue: &SyncSender<Task<'scope>>,
) -> Result<(), Ended> {
    let mut receiver = Receiver::new(stream);
    while let Some(frame) = receiver.next_frame()? {
        let task = match hear(&frame, &mut receiver, permit, backend) {
            Ok(Task::Store(pack)) if pack.kind() == Kind::Pack => {
                Task::Stored(Builder::new().spawn_scoped(scope, || pack.store())?)
            }
            Ok(task) => task,
            Err(Ended::Refused(fault)) => Task::Refuse(fault),
            Err(line) => return Err(line),
        };
        let last = matches!(task, Task::Finish | Task::Refuse(_));
        // Nobody takes tasks any more once a fault has been told.
        if queue.send(task).is_err() || last {
            return Ok(());
        }
    }
    Ok(())
}

fn hear<'place>(
    frame: &Frame,
    receiver: &mut Receiver<&UnixStream>,
    permit: &Arc<Permit>,
    backend: &'place dyn Backend,
) -> Result<Task<'place>, Ended> {
    if frame.is::<Finish>() {
        return Ok(Task::Finish);
    }
    if frame.is::<GetObject>() {
        let GetObject { name } = said(frame)?;
        return Ok(Task::Send(GetAllowed::helper(permit, name)?));
    }
    let request = said::<PutObject>(frame)?;
    let allowed = PutAllowed::helper(permit, request)?;
    Ok(Task::Store(receive(receiver, allowed, backend)?))
}

fn answer_all(stream: &UnixStream, backend: &dyn Backend, tasks: Queue<Task<'_>>) {
    let mut sender = Sender::new(stream);
    for task in tasks {
        match answer_one(&mut sender, backend, task) {
            Ok(()) => {}
            // Told at once: the helper may be waiting for this answer.
            Err(Ended::Refused(fault)) => return tell(stream, &fault),
            Err(Ended::Line(_)) => return,
        }
    }
}

fn answer_one(
    sender: &mut Sender<&UnixStream>,
    backend: &dyn Backend,
    task: Task<'_>,
) -> Result<(), Ended> {
    match task {
        Task::Stored(storing) => {
            // A thread that panicked has stored nothing that it knew of.
            let stored = storing.join();
            let name = stored.unwrap_or(Err(Fault::new(Code::StorageFailed)))?;
            sender.send(&Stored { name })?;
        }
        Task::Store(proven) => {
            let name = proven.store()?;
            sender.send(&Stored { name })?;
        }
        Task::Send(allowed) => send(sender, &allowed, backend)??,
        Task::Finish => sender.send(&Finished {})?,
        Task::Refuse(fault) => return Err(fault.into()),
    }
    Ok(())
}
