//! `qib.Forget`: dom0 lists objects, and moves them to the trash, back, or out of it.

use super::{Daemon, Ended, said};
use crate::allowed::TrashAllowed;
use crate::backend::Trouble;
use crate::descriptor::Dom0;
use crate::log;
use crate::stamp::Stamp;
use qib_rpc::fault::Fault;
use qib_rpc::limit::MAX_LISTED;
use qib_rpc::line::{Frame, LineError, Receiver, Sender};
use qib_rpc::message::forget::{
    EmptyTrash, ListObjects, ListTrash, Listed, ListedObject, Moved, TrashObjects, Undelete,
};
use qib_rpc::message::record::Place;
use std::os::unix::net::UnixStream;

pub fn answer(stream: &UnixStream, daemon: &Daemon, dom0: &Dom0) -> Result<(), Ended> {
    let backend = daemon.places.of(dom0)?;
    let mut receiver = Receiver::new(stream);
    let mut sender = Sender::new(stream);
    while let Some(frame) = receiver.next_frame()? {
        if frame.is::<ListObjects>() {
            let ListObjects { prefix, kind } = said(&frame)?;
            let place = Place::Qube(prefix);
            let listed = backend.list(dom0, place, kind, None);
            tell(&mut sender, &listed.map_err(failed)?)?;
        } else if frame.is::<ListTrash>() {
            let ListTrash { prefix } = said(&frame)?;
            let trashed = backend.trashed(dom0, prefix);
            tell(&mut sender, &trashed.map_err(failed)?)?;
        } else {
            sender.send(&moved(&frame, daemon, dom0)?)?;
        }
    }
    Ok(())
}

fn moved(frame: &Frame, daemon: &Daemon, dom0: &Dom0) -> Result<Moved, Ended> {
    let (backend, permits) = (daemon.places.of(dom0)?, &daemon.permits);
    if frame.is::<TrashObjects>() {
        let TrashObjects { prefix, now, names } = said(frame)?;
        let allowed = TrashAllowed::dom0(dom0, permits, prefix, names)?;
        let moved = backend.trash(&allowed, Stamp::now(now)).map_err(failed)?;
        log::line(format_args!("{} objects to the trash", moved.objects));
        return Ok(moved);
    }
    if frame.is::<Undelete>() {
        let Undelete { prefix, names } = said(frame)?;
        let allowed = TrashAllowed::dom0(dom0, permits, prefix, names)?;
        let moved = backend.undelete(&allowed).map_err(failed)?;
        log::line(format_args!(
            "{} objects back from the trash",
            moved.objects
        ));
        return Ok(moved);
    }
    let EmptyTrash { prefix, now, days } = said(frame)?;
    let days = days.max(daemon.trash_days);
    let moved = backend.empty(dom0, prefix, Stamp::now(now), days);
    let moved = moved.map_err(failed)?;
    log::line(format_args!("{} objects removed for ever", moved.objects));
    Ok(moved)
}

/// Tells a list in parts; an empty one too.
fn tell(sender: &mut Sender<&UnixStream>, all: &[ListedObject]) -> Result<(), LineError> {
    let mut parts = all.chunks(MAX_LISTED);
    let mut next = parts.next().unwrap_or_default();
    loop {
        let after = parts.next();
        let objects = next.to_vec().try_into();
        sender.send(&Listed {
            objects: objects.map_err(|_| LineError::TooMuch)?,
            is_last: after.is_none(),
        })?;
        match after {
            Some(part) => next = part,
            None => return Ok(()),
        }
    }
}

fn failed(trouble: Trouble) -> Fault {
    log::line(format_args!("{trouble}"));
    Fault::new(trouble.code())
}
