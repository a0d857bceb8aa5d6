//! Block devices of dom0, and which qube has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::assignment;
use super::device_format::{self, options};
use super::property::qube_of;
use super::table::Call;
use crate::daemon::devices::{Attachment, Offered, plug, unplug};
use crate::daemon::loops;
use crate::daemon::world::{Inner, World};
use crate::release::Release;

const FRONTENDS: [&str; 6] = ["xvdi", "xvdj", "xvdk", "xvdl", "xvdm", "xvdn"];

pub(crate) fn available(world: &Arc<World>, call: &Call) -> Answer {
    let inner = world.lock();
    if call.destination != "dom0" {
        qube_of(&inner.machine, call.destination)?;
        return Ok(String::new());
    }
    let devices = loops::offered(&world.layout, &inner.machine)?;
    let wanted = |name: &str| call.argument.is_empty() || call.argument == name;
    let named = devices.values().filter(|device| wanted(&device.name));
    let line = |device| device_format::available(world.release, device);
    Ok(named.map(line).collect())
}

/// `Attached`, which was `List` up to 4.2.
pub(crate) fn attached(world: &Arc<World>, call: &Call) -> Answer {
    let inner = world.lock();
    if call.destination != "dom0" {
        qube_of(&inner.machine, call.destination)?;
    }
    let wanted = match call.argument {
        "" => None,
        argument => Some(ident(argument)?),
    };
    let Some(running) = inner.running.get(call.destination) else {
        return Ok(String::new());
    };
    let line = |(frontend, attachment): (&String, &Attachment)| {
        device_format::attached(world.release, call.destination, frontend, attachment)
    };
    let is_wanted = |attachment: &Attachment| wanted.is_none_or(|name| name == attachment.device);
    Ok(running
        .attached
        .iter()
        .filter(|(_, a)| is_wanted(a))
        .map(line)
        .collect())
}

/// What is attached, and what is assigned, as up to 4.2.
pub(crate) fn list(world: &Arc<World>, call: &Call) -> Answer {
    let mut lines: Vec<String> = attached(world, call)?.lines().map(str::to_owned).collect();
    lines.extend(assignment::list(world, call)?.lines().map(str::to_owned));
    lines.sort();
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// `dom0+loop3`, with or without the device's identity behind it.
fn ident(argument: &str) -> Result<&str, Refusal> {
    let (backend, rest) = argument
        .split_once('+')
        .ok_or_else(|| Refusal::protocol("no +"))?;
    let name = rest.split('+').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    enforce(backend == "dom0" && (1..=12).contains(&name.len()) && name.chars().all(plain))?;
    Ok(name)
}

pub(crate) fn attach(world: &Arc<World>, call: &Call) -> Answer {
    if world.release == Release::R4_2 && assignment::is_persistent(call)? {
        return assignment::attach(world, call);
    }
    let name = ident(call.argument)?;
    let options = options(world.release, call.text()?)?;
    let mut inner = world.lock();
    qube_of(&inner.machine, call.destination)?;
    let devices = loops::offered(&world.layout, &inner.machine)?;
    let device = devices
        .get(name)
        .ok_or_else(|| Refusal::protocol("unknown device"))?;
    let read_only = read_only(&options, device)? && !world.attaches_writable();
    free(world.release, &inner, call.destination, name)?;
    let Some(running) = inner.running.get_mut(call.destination) else {
        return halted(world.release);
    };
    let frontend = frontend(&options, &running.attached)?;
    plug(world, running, device, &frontend, read_only)?;
    running.attached.insert(
        frontend,
        Attachment {
            device: name.to_owned(),
            read_only,
        },
    );
    Ok(String::new())
}

/// As on the real ones, a halted qube gets no device; from 4.3 on the caller gets no error.
fn halted(release: Release) -> Answer {
    match release {
        Release::R4_2 => {
            let why = "VM not running, can only attach device with persistent flag";
            Err(Refusal::exception("QubesVMNotRunningError", why))
        }
        Release::R4_3 => Ok(String::new()),
    }
}

fn value_error(why: &str) -> Refusal {
    Refusal::exception("QubesValueError", why)
}

fn read_only(options: &BTreeMap<String, String>, device: &Offered) -> Result<bool, Refusal> {
    for option in options.keys() {
        if !["read-only", "frontend-dev", "devtype"].contains(&option.as_str()) {
            return Err(value_error(&format!("Unsupported option {option}")));
        }
    }
    let read_only = match options.get("read-only").map(String::as_str) {
        None => device.read_only,
        Some("yes" | "True" | "true" | "1" | "on") => true,
        Some("no" | "False" | "false" | "0" | "off") => false,
        Some(_) => return Err(value_error("Invalid literal for boolean property")),
    };
    if device.read_only && !read_only {
        return Err(value_error("This device can be attached only read-only"));
    }
    Ok(read_only)
}

fn free(release: Release, inner: &Inner, qube: &str, name: &str) -> Result<(), Refusal> {
    let has_it = |(_, running): &(&String, &crate::daemon::world::Running)| {
        running
            .attached
            .values()
            .any(|attachment| attachment.device == name)
    };
    match inner.running.iter().find(has_it) {
        None => Ok(()),
        // The hypervisor's own refusal, which qubesd did not expect.
        Some((owner, _)) if release == Release::R4_2 && owner != qube => {
            Err(Refusal::protocol("in use by another qube"))
        }
        Some((owner, _)) => {
            let why = match release {
                Release::R4_2 => {
                    format!("device dom0:{name} of class block already attached to {owner}")
                }
                Release::R4_3 => format!("Device dom0:{name} already attached to {owner}"),
            };
            Err(Refusal::exception("DeviceAlreadyAttached", &why))
        }
    }
}

fn frontend(
    options: &BTreeMap<String, String>,
    used: &BTreeMap<String, Attachment>,
) -> Result<String, Refusal> {
    if let Some(name) = options.get("frontend-dev") {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric());
        if !plain || !(name.starts_with("xvd") || name.starts_with("sd")) {
            return Err(value_error(&format!(
                "Invalid frontend-dev option value: {name}"
            )));
        }
        if used.contains_key(name) {
            return Err(Refusal::exception(
                "QubesException",
                &format!("{name} is in use"),
            ));
        }
        return Ok(name.clone());
    }
    let free = FRONTENDS.iter().find(|name| !used.contains_key(**name));
    free.map(ToString::to_string)
        .ok_or_else(|| value_error("No unused frontend found"))
}

pub(crate) fn detach(world: &Arc<World>, call: &Call) -> Answer {
    let name = ident(call.argument)?;
    let mut inner = world.lock();
    qube_of(&inner.machine, call.destination)?;
    let missing = || {
        let qube = call.destination;
        let why = match world.release {
            Release::R4_2 => format!("device {name} of class block not attached to {qube}"),
            Release::R4_3 => format!("Device dom0:{name} not attached to {qube}"),
        };
        Refusal::exception("DeviceNotAttached", &why)
    };
    let running = inner
        .running
        .get_mut(call.destination)
        .ok_or_else(missing)?;
    let found = running
        .attached
        .iter()
        .find(|(_, attachment)| attachment.device == name);
    let frontend = found
        .map(|(frontend, _)| frontend.clone())
        .ok_or_else(missing)?;
    unplug(world, running, &frontend)?;
    running.attached.remove(&frontend);
    Ok(String::new())
}
