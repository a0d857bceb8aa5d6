//! `qib setup`: what a backup needs in Qubes, made once.
//!
//! The plan holds only what is not so already: a second run has nothing to do. No step takes
//! a restriction away.

mod step;

use crate::admin::call;
use crate::admin::reply::Qube;
use crate::config::Config;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::lane::{LANES, Lane};
use crate::machine::Installation;
use crate::{state, storage};
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;
pub use step::Step;

/// The helpers' template, where the configuration does not name another.
const TEMPLATE: &str = "qib-dvm";

/// What the template must be, and with it every helper from birth.
const PROPERTIES: [(&str, &str); 4] = [
    ("template_for_dispvms", "True"),
    ("netvm", ""),
    ("default_dispvm", ""),
    ("include_in_backups", "False"),
];

/// In no menu, and offered by no question of policy's.
const INTERNAL: (&str, &str) = ("internal", "1");

/// What the user wants.
pub struct Wish<'a> {
    /// The qube that is to keep backups.
    pub storage: Option<&'a Destination>,
    /// A new storage qube gets a copy of the recovery kit.
    pub kit: bool,
    /// What lay at this storage qube lies at that one now.
    pub moved_from: Option<&'a Destination>,
    /// What a new helpers' template is based on.
    pub template: Option<&'a QubeName>,
}

/// What is to be done.
///
/// # Errors
/// When a qube that is named is missing or not fit, or qubesd does not tell.
pub fn plan(wish: &Wish<'_>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let config = match Config::read_if_there()? {
        Some(config) => config,
        None => {
            let config = new_config(wish)?;
            steps.push(Step::Config(config.clone()));
            config
        }
    };
    let qubes = call::qubes()?;
    let find = |name: &QubeName| qubes.iter().find(|qube| qube.name == *name);
    template_steps(&config, find(&config.helper_template), wish, &mut steps)?;
    let mut storages = BTreeSet::from([&config.storage]);
    storages.extend(wish.storage);
    for storage in storages {
        storage_steps(&config, &qubes, (storage, wish.kit), &mut steps)?;
    }
    if let (Some(from), Some(to)) = (wish.moved_from, wish.storage) {
        let (from, to) = (from.clone(), to.clone());
        steps.push(Step::Moved { from, to });
    }
    Ok(steps)
}

fn new_config(wish: &Wish<'_>) -> Result<Config> {
    let storage = wish.storage.ok_or_else(|| {
        Error::Usage("which qube is to keep the backups? Name it with --storage QUBE".to_owned())
    })?;
    let helper_template =
        QubeName::parse(TEMPLATE).map_err(|error| Error::Config(error.to_string()))?;
    Ok(Config {
        storage: storage.clone(),
        helper_template,
    })
}

fn template_steps(
    config: &Config,
    found: Option<&Qube>,
    wish: &Wish<'_>,
    steps: &mut Vec<Step>,
) -> Result<()> {
    let name = &config.helper_template;
    match found {
        Some(qube) if qube.class == "AppVM" => {}
        Some(qube) => {
            return Err(Error::Config(format!(
                "{name} is a {}, and helpers are made from an AppVM: name another one in {}",
                qube.class,
                crate::paths::CONFIG
            )));
        }
        None => {
            let based_on = match wish.template {
                Some(template) => template.clone(),
                None => default_template()?,
            };
            let name = name.clone();
            steps.push(Step::Template { name, based_on });
        }
    }
    for (property, value) in PROPERTIES {
        if found.is_none() || call::property(name, property)?.value != value {
            steps.push(Step::Property(name.clone(), property, value));
        }
    }
    let (feature, value) = INTERNAL;
    if found.is_none() || call::feature(name, feature)?.as_deref() != Some(value) {
        steps.push(Step::Feature(name.clone(), feature, value));
    }
    Ok(())
}

fn default_template() -> Result<QubeName> {
    let name = call::global_property("default_template")?.value;
    QubeName::parse(&name).map_err(|_| {
        Error::Config("Qubes has no default template: name one with --template NAME".to_owned())
    })
}

fn storage_steps(
    config: &Config,
    qubes: &[Qube],
    (storage, kit): (&Destination, bool),
    steps: &mut Vec<Step>,
) -> Result<()> {
    let name = &storage.qube;
    let found = qubes.iter().find(|qube| qube.name == *name);
    let qube = found.ok_or_else(|| Error::NoStorage(name.clone()))?;
    let refuse = |why: &str| {
        Err(Error::Config(format!(
            "{name} can not keep the backups: {why}"
        )))
    };
    if !matches!(qube.class.as_str(), "AppVM" | "StandaloneVM") {
        return refuse("it is neither an app qube nor a standalone one");
    }
    if *name == config.helper_template {
        return refuse("helpers are made from it");
    }
    // Each of its disposables would have the tag, and with it what helpers store.
    if call::makes_disposables(name)? {
        return refuse("disposables are made from it");
    }
    let has_lane = Lane::find(name)?.is_some();
    // Before the tag: what fails is tried again by the next setup.
    if state::is_initialised() && (!has_lane || is_new_place(config, storage)?) {
        let storage = storage.clone();
        steps.push(Step::Copies { storage, kit });
    }
    if !has_lane {
        steps.push(Step::Tag(name.clone(), free_lane(qubes)?.storage));
    }
    Ok(())
}

/// True for one more place of a storage qube, at which nothing lies yet.
fn is_new_place(config: &Config, storage: &Destination) -> Result<bool> {
    let known = storage::known(config, &Installation::open()?.ledger.book);
    Ok(!known.contains(storage))
}

/// The first lane that no qube has.
fn free_lane(qubes: &[Qube]) -> Result<Lane> {
    let mut free = LANES.to_vec();
    for Qube { name, .. } in qubes {
        let taken = Lane::find(name)?;
        free.retain(|lane| Some(*lane) != taken);
    }
    let mut free = free.into_iter();
    free.next().ok_or_else(|| {
        let text = "there are four storage qubes already, and no more can be used";
        Error::Config(text.to_owned())
    })
}
