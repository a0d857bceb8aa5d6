//! `key='value'` words, as from Qubes 4.3 on.

use std::collections::BTreeMap;

use crate::daemon::devices::{Attachment, Offered};
use crate::daemon::machine::Assignment;
use crate::qubesd::Refusal;

/// A block device has no identity of its own; all are one kind to Qubes.
const DEVICE_ID: &str = "0000:0000::?******";
const INTERFACES: &str = "b******";

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "\\'"))
}

fn port(name: &str) -> String {
    format!("device_id='{DEVICE_ID}' port_id='{name}' devclass='block' backend_domain='dom0'")
}

/// A line of `Available`.
pub(super) fn available(device: &Offered) -> String {
    let Offered {
        name,
        description,
        size,
        read_only,
        ..
    } = device;
    let mode = if *read_only { "r" } else { "w" };
    let description = quoted(description);
    format!(
        "{name}:{DEVICE_ID} {} name={description} interfaces='{INTERFACES}' \
         _device_node='/dev/{name}' _size='{size}' _mode='{mode}'\n",
        port(name)
    )
}

/// A line of `Attached`.
pub(super) fn attached(qube: &str, frontend: &str, attachment: &Attachment) -> String {
    let name = &attachment.device;
    let read_only = if attachment.read_only { "yes" } else { "no" };
    format!(
        "dom0+{name}:{DEVICE_ID} {} mode='manual' frontend_domain='{qube}' \
         _frontend-dev='{frontend}' _read-only='{read_only}'\n",
        port(name)
    )
}

/// A line of `Assigned`.
pub(super) fn assigned(qube: &str, assignment: &Assignment) -> String {
    let Assignment {
        class,
        backend,
        port,
        id,
        mode,
        options,
    } = assignment;
    let option = |(key, value): (&String, &String)| format!(" _{key}={}", quoted(value));
    let options: String = options.iter().map(option).collect();
    format!(
        "{backend}+{port}:{id} device_id={} port_id={} devclass='{class}' \
         backend_domain='{backend}' mode='{mode}' frontend_domain='{qube}'{options}\n",
        quoted(id),
        quoted(port),
    )
}

/// The options (`_key='value'`) of an assignment; other keys describe the device.
pub(super) fn options(payload: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let options = pairs(payload)?.into_iter();
    let option = |(key, value): (String, String)| Some((key.strip_prefix('_')?.to_owned(), value));
    Ok(options.filter_map(option).collect())
}

/// Everything that is said of an assignment.
pub(super) fn pairs(payload: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let broken = || Refusal::protocol("broken assignment");
    let mut found = BTreeMap::new();
    let mut rest = payload.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once("='").ok_or_else(broken)?;
        let (value, after) = after.split_once('\'').ok_or_else(broken)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if !key.chars().all(plain) || !(after.is_empty() || after.starts_with(' ')) {
            return Err(broken());
        }
        found.insert(key.to_owned(), value.to_owned());
        rest = after.trim_start();
    }
    Ok(found)
}
