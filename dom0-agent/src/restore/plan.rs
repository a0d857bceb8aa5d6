//! What a restore is to do, decided before anything is done, from what was stored, what there is
//! and what the user chose alone.

use super::choices::{Choices, Conflict, Scope};
use super::exists::Exists;
use super::filter::{Danger, dangers, restorable};
use super::fit::Fit;
use super::limits;
use super::source::{Source, Volume};
use crate::settings::{Colour, Settings, Word};
use qib_rpc::name::QubeName;
use std::collections::{BTreeMap, BTreeSet};

/// What a restore does.
#[derive(Default)]
pub struct Plan {
    /// Each qube, in the order in which they are restored.
    pub qubes: Vec<QubePlan>,
    /// Those that are skipped, as the user wants it.
    pub skipped: Vec<QubeName>,
    /// Those that can not be restored, and why.
    pub left_out: Vec<(QubeName, String)>,
}

/// What a restore does with one qube.
pub struct QubePlan {
    /// The qube that was backed up.
    pub source: QubeName,
    /// The qube that it becomes.
    pub target: QubeName,
    /// Where that comes from.
    pub making: Making,
    /// The volumes to fill, the private one first.
    pub volumes: Vec<Volume>,
    /// How it is to be set up; none where that stays as it is.
    pub wanted: Option<Settings>,
    /// A label to make first, with its colour.
    pub new_label: Option<(Word, Colour)>,
    /// What will not be as it was.
    pub remarks: Vec<String>,
    /// What somebody has to agree to.
    pub dangers: BTreeSet<Danger>,
}

/// Where a qube that is restored comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Making {
    /// It is made.
    New {
        /// As one of this class.
        class: String,
        /// Based on this template, where it has one.
        template: Option<QubeName>,
        /// With this label.
        label: String,
        /// The pools of its volumes, but of those that lie in the default one.
        pools: BTreeMap<Word, Word>,
    },
    /// It is there, and is set up so.
    Replace(Box<Settings>),
}

/// Which qubes become which, in this run.
pub(super) type Names = BTreeMap<QubeName, QubeName>;

/// Decides what a restore does.
pub fn plan(mut sources: Vec<Source>, exists: &Exists, choices: &Choices) -> Plan {
    sources.sort_by_key(|source| (rank(&source.settings), source.name.clone()));
    let mut plan = Plan::default();
    let mut names = Names::new();
    for source in &sources {
        match target(&source.name, &names, exists, choices) {
            Ok(Some(target)) => drop(names.insert(source.name.clone(), target)),
            Ok(None) => plan.skipped.push(source.name.clone()),
            Err(why) => plan.left_out.push((source.name.clone(), why)),
        }
    }
    // Whoever needs a qube that is left out may have to be left out too.
    loop {
        let fit = Fit {
            names: &names,
            exists,
            choices,
        };
        let mut left_out = Vec::new();
        plan.qubes.clear();
        for source in &sources {
            let Some(target) = names.get(&source.name) else {
                continue;
            };
            match qube(source, target, &fit) {
                Ok(qube) => plan.qubes.push(qube),
                Err(why) => left_out.push((source.name.clone(), why)),
            }
        }
        if left_out.is_empty() {
            return plan;
        }
        left_out
            .iter()
            .for_each(|(name, _)| drop(names.remove(name)));
        plan.left_out.extend(left_out);
    }
}

/// Templates first, then those of disposables.
fn rank(settings: &Settings) -> u8 {
    match (
        settings.class.as_str(),
        settings.value("template_for_dispvms"),
    ) {
        ("TemplateVM", _) => 0,
        (_, Some("True")) => 1,
        _ => 2,
    }
}

/// The name that a qube gets; none if it is to be skipped.
fn target(
    source: &QubeName,
    names: &Names,
    exists: &Exists,
    choices: &Choices,
) -> Result<Option<QubeName>, String> {
    let wanted = choices.target.as_ref().unwrap_or(source);
    let is_there = |name: &QubeName| exists.qubes.contains_key(name);
    if !is_there(wanted) {
        return Ok(Some(wanted.clone()));
    }
    match choices.conflict {
        Conflict::Skip => Ok(None),
        Conflict::Replace => Ok(Some(wanted.clone())),
        Conflict::Rename => {
            let is_taken = |name: &QubeName| is_there(name) || names.values().any(|of| of == name);
            let free = renamed(wanted).find(|name| !is_taken(name));
            let none =
                || format!("a qube named {wanted} exists, and so do 99 others named after it");
            free.map(Some).ok_or_else(none)
        }
        Conflict::Refuse => Err(format!(
            "a qube named {wanted} exists; choose another name with --as NAME, or say \
             --rename-conflicting, --skip-conflicting or --replace"
        )),
    }
}

