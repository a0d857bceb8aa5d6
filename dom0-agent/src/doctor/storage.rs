//! The storage qubes.

use super::{Report, version};
use crate::admin::call;
use crate::destination::Destination;
use crate::error::Error;
use crate::lane::Lane;
use crate::machine::Machine;
use crate::progress::Progress;
use crate::storage;
use crate::talk::Talk;
use qib_rpc::name::QubeName;
use qib_rpc::service::Service;

/// Looks at a storage qube: the one that the configuration names, or one where something lies.
pub(super) fn examine(name: &QubeName, is_default: bool, report: &mut Report) {
    match call::find_qube(name) {
        Ok(Some(_)) => report.well("storage-qube", format!("{name} is there")),
        Ok(None) if is_default => {
            return report.wrong("storage-qube", Error::NoStorage(name.clone()));
        }
        Ok(None) => {
            let text = format!(
                "the storage qube {name}, where backups lie, does not exist; if it has another \
                 name now, run 'qib setup --storage NAME --moved-from {name}'"
            );
            return report.warning("storage-qube", text);
        }
        Err(error) => return report.wrong("storage-qube", error),
    }
    match Lane::find(name) {
        Ok(Some(lane)) => {
            report.well(
                "storage-tag",
                format!("{name} has the tag {}", lane.storage),
            );
        }
        Ok(None) => {
            let named = if is_default {
                String::new()
            } else {
                format!(" --storage {name}")
            };
            let text = format!(
                "{name} has no tag of a storage qube, so no helper may call it: run 'qib \
                 setup{named}'"
            );
            report.wrong("storage-tag", text);
        }
        Err(error) => report.wrong("storage-tag", error),
    }
}

/// True when its service answers for this place, and is ours. The one that the configuration names is started
/// for it; another that does not run may be away on purpose.
pub(super) fn examine_service(
    machine: &Machine,
    storage: &Destination,
    progress: &Progress,
    report: &mut Report,
) -> bool {
    let name = &storage.qube;
    if *name != machine.config.storage.qube && !storage::runs(name) {
        return false;
    }
    if let Err(error) = storage::start(name, progress) {
        report.wrong("storage-service", error);
        return false;
    }
    let talk = |limit| Talk::with_storage(storage, Service::StorageVersion, limit, &machine.stop);
    let program = match &storage.place {
        Some(_) => &format!("qib-storage at {storage}"),
        None => "qib-storage",
    };
    version::examine("storage-service", program, talk, report)
}
