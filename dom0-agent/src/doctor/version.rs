//! Whether the program in another qube is of our version.

use super::Report;
use crate::error::Result;
use crate::talk::Talk;
use qib_rpc::message::version::Version;

/// The one message that is heard.
const LIMIT: u64 = 64;

/// Asks in a call that hears so many bytes; true when it is ours.
pub(super) fn examine(
    check: &'static str,
    program: &str,
    talk: impl FnOnce(u64) -> Result<Talk>,
    report: &mut Report,
) -> bool {
    match talk(LIMIT).and_then(|mut talk| talk.hear::<Version>()) {
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
            report.wrong(check, format!("{program}: {error}"));
            false
        }
    }
}
