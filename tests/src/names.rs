//! Names that Qubes accepts, and how it cleans those that a qube sends.

/// A qube's name: a letter, then letters, digits, `_`, `.` and `-`, at most 31 in all.
pub(crate) fn is_qube_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    name.len() <= 31
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(plain)
        && name != "none"
        && name != "default"
        && !name.ends_with("-dm")
}

pub(crate) fn is_tag(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
}

/// Every other character of a service's name and argument becomes `_`, as the daemon of qrexec
/// does it; so two different arguments can become equal.
pub(crate) fn sanitise_service(service: &str) -> String {
    sanitise(service, "_.+-")
}

pub(crate) fn sanitise_target(target: &str) -> String {
    sanitise(target, "_.-@:")
}

fn sanitise(text: &str, also: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    text.chars()
        .map(|c| if keep(c) { c } else { '_' })
        .collect()
}
