//! The lab's pool, and other names that it was given: pools of their own to whoever asks.

use std::sync::Arc;

use super::answer::{Answer, enforce};
use super::table::Call;
use crate::daemon::machine::Machine;
use crate::daemon::world::World;
use crate::pool::{CONFIGURATION, Driver, NAME};

/// The room of a thin pool for its tables, in bytes.
const METADATA: u64 = 1 << 30;
const VOLUME_METADATA: u64 = 4 << 20;

pub(crate) fn list(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty() && call.destination == "dom0")?;
    let inner = world.lock();
    let others = inner.machine.pools.iter().map(String::as_str);
    let all = std::iter::once(NAME).chain(others);
    Ok(all.map(|pool| format!("{pool}\n")).collect())
}

pub(crate) fn exists(machine: &Machine, pool: &str) -> bool {
    pool == NAME || machine.pools.iter().any(|other| other == pool)
}

fn is_one(world: &World, call: &Call) -> Result<(), super::Refusal> {
    enforce(call.destination == "dom0" && exists(&world.lock().machine, call.argument))
}

/// Size and use of the pool's file system, in bytes.
fn space(world: &World) -> Result<(u64, u64), super::Refusal> {
    let file_system = rustix::fs::statvfs(&world.pool.dir).map_err(std::io::Error::from)?;
    let size = file_system.f_blocks * file_system.f_frsize;
    let free = file_system.f_bfree * file_system.f_frsize;
    let told = std::fs::read_to_string(world.layout.full());
    let percent: Option<u64> = told.ok().and_then(|text| text.parse().ok());
    let used = percent.map(|percent| size / 100 * percent);
    Ok((size, used.unwrap_or(size.saturating_sub(free))))
}

pub(crate) fn info(world: &Arc<World>, call: &Call) -> Answer {
    is_one(world, call)?;
    let (size, usage) = space(world)?;
    let pool = &world.pool;
    let mut own = match pool.driver {
        _ if pool.is_wrapped => vec![format!("conf_id={CONFIGURATION}")],
        Driver::Reflink | Driver::File => vec![format!("dir_path={}", pool.dir.display())],
        Driver::LvmThin => vec![
            format!("volume_group={}", pool.group),
            "thin_pool=vm-pool".to_owned(),
        ],
        Driver::Zfs => vec![
            format!("container={}", pool.container()),
            "snap_on_start_forensics=False".to_owned(),
        ],
    };
    own.push(format!("name={}", call.argument));
    if pool.is_wrapped {
        own.push("driver=callback".to_owned());
    } else {
        own.push(format!("driver={}", pool.driver));
        own.push("ephemeral_volatile=False".to_owned());
        own.push("revisions_to_keep=1".to_owned());
    }
    own.sort();
    let own = own.join("\n");
    Ok(format!("{own}\nsize={size}\nusage={usage}\n"))
}

pub(crate) fn usage(world: &Arc<World>, call: &Call) -> Answer {
    is_one(world, call)?;
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
