//! The lab's one pool.

use std::sync::Arc;

use super::answer::{Answer, enforce};
use super::table::Call;
use crate::daemon::world::World;
use crate::pool::{Driver, NAME};

/// The room of a thin pool for its tables, in bytes.
const METADATA: u64 = 1 << 30;
const VOLUME_METADATA: u64 = 4 << 20;

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
    let driver = world.pool.driver;
    let own = match driver {
        Driver::Reflink | Driver::File => format!("dir_path={}\n", world.pool.dir.display()),
        Driver::LvmThin => format!("volume_group={}\nthin_pool=vm-pool\n", world.pool.group),
    };
    Ok(format!(
        "{own}driver={driver}\nephemeral_volatile=False\nname={NAME}\n\
         revisions_to_keep=1\nsize={size}\nusage={usage}\n"
    ))
}

pub(crate) fn usage(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument == NAME && call.destination == "dom0")?;
    let (size, usage) = space(world)?;
    let data = format!("data_size={size}\ndata_usage={usage}\n");
    if world.pool.driver != Driver::LvmThin {
        return Ok(data);
    }
    // As if each volume took its share of the tables.
    let volumes = std::fs::read_dir(world.pool.folder(""))?.count();
    let metadata = u64::try_from(volumes).unwrap_or(u64::MAX) * VOLUME_METADATA;
    Ok(format!(
        "{data}metadata_size={METADATA}\nmetadata_usage={metadata}\n"
    ))
}
