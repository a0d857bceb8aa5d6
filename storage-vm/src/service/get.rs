//! `qib.Get`: a restore fetches the objects of its prefix, or parts of them, one after
//! the other. One that is not there whole is answered with a fault, and the next is sent.

use super::{Daemon, Ended, said};
use crate::allowed::GetAllowed;
use crate::permit::Visit;
use crate::send::{send, send_range};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::line::{Receiver, Sender};
use qib_rpc::message::object::{Finish, Finished, GetObject, GetRange};
use qib_rpc::message::permit::Verbs;
use std::os::unix::net::UnixStream;

// The visit is taken, so that the permit's end waits for this to return.
pub fn answer(stream: &UnixStream, daemon: &Daemon, visit: Visit) -> Result<(), Ended> {
    let permit = visit.permit();
    if !matches!(permit.request().verbs, Verbs::Restore) {
        return Err(Fault::new(Code::NotAllowed).into());
    }
    let backend = daemon.places.named(permit.place())?;
    let mut receiver = Receiver::new(stream);
    let mut sender = Sender::new(stream);
    while let Some(frame) = receiver.next_frame()? {
        if frame.is::<Finish>() {
            sender.send(&Finished {})?;
            return Ok(());
        }
        let sent = if frame.is::<GetRange>() {
            let GetRange {
                name,
                offset,
                bytes,
            } = said(&frame)?;
            let allowed = GetAllowed::helper(permit, name)?;
            send_range(&mut sender, &allowed, offset, bytes, backend)?
        } else {
            let GetObject { name } = said(&frame)?;
            let allowed = GetAllowed::helper(permit, name)?;
            send(&mut sender, &allowed, backend)?
        };
        if let Err(fault) = sent {
            sender.send(&fault)?;
        }
    }
    Ok(())
}
