//! What the policy daemon asks before every call.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::{Answer, enforce};
use super::table::Call;
use crate::daemon::world::World;

pub(crate) fn get(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty() && call.destination == "dom0")?;
    let info = world.system_info();
    let mut domains = Map::new();
    for (name, domain) in &info {
        let state = if name == "dom0" || world.is_running(name) {
            "Running"
        } else {
            "Halted"
        };
        let value = json!({
            "tags": domain.tags,
            "type": domain.class,
            "template_for_dispvms": domain.template_for_dispvms,
            "default_dispvm": domain.default_dispvm,
            "icon": "appvm-red",
            "guivm": "dom0",
            "relayvm": null,
            "transport_rpc": null,
            "power_state": state,
            "internal": null,
            "uuid": domain.uuid,
        });
        domains.insert(name.clone(), value);
    }
    Ok(json!({ "domains": Value::Object(domains) }).to_string())
}
