//! How devices and attachments are written, in each release.

mod r4_2;
mod r4_3;

use std::collections::BTreeMap;

use super::answer::Refusal;
use crate::daemon::devices::{Attachment, Offered};
use crate::daemon::machine::Assignment;
use crate::release::Release;

/// A line of `Available`.
pub(crate) fn available(release: Release, device: &Offered) -> String {
    match release {
        Release::R4_2 => r4_2::available(device),
        Release::R4_3 => r4_3::available(device),
    }
}

/// A line of `List`, as 4.2 has it, or of `Attached`.
pub(crate) fn attached(
    release: Release,
    qube: &str,
    frontend: &str,
    attachment: &Attachment,
) -> String {
    match release {
        Release::R4_2 => r4_2::attached(frontend, attachment),
        Release::R4_3 => r4_3::attached(qube, frontend, attachment),
    }
}

/// A line of `List`, as 4.2 has it, or of `Assigned`.
pub(crate) fn assigned(release: Release, qube: &str, assignment: &Assignment) -> String {
    match release {
        Release::R4_2 => r4_2::assigned(assignment),
        Release::R4_3 => r4_3::assigned(qube, assignment),
    }
}

/// Everything that 4.3 is told of an assignment.
pub(crate) fn pairs(payload: &str) -> Result<BTreeMap<String, String>, Refusal> {
    r4_3::pairs(payload)
}

/// The options of an attachment.
pub(crate) fn options(
    release: Release,
    payload: &str,
) -> Result<BTreeMap<String, String>, Refusal> {
    match release {
        Release::R4_2 => r4_2::options(payload),
        Release::R4_3 => r4_3::options(payload),
    }
}
