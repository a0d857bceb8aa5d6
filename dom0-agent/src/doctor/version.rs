//! Whether the program in another qube is of our version.

use super::Report;
use crate::error::{Peer, Result};
use crate::stop::Stop;
use crate::talk::Talk;
use qib_rpc::message::version::Version;
use qib_rpc::name::QubeName;
use qib_rpc::service::Service;

/// The one message that is heard.
const LIMIT: u64 = 64;

/// Asks; true when it is ours.
pub(super) fn examine(
    check: &'static str,
    (peer, program): (Peer, &str),
    qube: &QubeName,
    stop: &Stop,
    report: &mut Report,
) -> bool {
    match ask(peer, qube, stop) {
        Ok(version) if version == Version::OURS => {
            report.well(
                check,
                format!("{program} answers and is {version}, as qib is"),
            );
            true
        }
        Ok(version) => {
            let ours = Version::OURS;
            let text = format!(
                "{program} is {version} and qib is {ours}: install the same version in dom0, in the \
                 helpers' template and in the storage qube's"
            );
            report.wrong(check, text);
            false
        }
        Err(error) => {
            report.wrong(check, error);
            false
        }
    }
}

fn ask(peer: Peer, qube: &QubeName, stop: &Stop) -> Result<Version> {
    let service = match peer {
        Peer::Helper => Service::HelperVersion,
        Peer::Storage => Service::StorageVersion,
    };
    Talk::start(peer, qube, service, LIMIT, stop)?.hear()
}
