//! qubesd: the Admin API on its two sockets, every answer computed from the lab's state.

mod answer;
mod assignment;
mod create;
mod device;
mod device_format;
mod events;
mod feature;
mod import;
mod lifecycle;
mod list;
mod pool;
mod property;
mod property_table;
mod server;
mod settings;
mod system_info;
mod table;
mod tag;
mod volume;

pub(crate) use answer::Refusal;
pub(crate) use events::Listeners;
pub(crate) use server::serve;

/// dom0's UUID is always this one.
pub(crate) const DOM0_UUID: &str = "00000000-0000-0000-0000-000000000000";
