//! Start, stop and removal, as the API asks for them.

use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::table::Call;
use crate::daemon::world::World;

pub(crate) fn start(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    world.start(call.destination).map(|()| String::new())
}

pub(crate) fn shutdown(world: &Arc<World>, call: &Call) -> Answer {
    let known = |word: &str| ["", "force", "wait"].contains(&word);
    enforce(call.argument.split('+').all(known))?;
    world.stop(call.destination).map(|()| String::new())
}

pub(crate) fn kill(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    let never_started = {
        let inner = world.lock();
        let qube = inner.machine.qubes.get(call.destination);
        qube.is_some_and(|qube| qube.is_disposable() && qube.is_set("auto_cleanup"))
            && !inner.running.contains_key(call.destination)
    };
    // Seen on the real one: Kill removes a disposable that was never started.
    let done = if never_started {
        world.remove(call.destination)
    } else {
        world.stop(call.destination)
    };
    done.map(|()| String::new())
}

pub(crate) fn remove(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    if call.destination == "dom0" {
        return Err(Refusal::exception(
            "QubesVMInUseError",
            "'dom0' cannot be removed",
        ));
    }
    in_use(world, call.destination)?;
    world.remove(call.destination).map(|()| String::new())
}

fn in_use(world: &Arc<World>, name: &str) -> Result<(), Refusal> {
    let inner = world.lock();
    let names_it = |(_, value): (&String, &String)| value == name;
    let user = inner.machine.qubes.iter().find(|(_, qube)| {
        let mut references = qube.properties.iter().filter(|(key, _)| *key != "label");
        references.any(names_it)
    });
    match user {
        Some((user, _)) => {
            let why = format!("Domain is in use: '{name}'; by {user}");
            Err(Refusal::exception("QubesVMInUseError", &why))
        }
        None => Ok(()),
    }
}
