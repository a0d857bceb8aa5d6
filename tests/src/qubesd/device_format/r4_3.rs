//! `key='value'` words, as from Qubes 4.3 on.

use std::collections::BTreeMap;

use crate::daemon::devices::{Attachment, Offered};
use crate::qubesd::Refusal;

/// A block device has no identity of its own; all are one kind to Qubes.
const DEVICE_ID: &str = "0000:0000::?******";
const INTERFACES: &str = "b******";

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
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

/// The options (`_key='value'`) of an assignment; other keys describe the device.
pub(super) fn options(payload: &str) -> Result<BTreeMap<String, String>, Refusal> {
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
        if let Some(option) = key.strip_prefix('_') {
            found.insert(option.to_owned(), value.to_owned());
        }
        rest = after.trim_start();
    }
    Ok(found)
}
