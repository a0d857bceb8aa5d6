//! Properties of qubes and of the machine.

use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::property_table::{FIXED, GLOBAL, QUBE, Type, has};
use super::settings::is_label;
use super::table::Call;
use crate::daemon::machine::{Machine, Qube};
use crate::daemon::world::World;

pub(crate) fn qube_of<'a>(machine: &'a Machine, name: &str) -> Result<&'a Qube, Refusal> {
    machine
        .qubes
        .get(name)
        .ok_or_else(|| Refusal::no_qube(name))
}

pub(crate) fn qube_mut<'a>(machine: &'a mut Machine, name: &str) -> Result<&'a mut Qube, Refusal> {
    machine
        .qubes
        .get_mut(name)
        .ok_or_else(|| Refusal::no_qube(name))
}

fn type_of(name: &str, qube: &Qube, property: &str) -> Result<(Type, &'static str), Refusal> {
    let mut all = QUBE.iter().filter(|(name, ..)| has(&qube.class, name));
    let found = all.find(|(name, ..)| *name == property);
    let missing = || {
        let why = format!("Invalid property '{property}' of {name}");
        Refusal::exception("QubesNoSuchPropertyError", &why)
    };
    found
        .map(|(_, kind, default)| (*kind, *default))
        .ok_or_else(missing)
}

/// `default=… type=… VALUE`
fn describe(name: &str, qube: &Qube, property: &str) -> Answer {
    let (kind, default) = type_of(name, qube, property)?;
    let own = match property {
        "name" => Some(name.to_owned()),
        "uuid" => Some(qube.uuid.clone()),
        "qid" => Some(qube.qid.to_string()),
        _ => qube.properties.get(property).cloned(),
    };
    let is_default = if own.is_none() { "True" } else { "False" };
    let value = own.unwrap_or_else(|| default.to_owned());
    Ok(format!("default={is_default} type={} {value}", kind.name()))
}

pub(crate) fn get(world: &Arc<World>, call: &Call) -> Answer {
    let inner = world.lock();
    describe(
        call.destination,
        qube_of(&inner.machine, call.destination)?,
        call.argument,
    )
}

pub(crate) fn get_all(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    let inner = world.lock();
    let qube = qube_of(&inner.machine, call.destination)?;
    let line = |(property, ..): &(&str, Type, &str)| {
        let value = describe(call.destination, qube, property)?;
        Ok(format!(
            "{property} {}\n",
            value.replace('\\', "\\\\").replace('\n', "\\n")
        ))
    };
    let all = QUBE.iter().filter(|(name, ..)| has(&qube.class, name));
    all.map(line).collect()
}

pub(crate) fn list(world: &Arc<World>, call: &Call) -> Answer {
    let inner = world.lock();
    let qube = qube_of(&inner.machine, call.destination)?;
    let all = QUBE.iter().filter(|(name, ..)| has(&qube.class, name));
    Ok(all.map(|(name, ..)| format!("{name}\n")).collect())
}

pub(crate) fn set(world: &Arc<World>, call: &Call) -> Answer {
    let mut inner = world.lock();
    let value = checked(&inner.machine, call)?;
    let qube = qube_mut(&mut inner.machine, call.destination)?;
    qube.properties.insert(call.argument.to_owned(), value);
    world.save(&inner)?;
    Ok(String::new())
}

pub(crate) fn reset(world: &Arc<World>, call: &Call) -> Answer {
    let mut inner = world.lock();
    let qube = qube_of(&inner.machine, call.destination)?;
    type_of(call.destination, qube, call.argument)?;
    enforce(!FIXED.contains(&call.argument))?;
    qube_mut(&mut inner.machine, call.destination)?
        .properties
        .remove(call.argument);
    world.save(&inner)?;
    Ok(String::new())
}

/// The value in the form that it is kept in.
fn checked(machine: &Machine, call: &Call) -> Answer {
    let qube = qube_of(machine, call.destination)?;
    let (kind, _) = type_of(call.destination, qube, call.argument)?;
    let wrong = |why: &str| Err(Refusal::exception("QubesValueError", why));
    if FIXED.contains(&call.argument) {
        return wrong("property is read-only");
    }
    let value = call.text()?;
    match kind {
        Type::Flag => match value.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok("True".to_owned()),
            "false" | "0" | "no" | "off" => Ok("False".to_owned()),
            _ => wrong("Invalid literal for boolean property"),
        },
        Type::Label if !is_label(machine, value) => {
            Err(Refusal::exception("QubesLabelNotFoundError", value))
        }
        Type::Number if value.parse::<i64>().is_err() => wrong("not a number"),
        Type::Qube if !value.is_empty() && value != "dom0" => {
            let named = qube_of(machine, value)?;
            if call.argument == "netvm" && !named.is_set("provides_network") {
                let why = format!("The '{value}' qube does not provide network");
                return wrong(&why);
            }
            if call.argument == "template" && named.class != "TemplateVM" {
                return wrong(&format!("{value} is not a TemplateVM"));
            }
            Ok(value.to_owned())
        }
        _ => Ok(value.to_owned()),
    }
}

fn describe_global(property: &str) -> Answer {
    let found = GLOBAL.iter().find(|(name, ..)| *name == property);
    let missing = || Refusal::exception("QubesNoSuchPropertyError", "Invalid property of None");
    let (_, kind, value) = found.ok_or_else(missing)?;
    Ok(format!("default=False type={} {value}", kind.name()))
}

pub(crate) fn get_global(_: &Arc<World>, call: &Call) -> Answer {
    enforce(call.destination == "dom0")?;
    describe_global(call.argument)
}

pub(crate) fn get_all_global(_: &Arc<World>, call: &Call) -> Answer {
    enforce(call.destination == "dom0" && call.argument.is_empty())?;
    let line = |(name, ..): &(&str, Type, &str)| Ok(format!("{name} {}\n", describe_global(name)?));
    GLOBAL.iter().map(line).collect()
}