/// Names after a name, as Qubes' own restore gives them.
fn renamed(name: &QubeName) -> impl Iterator<Item = QubeName> {
    let start: String = name.as_str().chars().take(29).collect();
    (1..100).filter_map(move |number| {
        let length = QubeName::MAX_BYTES.saturating_sub(format!("-{number}").len());
        let start: String = start.chars().take(length).collect();
        QubeName::parse(&format!("{start}-{number}")).ok()
    })
}

fn qube(source: &Source, target: &QubeName, fit: &Fit<'_>) -> Result<QubePlan, String> {
    let mut wanted = source.settings.clone();
    let mut remarks = Vec::new();
    let class = wanted.class.to_string();
    if !["AppVM", "StandaloneVM", "TemplateVM"].contains(&class.as_str()) {
        return Err(format!("qib makes no qube of class {class}"));
    }
    fit.template(&mut wanted, &mut remarks)?;
    let new_label = fit.label(&mut wanted, &mut remarks);
    let making = match fit.exists.qubes.get(target) {
        None => Making::New {
            class,
            template: wanted.qube("template"),
            label: wanted.value("label").unwrap_or("red").to_owned(),
            pools: fit.pools(&mut wanted, &mut remarks)?,
        },
        Some(existing) => {
            if existing.class != class {
                return Err(format!("the qube {target} is no {class}"));
            }
            if !existing.halted {
                return Err(format!("the qube {target} runs; shut it down first"));
            }
            let now = existing.settings.clone();
            let unknown = || format!("how the qube {target} is set up is not known");
            Making::Replace(Box::new(now.ok_or_else(unknown)?))
        }
    };
    let now = match &making {
        Making::New { .. } => None,
        Making::Replace(now) => Some(&**now),
    };
    let mut found = BTreeSet::new();
    found.extend(now.map(|_| Danger::Replaced));
    let scope = fit.choices.scope;
    let mut volumes = match scope {
        Scope::Settings => Vec::new(),
        Scope::Everything | Scope::Data => source.volumes.clone(),
    };
    // A volume that is there does not become smaller.
    for volume in &mut volumes {
        let there = now.and_then(|now| now.volumes.get(volume.part.name()));
        let there = there.and_then(|there| there.own);
        volume.bytes = volume.bytes.max(there.map_or(0, |own| own.bytes));
    }
    if scope == Scope::Data {
        let wanted = None;
        if now.is_none() {
            let text = "it has no net qube, as its settings are not restored";
            remarks.push(text.to_owned());
        }
        return Ok(QubePlan {
            source: source.name.clone(),
            target: target.clone(),
            making,
            volumes,
            wanted,
            new_label,
            remarks,
            dangers: found,
        });
    }
    let mut never = restorable(&mut wanted);
    // Whatever qib makes gets it.
    never.retain(|what| what != "tag created-by-dom0");
    if !never.is_empty() {
        remarks.push(format!("never restored: {}", never.join(", ")));
    }
    fit.links(&mut wanted, &mut remarks)?;
    fit.devices(&mut wanted, &mut remarks);
    fit.kernel(&mut wanted, &mut remarks);
    limits::leave_out(&mut wanted, now, target, fit.exists, &mut remarks)?;
    for volume in &volumes {
        let kept = wanted.volumes.get_mut(volume.part.name());
        if let Some(own) = kept.and_then(|kept| kept.own.as_mut()) {
            own.bytes = volume.bytes;
        }
    }
    found.extend(dangers(&wanted, now, &fit.exists.policy_tags));
    Ok(QubePlan {
        source: source.name.clone(),
        target: target.clone(),
        making,
        volumes,
        wanted: Some(wanted),
        new_label,
        remarks,
        dangers: found,
    })
}

#[cfg(test)]
mod tests;
