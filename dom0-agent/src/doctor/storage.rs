//! The storage qube.

use super::{Report, version};
use crate::admin::call;
use crate::error::{Error, Peer};
use crate::helper::STORAGE;
use crate::machine::Machine;
use crate::progress::Progress;
use crate::storage;
use qib_rpc::name::QubeName;

pub(super) fn examine(name: &QubeName, report: &mut Report) {
    match call::find_qube(name) {
        Ok(Some(_)) => report.well("storage-qube", format!("{name} is there")),
        Ok(None) => return report.wrong("storage-qube", Error::NoStorage(name.clone())),
        Err(error) => return report.wrong("storage-qube", error),
    }
    match call::has_tag(name, STORAGE) {
        Ok(tagged) => report.holds(
            "storage-tag",
            tagged,
            format!("{name} has the tag {STORAGE}"),
            format!(
                "{name} does not have the tag {STORAGE}, so no helper may call it: run 'qib setup'"
            ),
        ),
        Err(error) => report.wrong("storage-tag", error),
    }
}

/// Starts it if need be; true when its service answers and is ours.
pub(super) fn examine_service(machine: &Machine, progress: &Progress, report: &mut Report) -> bool {
    if let Err(error) = storage::wake(machine, progress) {
        report.wrong("storage-service", error);
        return false;
    }
    let (name, stop) = (&machine.config.storage, &machine.stop);
    let who = (Peer::Storage, "qib-storage");
    version::examine("storage-service", who, name, stop, report)
}
