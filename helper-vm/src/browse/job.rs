//! What dom0 wants to be shown.

use crate::error::{Error, Result};
use qib_rpc::limit::MAX_SHOWN_SNAPSHOTS;
use qib_rpc::line::{LineError, Receiver};
use qib_rpc::message::backup::JobEnd;
use qib_rpc::message::browse::{BrowseJob, BrowseSnapshot};
use std::io::Read;

/// Whose snapshots, and which: the folders' names ascend.
pub struct Job {
    /// Whose, and how to open them.
    pub of: BrowseJob,
    /// Which.
    pub snapshots: Vec<BrowseSnapshot>,
}

impl Job {
    /// Hears it.
    ///
    /// # Errors
    /// When dom0 does not say one.
    pub fn receive(from_dom0: impl Read) -> Result<Self> {
        let lost = |_| Error::Dom0(LineError::Lost);
        let mut dom0 = Receiver::new(from_dom0);
        let of = dom0.receive::<BrowseJob>().map_err(Error::Dom0)?;
        let of = of.map_err(lost)?;
        let mut snapshots: Vec<BrowseSnapshot> = Vec::new();
        loop {
            let frame = dom0.frame().map_err(Error::Dom0)?;
            if frame.is::<JobEnd>() {
                break;
            }
            let shown = frame.decode::<BrowseSnapshot>().map_err(Error::Dom0)?;
            let shown = shown.map_err(lost)?;
            let ascends = snapshots
                .last()
                .is_none_or(|last| last.folder < shown.folder);
            if !ascends || snapshots.len() == MAX_SHOWN_SNAPSHOTS {
                return Err(Error::Job("snapshots to show"));
            }
            snapshots.push(shown);
        }
        Ok(Self { of, snapshots })
    }
}
