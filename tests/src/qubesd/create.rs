//! New qubes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::property::qube_of;
use super::settings::is_label;
use super::table::Call;
use crate::daemon::machine::{Machine, Qube};
use crate::daemon::world::World;
use crate::names;
use crate::pool;

/// Features and properties of a template that a disposable does not get.
const NOT_INHERITED: [&str; 2] = ["template_for_dispvms", "template"];

pub(crate) fn app_qube(world: &Arc<World>, call: &Call) -> Answer {
    create(world, call, "AppVM", &[])
}

pub(crate) fn app_qube_in_pool(world: &Arc<World>, call: &Call) -> Answer {
    create(world, call, "AppVM", &["pool", "pool:private"])
}

pub(crate) fn standalone(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    create(world, call, "StandaloneVM", &[])
}

pub(crate) fn template_qube(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    create(world, call, "TemplateVM", &[])
}

pub(crate) fn disposable(world: &Arc<World>, call: &Call) -> Answer {
    create(world, call, "DispVM", &[])
}

fn create(world: &Arc<World>, call: &Call, class: &str, also: &[&str]) -> Answer {
    enforce(call.destination == "dom0")?;
    let parameters = parameters(call, also)?;
    let (Some(name), Some(label)) = (parameters.get("name"), parameters.get("label")) else {
        return Err(Refusal::protocol("Missing name or label"));
    };
    let mut inner = world.lock();
    check(&inner.machine, name, label)?;
    let template = match class {
        "StandaloneVM" | "TemplateVM" => None,
        _ => Some(template(&inner.machine, call.argument, class)?),
    };
    let qid = inner.machine.next_qid();
    let mut qube = Qube::new(class, label, template.as_deref(), qid)?;
    if let Some(template) = template.filter(|_| qube.is_disposable()) {
        inherit(&mut qube, qube_of(&inner.machine, &template)?);
    }
    for volume in qube.own_volumes() {
        world.pool.create(name, volume, None, qube.size(volume))?;
    }
    inner.machine.qubes.insert(name.clone(), qube);
    world.listeners.tell("", "domain-add", &[("vm", name)]);
    world.save(&inner)?;
    Ok(String::new())
}

/// `name=… label=… [pool=…]`
fn parameters(call: &Call, also: &[&str]) -> Result<BTreeMap<String, String>, Refusal> {
    let mut found = BTreeMap::new();
    for parameter in call.text()?.split(' ') {
        let (key, value) = parameter
            .split_once('=')
            .ok_or_else(|| Refusal::protocol("no ="))?;
        if !["name", "label"].contains(&key) && !also.contains(&key) {
            return Err(Refusal::protocol("Invalid param name"));
        }
        if key.starts_with("pool") && value != pool::NAME {
            return Err(Refusal::exception(
                "QubesPoolNotFoundError",
                &format!("No such pool {value}"),
            ));
        }
        if found.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Refusal::protocol("duplicated parameters"));
        }
    }
    Ok(found)
}

fn check(machine: &Machine, name: &str, label: &str) -> Result<(), Refusal> {
    let wrong = |why: String| Err(Refusal::exception("QubesValueError", &why));
    if !names::is_qube_name(name) {
        return wrong("VM name contains illegal characters".to_owned());
    }
    if name == "dom0" || machine.qubes.contains_key(name) {
        return wrong(format!("VM {name} already exists"));
    }
    if !is_label(label) {
        return Err(Refusal::exception("QubesLabelNotFoundError", label));
    }
    Ok(())
}

fn template(machine: &Machine, named: &str, class: &str) -> Answer {
    let name = match (named, class) {
        ("", "AppVM") => crate::daemon::machine::TEMPLATE,
        (name, _) => name,
    };
    let template = qube_of(machine, name)?;
    let fits = match class {
        "DispVM" => template.is_set("template_for_dispvms"),
        _ => template.class == "TemplateVM",
    };
    let why = format!("template for {class} must be a different qube than {name}");
    if fits {
        Ok(name.to_owned())
    } else {
        Err(Refusal::exception("QubesValueError", &why))
    }
}

/// A disposable gets what was set on its template.
fn inherit(qube: &mut Qube, template: &Qube) {
    for (property, value) in &template.properties {
        if !NOT_INHERITED.contains(&property.as_str()) {
            qube.properties
                .entry(property.clone())
                .or_insert_with(|| value.clone());
        }
    }
    qube.features.extend(template.features.clone());
    qube.tags.extend(template.tags.clone());
}
