//! Which qubes there are, and their state.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::DOM0_UUID;
use super::answer::{Answer, Refusal, enforce};
use super::table::Call;
use crate::daemon::world::World;
use crate::release::Release;

pub(crate) fn list(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    let inner = world.lock();
    let mut lines = BTreeMap::from([(
        "dom0".to_owned(),
        line(world.release, "dom0", "AdminVM", "Running", DOM0_UUID),
    )]);
    for (name, qube) in &inner.machine.qubes {
        let state = if inner.running.contains_key(name) {
            "Running"
        } else {
            "Halted"
        };
        let line = line(world.release, name, &qube.class, state, &qube.uuid);
        lines.insert(name.clone(), line);
    }
    match call.destination {
        "dom0" => Ok(lines.into_values().collect()),
        name => lines.remove(name).ok_or_else(|| Refusal::no_qube(name)),
    }
}

fn line(release: Release, name: &str, class: &str, state: &str, uuid: &str) -> String {
    match release {
        Release::R4_2 => format!("{name} class={class} state={state}\n"),
        Release::R4_3 => format!("{name} class={class} state={state} uuid={uuid}\n"),
    }
}

pub(crate) fn current_state(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    let inner = world.lock();
    let name = call.destination;
    if name != "dom0" && !inner.machine.qubes.contains_key(name) {
        return Err(Refusal::no_qube(name));
    }
    if name == "dom0" || inner.running.contains_key(name) {
        return Ok("mem=409600 mem_static_max=409600 cputime=0 power_state=Running".to_owned());
    }
    Ok("mem=0 mem_static_max=0 cputime=0 power_state=Halted".to_owned())
}
