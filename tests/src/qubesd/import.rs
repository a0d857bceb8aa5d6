//! New content for a halted qube's volume, committed or dropped as a whole.

use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::property::{qube_mut, qube_of};
use super::table::Call;
use super::volume::size_of;
use crate::daemon::world::World;
use crate::pool::Driver;

pub(crate) fn begin(world: &Arc<World>, call: &Call) -> Answer {
    let inner = world.lock();
    let (name, volume) = (call.destination, call.argument);
    let qube = qube_of(&inner.machine, name)?;
    enforce(world.pool.holds(qube, volume))?;
    if inner.running.contains_key(name) {
        let why = format!("Domain is not powered off: '{name}'");
        return Err(Refusal::exception("QubesVMNotHaltedError", &why));
    }
    let size = if call.payload.is_empty() {
        qube.size(volume)
    } else {
        size_of(call)?
    };
    let path = world.pool.import_begin(name, volume, size);
    let path = path.map_err(|error| storage(&error.to_string()))?;
    Ok(format!("{size} {}", path.display()))
}

pub(crate) fn end(world: &Arc<World>, call: &Call) -> Answer {
    let mut inner = world.lock();
    let (name, volume) = (call.destination, call.argument);
    let qube = qube_mut(&mut inner.machine, name)?;
    enforce(world.pool.holds(qube, volume))?;
    let success = call.payload == b"ok";
    let size = std::fs::metadata(world.pool.import(name, volume)).map(|file| file.len());
    let size = size.map_err(|_| match world.pool.driver {
        Driver::LvmThin => {
            let vid = world.pool.vid(name, volume);
            storage(&format!("No import operation in progress on {vid}"))
        }
        // An unhandled error of qubesd: no answer.
        _ => Refusal::protocol("nothing is being imported"),
    })?;
    world
        .pool
        .import_end(name, volume, success, qube.revisions_to_keep)?;
    if !success {
        let why = call.text()?.split_once('\n').map_or("", |(_, why)| why);
        return Err(Refusal::exception(
            "QubesException",
            &format!("Data import failed: {why}"),
        ));
    }
    qube.set_size(volume, size);
    world.save(&inner)?;
    Ok(String::new())
}

fn storage(why: &str) -> Refusal {
    Refusal::exception("StoragePoolException", why)
}
