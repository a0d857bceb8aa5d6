//! Devices that a qube gets whenever it starts. The lab keeps what it is told and plugs nothing in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::device_format;
use super::property::{qube_mut, qube_of};
use super::table::Call;
use crate::daemon::machine::Assignment;
use crate::daemon::world::World;

const MODES: [&str; 3] = ["required", "ask-to-attach", "auto-attach"];

pub(crate) fn classes(_: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty() && call.destination == "dom0")?;
    Ok("block\nmic\npci\nusb\n".to_owned())
}

/// `admin.vm.device.CLASS.…`
fn class<'a>(call: &Call<'a>) -> &'a str {
    call.method.split('.').nth(3).unwrap_or_default()
}

/// The assignments alone: `Assigned`, and of a class that the lab can not attach all of `List`.
fn lines(world: &Arc<World>, call: &Call) -> Answer {
    let inner = world.lock();
    if call.destination == "dom0" {
        return Ok(String::new());
    }
    let assignments = qube_of(&inner.machine, call.destination)?
        .assignments
        .iter();
    let of_class = assignments.filter(|assignment| assignment.class == class(call));
    let wanted = of_class.filter(|assignment| {
        let name = format!("{}+{}", assignment.backend, assignment.port);
        call.argument.is_empty() || call.argument == name
    });
    let line = |assignment| device_format::assigned(world.release, call.destination, assignment);
    let mut lines: Vec<String> = wanted.map(line).collect();
    lines.sort();
    Ok(lines.concat())
}

pub(crate) fn list(world: &Arc<World>, call: &Call) -> Answer {
    lines(world, call)
}

pub(crate) fn assigned(world: &Arc<World>, call: &Call) -> Answer {
    lines(world, call)
}

/// True for an `Attach` of 4.2 that is for every start.
pub(crate) fn is_persistent(call: &Call) -> Result<bool, Refusal> {
    let words = call.text()?.split(' ');
    Ok(words.into_iter().any(|word| word == "persistent=True"))
}

/// `Attach` of 4.2.
pub(crate) fn attach(world: &Arc<World>, call: &Call) -> Answer {
    if !is_persistent(call)? {
        let why = "VM not running, can only attach device with persistent flag";
        return Err(Refusal::exception("QubesVMNotRunningError", why));
    }
    let mut options = device_format::options(world.release, call.text()?)?;
    options.remove("persistent");
    let (backend, port, _) = identity(call)?;
    let why = format!("device {port} of class {} already attached", class(call));
    let twice = Refusal::exception("DeviceAlreadyAttached", &why);
    add(world, call, (backend, port, "*"), "", options, twice)
}

/// `Assign` of 4.3.
pub(crate) fn assign(world: &Arc<World>, call: &Call) -> Answer {
    let mut said = device_format::pairs(call.text()?)?;
    let (backend, port, id) = identity(call)?;
    for (key, known) in [
        ("backend_domain", backend),
        ("port_id", port),
        ("devclass", class(call)),
    ] {
        enforce(said.get(key).is_none_or(|value| value == known))?;
    }
    enforce(id == "*" || said.get("device_id").is_none_or(|said| *said == id))?;
    let id = said.remove("device_id").unwrap_or(id);
    let mode = said.remove("mode").unwrap_or_default();
    enforce(MODES.contains(&mode.as_str()))?;
    let options = device_format::options(world.release, call.text()?)?;
    let why = format!("{} device already assigned", class(call));
    let twice = Refusal::exception("DeviceAlreadyAssigned", &why);
    add(world, call, (backend, port, &id), &mode, options, twice)
}

/// `BACKEND+PORT`, and what it is behind that: with `+` for `:`, and `_` for `*` and `?`.
fn identity<'a>(call: &Call<'a>) -> Result<(&'a str, &'a str, String), Refusal> {
    let broken = || Refusal::protocol("no +");
    let (backend, rest) = call.argument.split_once('+').ok_or_else(broken)?;
    let (port, id) = rest.split_once('+').unwrap_or((rest, "_"));
    let any = |word: &'a str| if word == "_" { "*" } else { word };
    let id = any(id).replace('+', ":").replace("_______", "?******");
    Ok((backend, any(port), id))
}

fn add(
    world: &Arc<World>,
    call: &Call,
    (backend, port, id): (&str, &str, &str),
    mode: &str,
    options: BTreeMap<String, String>,
    twice: Refusal,
) -> Answer {
    let mut inner = world.lock();
    if backend != "dom0" {
        qube_of(&inner.machine, backend)?;
    }
    let qube = qube_mut(&mut inner.machine, call.destination)?;
    let known = qube.assignments.iter();
    let mut same = known.filter(|known| known.class == class(call) && known.backend == backend);
    if same.any(|known| known.port == port && known.id == id) {
        return Err(twice);
    }
    qube.assignments.push(Assignment {
        class: class(call).to_owned(),
        backend: backend.to_owned(),
        port: port.to_owned(),
        id: id.to_owned(),
        mode: mode.to_owned(),
        options,
    });
    world.save(&inner)?;
    Ok(String::new())
}

/// `Detach` of 4.2, of a device that was not attached by the lab.
pub(crate) fn detach(world: &Arc<World>, call: &Call) -> Answer {
    let why = format!("device of class {} not attached", class(call));
    remove(world, call, &Refusal::exception("DeviceNotAttached", &why))
}

/// `Unassign` of 4.3.
pub(crate) fn unassign(world: &Arc<World>, call: &Call) -> Answer {
    let why = format!("{} device not assigned", class(call));
    remove(world, call, &Refusal::exception("DeviceNotAssigned", &why))
}

fn remove(world: &Arc<World>, call: &Call, missing: &Refusal) -> Answer {
    let (backend, port, _) = identity(call)?;
    let mut inner = world.lock();
    let qube = qube_mut(&mut inner.machine, call.destination)?;
    let before = qube.assignments.len();
    qube.assignments.retain(|known| {
        known.class != class(call) || known.backend != backend || known.port != port
    });
    if qube.assignments.len() == before {
        return Err(missing.clone());
    }
    world.save(&inner)?;
    Ok(String::new())
}
