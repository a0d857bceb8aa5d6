//! `qib.Put`: a backup puts its objects and gets its index objects.
//!
//! One thread hears, another makes durable and answers, so that the next object
//! arrives while the last one goes to the disk. Answers keep their order.

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
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, SyncSender, sync_channel};
use std::thread::{self, Builder};

/// Objects that wait to be made durable; they lie in temporary files.
const MAX_WAITING: usize = 3;

/// What is to be answered.
enum Task<'place> {
    Store(Proven<'place>),
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
    let backend = daemon.backend.as_ref();
    thread::scope(|scope| {
        let (queue, tasks) = sync_channel(MAX_WAITING);
        Builder::new().spawn_scoped(scope, move || answer_all(stream, backend, tasks))?;
        hear_all(stream, permit, backend, &queue)
    })
}

fn hear_all<'place>(
    stream: &UnixStream,
    permit: &Arc<Permit>,
    backend: &'place dyn Backend,
    queue: &SyncSender<Task<'place>>,
) -> Result<(), Ended> {
    let mut receiver = Receiver::new(stream);
    while let Some(frame) = receiver.next_frame()? {
        let task = match hear(&frame, &mut receiver, permit, backend) {
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
