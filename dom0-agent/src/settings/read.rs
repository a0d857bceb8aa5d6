//! The settings that a qube has now, as qubesd tells them.

use super::{NEVER, Settings, Word};
use crate::admin::{assignment, reply, settings};
use crate::error::{Error, Result};
use qib_rpc::name::QubeName;
use std::collections::BTreeMap;

/// How the qube is set up now.
///
/// # Errors
/// When qubesd does not tell, or in another form than it is known to.
pub fn read(qube: &reply::Qube) -> Result<Settings> {
    let name = &qube.name;
    let class = Word::parse(&qube.class).ok_or_else(|| odd(name))?;
    let mut properties = settings::set_properties(name)?;
    properties.retain(|property, _| !NEVER.contains(&property.as_str()));
    let label = properties.get("label");
    let label = label.and_then(|label| Word::parse(label.value.as_str()));
    let colour = label.map(|label| settings::colour(&label)).transpose()?;
    let mut volumes = BTreeMap::new();
    for volume in settings::volumes(name)? {
        let of_volume = settings::volume(name, &volume)?;
        volumes.insert(volume, of_volume);
    }
    Ok(Settings {
        class,
        colour: colour.flatten(),
        properties,
        features: settings::features(name)?,
        tags: settings::tags(name)?,
        firewall: settings::firewall(name)?,
        notes: settings::notes(name)?,
        devices: assignment::assigned(name)?,
        volumes,
    })
}

fn odd(name: &QubeName) -> Error {
    Error::Disagree(format!("qubesd has no usual class for {name}"))
}
