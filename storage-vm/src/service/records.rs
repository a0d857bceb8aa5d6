//! `qib.Records`: dom0 keeps its own objects and reads any back.

use super::{Daemon, Ended, said};
use crate::allowed::{GetAllowed, PutAllowed};
use crate::backend::Backend;
use crate::descriptor::Dom0;
use crate::receive::receive;
use crate::send::send;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::line::{Frame, Receiver, Sender};
use qib_rpc::message::object::Stored;
use qib_rpc::message::record::{FindNewest, GetRecord, Newest, PutRecord};
use qib_rpc::object::Kind;
use std::os::unix::net::UnixStream;

pub fn answer(stream: &UnixStream, daemon: &Daemon, dom0: &Dom0) -> Result<(), Ended> {
    let backend = daemon.places.of(dom0)?;
    let mut receiver = Receiver::new(stream);
    let mut sender = Sender::new(stream);
    while let Some(frame) = receiver.next_frame()? {
        if frame.is::<GetRecord>() {
            let allowed = GetAllowed::dom0(dom0, said(&frame)?);
            send(&mut sender, &allowed, backend)??;
        } else if frame.is::<FindNewest>() {
            let newest = newest(said(&frame)?, backend)?;
            sender.send(&newest)?;
        } else {
            let stored = put(&frame, &mut receiver, backend, dom0)?;
            sender.send(&stored)?;
        }
    }
    Ok(())
}

fn put(
    frame: &Frame,
    receiver: &mut Receiver<&UnixStream>,
    backend: &dyn Backend,
    dom0: &Dom0,
) -> Result<Stored, Ended> {
    let request = said::<PutRecord>(frame)?;
    let allowed = PutAllowed::dom0(dom0, request)?;
    let proven = receive(receiver, allowed, backend)?;
    Ok(Stored {
        name: proven.store()?,
    })
}

fn newest(request: FindNewest, backend: &dyn Backend) -> Result<Newest, Fault> {
    let FindNewest { place, kind } = request;
    if kind == Kind::Pack {
        return Err(Fault::new(Code::NotAllowed));
    }
    let name = backend
        .newest(place, kind)
        .map_err(|_| Fault::new(Code::StorageFailed))?;
    Ok(Newest { name })
}
