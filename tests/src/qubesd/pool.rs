//! The lab's one pool.

use std::sync::Arc;

use super::answer::{Answer, enforce};
use super::table::Call;
use crate::daemon::world::World;
use crate::pool::NAME;

pub(crate) fn list(_: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty() && call.destination == "dom0")?;
    Ok(format!("{NAME}\n"))
}

/// Size and use of the pool's file system, in bytes.
fn space(world: &World) -> Result<(u64, u64), super::Refusal> {
    let file_system = rustix::fs::statvfs(&world.pool.dir).map_err(std::io::Error::from)?;
    let size = file_system.f_blocks * file_system.f_frsize;
    let free = file_system.f_bfree * file_system.f_frsize;
    Ok((size, size.saturating_sub(free)))
}

pub(crate) fn info(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument == NAME && call.destination == "dom0")?;
    let (size, usage) = space(world)?;
    let dir = world.pool.dir.display();
    let driver = world.pool.driver.name();
    Ok(format!(
        "dir_path={dir}\ndriver={driver}\nephemeral_volatile=False\nname={NAME}\n\
         revisions_to_keep=1\nsize={size}\nusage={usage}\n"
    ))
}

pub(crate) fn usage(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument == NAME && call.destination == "dom0")?;
    let (size, usage) = space(world)?;
    Ok(format!("data_size={size}\ndata_usage={usage}\n"))
}
