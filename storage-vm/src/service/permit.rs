//! `qib.Permit`: a permit lives until dom0 closes it, hangs up or dies.

use super::{Daemon, Ended, said};
use crate::descriptor::Dom0;
use crate::log;
use qib_rpc::line::{Receiver, Sender};
use qib_rpc::message::permit::{PermitClose, PermitGranted, PermitRequest};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// dom0 sends its request at once.
const REQUEST_WAIT: Duration = Duration::from_secs(10);

pub fn answer(stream: &UnixStream, daemon: &Daemon, dom0: &Dom0) -> Result<(), Ended> {
    let mut receiver = Receiver::new(stream);
    let mut sender = Sender::new(stream);
    stream.set_read_timeout(Some(REQUEST_WAIT))?;
    let request: PermitRequest = said(&receiver.frame()?)?;
    stream.set_read_timeout(None)?;
    let session = request.session;
    daemon.places.of(dom0)?;
    let held = daemon.permits.grant(dom0, request)?;
    sender.send(&PermitGranted {})?;
    log::line(format_args!("session {session}: permit begins"));
    // Any return from here on drops `held`, and that ends the permit.
    let heard = receiver.frame();
    log::line(format_args!("session {session}: permit ends"));
    let PermitClose {} = said(&heard?)?;
    sender.send(&held.end())?;
    Ok(())
}
