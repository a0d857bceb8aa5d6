//! `key=value` words, as up to Qubes 4.2.

use std::collections::BTreeMap;

use crate::daemon::devices::{Attachment, Offered};
use crate::daemon::machine::Assignment;
use crate::qubesd::Refusal;

/// A line of `Available`; the description is last, and the order of the others is chance.
pub(super) fn available(device: &Offered) -> String {
    let Offered {
        name,
        description,
        size,
        read_only,
        ..
    } = device;
    let mode = if *read_only { "r" } else { "w" };
    format!("{name} mode={mode} size={size} device_node=/dev/{name} description={description}\n")
}

/// A line of `List`.
pub(super) fn attached(frontend: &str, attachment: &Attachment) -> String {
    let name = &attachment.device;
    let read_only = if attachment.read_only { "yes" } else { "no" };
    format!("dom0+{name} read-only={read_only} frontend-dev={frontend} persistent=no\n")
}

/// A line of `List` for a device that the qube gets at every start.
pub(super) fn assigned(assignment: &Assignment) -> String {
    let options = assignment.options.iter();
    let options: String = options
        .map(|(key, value)| format!(" {key}={value}"))
        .collect();
    let Assignment { backend, port, .. } = assignment;
    format!("{backend}+{port}{options} persistent=yes\n")
}

/// The options of an attachment.
pub(super) fn options(payload: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let mut found = BTreeMap::new();
    for word in payload.split_whitespace() {
        let (key, value) = word
            .split_once('=')
            .ok_or_else(|| Refusal::protocol("Invalid options format"))?;
        let in_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let in_value = |c: char| in_key(c) || ",+:".contains(c);
        if !key.chars().all(in_key) || !value.chars().all(in_value) {
            return Err(Refusal::protocol("Invalid chars in option"));
        }
        found.insert(key.to_owned(), value.to_owned());
    }
    Ok(found)
}
