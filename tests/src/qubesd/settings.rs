//! Settings that the lab keeps and gives back without a meaning of their own.

use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::property::{qube_mut, qube_of};
use super::table::Call;
use crate::daemon::machine::Machine;
use crate::daemon::world::World;

const ACCEPT_ALL: &str = "action=accept\n";
const LABELS: [(&str, &str); 8] = [
    ("red", "0xcc0000"),
    ("orange", "0xf57900"),
    ("yellow", "0xedd400"),
    ("green", "0x73d216"),
    ("gray", "0x555753"),
    ("blue", "0x3465a4"),
    ("purple", "0x75507b"),
    ("black", "0x000000"),
];

pub(crate) fn firewall_get(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    let inner = world.lock();
    let rules = qube_of(&inner.machine, call.destination)?.firewall.clone();
    Ok(rules.unwrap_or_else(|| ACCEPT_ALL.to_owned()))
}

pub(crate) fn firewall_set(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty())?;
    let rules = call
        .text()?
        .lines()
        .map(|line| format!("{line}\n"))
        .collect();
    let mut inner = world.lock();
    qube_mut(&mut inner.machine, call.destination)?.firewall = Some(rules);
    world.save(&inner)?;
    Ok(String::new())
}

pub(crate) fn notes_get(world: &Arc<World>, call: &Call) -> Answer {
    Ok(qube_of(&world.lock().machine, call.destination)?
        .notes
        .clone())
}

pub(crate) fn notes_set(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.payload.len() <= 256_000)?;
    let notes = String::from_utf8_lossy(call.payload);
    let is_shown = |letter: char| !letter.is_control() || "\t\n".contains(letter);
    let notes = notes.chars();
    let notes = notes
        .map(|letter| if is_shown(letter) { letter } else { '_' })
        .collect();
    let mut inner = world.lock();
    qube_mut(&mut inner.machine, call.destination)?.notes = notes;
    world.save(&inner)?;
    Ok(String::new())
}

pub(crate) fn labels(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty() && call.destination == "dom0")?;
    let inner = world.lock();
    let own = inner.machine.labels.iter().map(|(label, _)| label.as_str());
    let all = LABELS.iter().map(|(label, _)| *label).chain(own);
    Ok(all.map(|label| format!("{label}\n")).collect())
}

pub(crate) fn label(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.destination == "dom0")?;
    let colour = colour(&world.lock().machine, call.argument);
    colour.ok_or_else(no_label)
}

fn colour(machine: &Machine, name: &str) -> Option<String> {
    let own = machine.labels.iter();
    let own = own.map(|(label, colour)| (label.as_str(), colour.as_str()));
    let mut all = LABELS.into_iter().chain(own);
    let (_, colour) = all.find(|(label, _)| *label == name)?;
    Some(colour.to_owned())
}

pub(crate) fn is_label(machine: &Machine, name: &str) -> bool {
    colour(machine, name).is_some()
}

fn no_label() -> Refusal {
    Refusal::exception("QubesValueError", "")
}

pub(crate) fn create_label(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.destination == "dom0")?;
    let (name, colour) = (call.argument, call.text()?.trim());
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_number = !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
    enforce(!is_number && name.chars().all(plain))?;
    let mut inner = world.lock();
    if is_label(&inner.machine, name) {
        return Err(Refusal::exception(
            "QubesValueError",
            "label already exists",
        ));
    }
    let digits = colour.strip_prefix("0x").unwrap_or_default();
    enforce(digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit()))?;
    inner
        .machine
        .labels
        .push((name.to_owned(), colour.to_owned()));
    world.save(&inner)?;
    Ok(String::new())
}

pub(crate) fn remove_label(world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.destination == "dom0")?;
    let name = call.argument;
    let mut inner = world.lock();
    if !is_label(&inner.machine, name) {
        return Err(no_label());
    }
    enforce(LABELS.iter().all(|(label, _)| *label != name))?;
    let mut qubes = inner.machine.qubes.values();
    if qubes.any(|qube| {
        qube.properties
            .get("label")
            .is_some_and(|label| label == name)
    }) {
        return Err(Refusal::exception("QubesException", "label still in use"));
    }
    inner.machine.labels.retain(|(label, _)| label != name);
    world.save(&inner)?;
    Ok(String::new())
}
