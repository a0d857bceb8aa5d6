//! Volumes; only those that are a qube's own are more than a name.

use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::property::{qube_mut, qube_of};
use super::table::Call;
use crate::daemon::machine::Qube;
use crate::daemon::world::World;
use crate::pool::{self, Driver};

pub(super) const VOLUMES: [&str; 4] = ["root", "private", "volatile", "kernel"];
const SYSTEM_SIZE: u64 = 10 << 30;

/// What `Info` says, in its order.
struct Volume {
    vid: String,
    size: u64,
    usage: u64,
    rw: bool,
    source: String,
    path: String,
    save_on_stop: bool,
    snap_on_start: bool,
    revisions_to_keep: i32,
    ephemeral: bool,
}

pub(crate) fn list(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    qube_of(&world.lock().machine, call.destination)?;
    Ok(VOLUMES.map(|volume| format!("{volume}\n")).concat())
}

pub(crate) fn info(world: &Arc<World>, call: &Call) -> Answer {
    enforce(VOLUMES.contains(&call.argument))?;
    let inner = world.lock();
    let qube = qube_of(&inner.machine, call.destination)?;
    let volume = match call.argument {
        name if world.pool.holds(qube, name) => own(world, call.destination, qube, name),
        name => other(world, call.destination, qube, name),
    };
    let pool = qube
        .pools
        .get(call.argument)
        .map_or(pool::NAME, |pool| pool);
    Ok(describe(pool, &volume))
}

fn own(world: &World, name: &str, qube: &Qube, volume: &str) -> Volume {
    let current = world.pool.current(name, volume);
    let usage = std::fs::metadata(&current).map_or(0, |file| file.blocks() * 512);
    Volume {
        vid: world.pool.vid(name, volume),
        size: qube.size(volume),
        usage,
        rw: qube.flag(volume, "rw").unwrap_or(true),
        source: String::new(),
        path: world.pool.path(name, volume).display().to_string(),
        save_on_stop: true,
        snap_on_start: false,
        revisions_to_keep: qube.revisions_to_keep,
        ephemeral: qube.flag(volume, "ephemeral").unwrap_or(false),
    }
}

/// A volume that comes from a template or is empty at every start.
fn other(world: &World, name: &str, qube: &Qube, volume: &str) -> Volume {
    let folder = if qube.class == "TemplateVM" {
        "vm-templates"
    } else {
        "appvms"
    };
    let vid = format!("{folder}/{name}/{volume}");
    let from_template = volume == "root" || volume == "private";
    let template = qube.properties.get("template").filter(|_| from_template);
    Volume {
        path: world
            .pool
            .dir
            .join(format!("{vid}-dirty.img"))
            .display()
            .to_string(),
        vid,
        size: SYSTEM_SIZE,
        usage: 0,
        rw: qube.flag(volume, "rw").unwrap_or(volume != "kernel"),
        source: template
            .map(|name| format!("appvms/{name}/{volume}"))
            .unwrap_or_default(),
        save_on_stop: false,
        snap_on_start: template.is_some(),
        revisions_to_keep: 0,
        ephemeral: qube.flag(volume, "ephemeral").unwrap_or(false),
    }
}

fn describe(pool: &str, volume: &Volume) -> String {
    let flag = |value| if value { "True" } else { "False" };
    [
        ("pool", pool),
        ("vid", &volume.vid),
        ("size", &volume.size.to_string()),
        ("usage", &volume.usage.to_string()),
        ("rw", flag(volume.rw)),
        ("source", &volume.source),
        ("path", &volume.path),
        ("save_on_stop", flag(volume.save_on_stop)),
        ("snap_on_start", flag(volume.snap_on_start)),
        ("revisions_to_keep", &volume.revisions_to_keep.to_string()),
        ("ephemeral", flag(volume.ephemeral)),
        ("is_outdated", "False"),
    ]
    .map(|(key, value)| format!("{key}={value}\n"))
    .concat()
}

pub(crate) fn list_snapshots(world: &Arc<World>, call: &Call) -> Answer {
    enforce(VOLUMES.contains(&call.argument))?;
    let inner = world.lock();
    let qube = qube_of(&inner.machine, call.destination)?;
    if !world.pool.holds(qube, call.argument) {
        return Ok(String::new());
    }
    let revisions = world.pool.revisions(call.destination, call.argument)?;
    Ok(revisions
        .iter()
        .map(|revision| format!("{}\n", revision.id))
        .collect())
}

pub(crate) fn resize(world: &Arc<World>, call: &Call) -> Answer {
    let size = size_of(call)?;
    let mut inner = world.lock();
    let qube = qube_mut(&mut inner.machine, call.destination)?;
    enforce(world.pool.holds(qube, call.argument))?;
    if world.pool.driver == Driver::LvmThin && size < qube.size(call.argument) {
        let why = "For your own safety, shrinking is disabled";
        return Err(Refusal::exception("StoragePoolException", why));
    }
    world.pool.resize(call.destination, call.argument, size)?;
    qube.set_size(call.argument, size);
    world.save(&inner)?;
    Ok(String::new())
}

pub(crate) fn set_revisions(world: &Arc<World>, call: &Call) -> Answer {
    enforce(VOLUMES.contains(&call.argument))?;
    let number: i32 = call
        .text()?
        .parse()
        .map_err(|_| Refusal::protocol("not a number"))?;
    if number < -1 {
        let why = "Invalid value for revisions_to_keep";
        return Err(Refusal::exception("QubesValueError", why));
    }
    let mut inner = world.lock();
    let now = qube_of(&inner.machine, call.destination)?.revisions_to_keep;
    let is_another_way = (number < 0) != (now < 0);
    if is_another_way && inner.running.contains_key(call.destination) {
        let why = format!("Domain is not powered off: '{}'", call.destination);
        return Err(Refusal::exception("QubesVMNotHaltedError", &why));
    }
    qube_mut(&mut inner.machine, call.destination)?.revisions_to_keep = number;
    world.save(&inner)?;
    Ok(String::new())
}

/// `Set.rw` and `Set.ephemeral`; the lab's volumes are the same with and without.
pub(crate) fn set_flag(world: &Arc<World>, call: &Call) -> Answer {
    enforce(VOLUMES.contains(&call.argument))?;
    let value = match call.text()?.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => true,
        "false" | "0" | "no" | "off" => false,
        _ => return Err(Refusal::protocol("Invalid value")),
    };
    let mut inner = world.lock();
    if inner.running.contains_key(call.destination) {
        let why = format!("Domain is not powered off: '{}'", call.destination);
        return Err(Refusal::exception("QubesVMNotHaltedError", &why));
    }
    let flag = call.method.rsplit('.').next().unwrap_or_default();
    let qube = qube_mut(&mut inner.machine, call.destination)?;
    let key = format!("{} {flag}", call.argument);
    qube.volume_flags.insert(key, value);
    world.save(&inner)?;
    Ok(String::new())
}

/// Digits without leading zeros, at most 19 of them.
pub(crate) fn size_of(call: &Call) -> Result<u64, Refusal> {
    let text = call.text()?;
    let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    enforce(digits && text.len() < 20 && (text == "0" || !text.starts_with('0')))?;
    text.parse().map_err(|_| Refusal::protocol("not a size"))
}
