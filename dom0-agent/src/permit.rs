//! A permit: a helper's right at storage, which lives as long as dom0's call.

use crate::destination::Destination;
use crate::error::Result;
use crate::machine::Machine;
use crate::talk::Talk;
use qib_rpc::message::permit::{PermitClose, PermitGranted, PermitRequest, Took};
use qib_rpc::service::Service;

/// A live permit. Dropping it ends it.
pub struct Permit(Talk);

impl Permit {
    /// Asks a storage qube for a permit.
    ///
    /// # Errors
    /// When storage refuses or can not be called.
    pub fn open(machine: &Machine, storage: &Destination, request: &PermitRequest) -> Result<Self> {
        let stop = &machine.stop;
        let mut talk = Talk::with_storage(storage, Service::Permit, 4096, stop)?;
        talk.say(request)?;
        let PermitGranted {} = talk.hear()?;
        Ok(Self(talk))
    }

    /// Ends the permit and returns what storage says it took.
    ///
    /// # Errors
    /// When storage went away.
    pub fn close(mut self) -> Result<Took> {
        self.0.say(&PermitClose {})?;
        self.0.hear()
    }
}
