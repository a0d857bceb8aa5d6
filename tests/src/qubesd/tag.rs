//! Tags, which the policy goes by.

use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::property::{qube_mut, qube_of};
use super::table::Call;
use crate::daemon::world::World;
use crate::names::is_tag;

pub(crate) fn list(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    let inner = world.lock();
    let tags = &qube_of(&inner.machine, call.destination)?.tags;
    Ok(tags.iter().map(|tag| format!("{tag}\n")).collect())
}

pub(crate) fn get(world: &Arc<World>, call: &Call) -> Answer {
    enforce(is_tag(call.argument))?;
    let inner = world.lock();
    let has = qube_of(&inner.machine, call.destination)?
        .tags
        .contains(call.argument);
    Ok(if has { "1" } else { "0" }.to_owned())
}

pub(crate) fn set(world: &Arc<World>, call: &Call) -> Answer {
    enforce(is_tag(call.argument))?;
    let mut inner = world.lock();
    qube_mut(&mut inner.machine, call.destination)?
        .tags
        .insert(call.argument.to_owned());
    world.save(&inner)?;
    Ok(String::new())
}

pub(crate) fn remove(world: &Arc<World>, call: &Call) -> Answer {
    enforce(is_tag(call.argument))?;
    let mut inner = world.lock();
    if !qube_mut(&mut inner.machine, call.destination)?
        .tags
        .remove(call.argument)
    {
        let why = format!(
            "Tag not set for domain {}: {}",
            call.destination, call.argument
        );
        return Err(Refusal::exception("QubesTagNotFoundError", &why));
    }
    world.save(&inner)?;
    Ok(String::new())
}
