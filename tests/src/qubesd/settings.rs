//! Settings that the lab keeps and gives back without a meaning of their own.

use std::sync::Arc;

use super::answer::{Answer, Refusal, enforce};
use super::property::{qube_mut, qube_of};
use super::table::Call;
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

pub(crate) fn labels(_: &Arc<World>, call: &Call) -> Answer {
    enforce(call.destination == "dom0")?;
    Ok(LABELS.map(|(label, _)| format!("{label}\n")).concat())
}

pub(crate) fn label(_: &Arc<World>, call: &Call) -> Answer {
    enforce(call.destination == "dom0")?;
    let found = LABELS.iter().find(|(label, _)| *label == call.argument);
    let (_, colour) = found.ok_or_else(|| Refusal::exception("QubesValueError", ""))?;
    Ok((*colour).to_owned())
}

pub(crate) fn is_label(name: &str) -> bool {
    LABELS.iter().any(|(label, _)| *label == name)
}
