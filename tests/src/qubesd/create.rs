//! New qubes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::pool;
use super::property::qube_of;
use super::settings::is_label;
use super::table::Call;
use super::volume::VOLUMES;
use crate::daemon::machine::{Machine, Qube};
use crate::daemon::world::World;
use crate::names;

/// Features and properties of a template that a disposable does not get.
const NOT_INHERITED: [&str; 2] = ["template_for_dispvms", "template"];

pub(crate) fn app_qube(world: &Arc<World>, call: &Call) -> Answer {
    create(world, call, "AppVM", InPool::No)
}

pub(crate) fn app_qube_in_pool(world: &Arc<World>, call: &Call) -> Answer {
    create(world, call, "AppVM", InPool::Yes)
}

pub(crate) fn standalone(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    create(world, call, "StandaloneVM", InPool::No)
}

pub(crate) fn standalone_in_pool(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    create(world, call, "StandaloneVM", InPool::Yes)
}

pub(crate) fn template_qube(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    create(world, call, "TemplateVM", InPool::No)
}

pub(crate) fn template_qube_in_pool(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    create(world, call, "TemplateVM", InPool::Yes)
}

pub(crate) fn disposable(world: &Arc<World>, call: &Call) -> Answer {
    create(world, call, "DispVM", InPool::No)
}

/// Whether a call may say where volumes lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InPool {
    Yes,
    No,
}

fn create(world: &Arc<World>, call: &Call, class: &str, in_pool: InPool) -> Answer {
    enforce(call.destination == "dom0")?;
    let mut parameters = parameters(call, in_pool)?;
    let (Some(name), Some(label)) = (parameters.remove("name"), parameters.remove("label")) else {
        return Err(Refusal::protocol("Missing name or label"));
    };
    let (name, label) = (&name, &label);
    let mut inner = world.lock();
    let pools = pools(&inner.machine, parameters)?;
    check(&inner.machine, name, label)?;
    let template = match class {
        "StandaloneVM" | "TemplateVM" => None,
        _ => Some(template(&inner.machine, call.argument, class)?),
    };
    let qid = inner.machine.next_qid();
    let mut qube = Qube::new(class, label, template.as_deref(), qid)?;
    qube.pools = pools;
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

/// `name=… label=… [pool=… | pool:VOLUME=… …]`
fn parameters(call: &Call, in_pool: InPool) -> Result<BTreeMap<String, String>, Refusal> {
    let mut found = BTreeMap::new();
    for parameter in call.text()?.split(' ') {
        let (key, value) = parameter
            .split_once('=')
            .ok_or_else(|| Refusal::protocol("no ="))?;
        let is_known = match in_pool {
            _ if ["name", "label"].contains(&key) => true,
            InPool::Yes => key == "pool" || key.starts_with("pool:"),
            InPool::No => false,
        };
        if !is_known {
            return Err(Refusal::protocol("Invalid param name"));
        }
        if found.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Refusal::protocol("duplicated parameters"));
        }
    }
    Ok(found)
}

/// The pools of volumes, of the parameters that are about pools.
fn pools(
    machine: &Machine,
    parameters: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Refusal> {
    let mut pools = BTreeMap::new();
    for (key, pool) in parameters {
        if !pool::exists(machine, &pool) {
            let why = format!("No such pool {pool}");
            return Err(Refusal::exception("QubesPoolNotFoundError", &why));
        }
        match key.split_once(':') {
            Some((_, volume)) => {
                enforce(VOLUMES.contains(&volume))?;
                pools.insert(volume.to_owned(), pool);
            }
            None if !pools.is_empty() => {
                let why = "Only one of 'pool=' and 'pool:volume=' can be used";
                return Err(Refusal::protocol(why));
            }
            None => pools.extend(VOLUMES.map(|volume| (volume.to_owned(), pool.clone()))),
        }
    }
    Ok(pools)
}

fn check(machine: &Machine, name: &str, label: &str) -> Result<(), Refusal> {
    let wrong = |why: String| Err(Refusal::exception("QubesValueError", &why));
    if !names::is_qube_name(name) {
        return wrong("VM name contains illegal characters".to_owned());
    }
    if name == "dom0" || machine.qubes.contains_key(name) {
        return wrong(format!("VM {name} already exists"));
    }
    if !is_label(machine, label) {
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
