//! What the policy daemon asks before every call.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::{Answer, enforce};
use super::table::Call;
use crate::daemon::world::World;
use crate::release::Release;

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
        let mut value = vec![
            ("tags", json!(domain.tags)),
            ("type", json!(domain.class)),
            ("template_for_dispvms", json!(domain.template_for_dispvms)),
            ("default_dispvm", json!(domain.default_dispvm)),
            ("icon", json!("appvm-red")),
            ("guivm", json!("dom0")),
            ("power_state", json!(state)),
        ];
        if world.release == Release::R4_3 {
            let nothing = ["relayvm", "transport_rpc", "internal"];
            value.extend(nothing.map(|key| (key, Value::Null)));
            value.push(("uuid", json!(domain.uuid)));
        }
        let value = value
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        let value = Value::Object(value.collect());
        domains.insert(name.clone(), value);
    }
    Ok(json!({ "domains": Value::Object(domains) }).to_string())
}
