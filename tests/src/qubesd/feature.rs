//! Features: free names with text values.

use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::property::{qube_mut, qube_of};
use super::table::Call;
use crate::daemon::world::World;

fn missing(call: &Call) -> Refusal {
    let why = format!(
        "Feature not set for domain {}: {}",
        call.destination, call.argument
    );
    Refusal::exception("QubesFeatureNotFoundError", &why)
}

pub(crate) fn list(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    let inner = world.lock();
    let names = qube_of(&inner.machine, call.destination)?.features.keys();
    Ok(names.map(|name| format!("{name}\n")).collect())
}

pub(crate) fn get(world: &Arc<World>, call: &Call) -> Answer {
    let inner = world.lock();
    let features = &qube_of(&inner.machine, call.destination)?.features;
    features
        .get(call.argument)
        .cloned()
        .ok_or_else(|| missing(call))
}

pub(crate) fn set(world: &Arc<World>, call: &Call) -> Answer {
    let in_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if call.argument.is_empty() || !call.argument.chars().all(in_name) {
        let why = "feature name contains illegal characters";
        return Err(Refusal::exception("QubesValueError", why));
    }
    let value = call.text()?.to_owned();
    if !value.chars().all(|c| (' '..='~').contains(&c)) {
        let why = format!("{} value contains illegal characters", call.argument);
        return Err(Refusal::exception("QubesValueError", &why));
    }
    let mut inner = world.lock();
    let qube = qube_mut(&mut inner.machine, call.destination)?;
    qube.features.insert(call.argument.to_owned(), value);
    world.save(&inner)?;
    Ok(String::new())
}

pub(crate) fn remove(world: &Arc<World>, call: &Call) -> Answer {
    let mut inner = world.lock();
    let qube = qube_mut(&mut inner.machine, call.destination)?;
    qube.features
        .remove(call.argument)
        .ok_or_else(|| missing(call))?;
    world.save(&inner)?;
    Ok(String::new())
}
