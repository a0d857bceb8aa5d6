//! What dom0 asks for.

use crate::error::{Error, Result};
use qib_rpc::line::{LineError, Receiver};
use qib_rpc::message::restore::{HandOutJob, RestoreJob, RestorePathsJob, ResumeJob};
use std::io::Read;

/// A job.
pub enum Job {
    /// A snapshot, to a volume.
    Whole(RestoreJob),
    /// The rest of it, to a volume.
    Rest(Box<ResumeJob>),
    /// A part of it, to a volume.
    Part(Box<RestorePathsJob>),
    /// A part of it, to a qube that takes files.
    HandOut(Box<HandOutJob>),
}

impl Job {
    /// Hears a job.
    ///
    /// # Errors
    /// When dom0 does not say one.
    pub fn receive(from_dom0: impl Read) -> Result<Self> {
        let frame = Receiver::new(from_dom0).frame().map_err(Error::Dom0)?;
        let job = if frame.is::<RestorePathsJob>() {
            let job = frame.decode().map_err(Error::Dom0)?;
            job.map(|job| Self::Part(Box::new(job)))
        } else if frame.is::<ResumeJob>() {
            let job = frame.decode().map_err(Error::Dom0)?;
            job.map(|job| Self::Rest(Box::new(job)))
        } else if frame.is::<HandOutJob>() {
            let job = frame.decode().map_err(Error::Dom0)?;
            job.map(|job| Self::HandOut(Box::new(job)))
        } else {
            frame.decode().map_err(Error::Dom0)?.map(Self::Whole)
        };
        job.map_err(|_| Error::Dom0(LineError::Lost))
    }
}
