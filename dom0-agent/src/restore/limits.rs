//! What of a qube's settings this machine's qubesd does not take, and so is left as it is: told in
//! the plan.

use super::exists::Exists;
use crate::admin::fits;
use crate::settings::{Settings, Text, Word};
use crate::text;
use qib_rpc::name::QubeName;
use std::collections::BTreeMap;

/// Takes away what can not be set. Rules of a firewall are not among it: a qube without its rules
/// would have more network than it had.
pub(super) fn leave_out(
    wanted: &mut Settings,
    now: Option<&Settings>,
    target: &QubeName,
    exists: &Exists,
    remarks: &mut Vec<String>,
) -> Result<(), String> {
    let rules = wanted.firewall.iter();
    let firewall: usize = rules
        .map(|rule| rule.as_str().len().saturating_add(1))
        .sum();
    if !fits("admin.vm.firewall.Set", "", target, firewall) {
        return Err(format!(
            "the rules of its firewall are {firewall} bytes, more than qubesd takes at once; \
             restore it with --data-only, and set them by hand"
        ));
    }
    let notes = wanted.notes.as_str().len();
    let why = match notes {
        0 => None,
        _ if !exists.has_notes => Some("this release of Qubes has none".to_owned()),
        _ if !fits("admin.vm.notes.Set", "", target, notes) => Some(too_long(notes)),
        _ => None,
    };
    if let Some(why) = why {
        remarks.push(format!("its notes are not restored: {why}"));
        wanted.notes = now.map(|now| now.notes.clone()).unwrap_or_default();
    }
    let kept = now.map(|now| &now.features);
    let is_long = |name: &Word, value: &Text| {
        !fits(
            "admin.vm.feature.Set",
            name.as_str(),
            target,
            value.as_str().len(),
        )
    };
    for name in long(&wanted.features, is_long) {
        let bytes = wanted
            .features
            .remove(&name)
            .map_or(0, |value| value.as_str().len());
        remarks.push(format!(
            "its feature {name} is not restored: {}",
            too_long(bytes)
        ));
        if let Some(value) = kept.and_then(|kept| kept.get(&name)) {
            wanted.features.insert(name, value.clone());
        }
    }
    Ok(())
}

fn long(values: &BTreeMap<Word, Text>, is_long: impl Fn(&Word, &Text) -> bool) -> Vec<Word> {
    let long = values.iter().filter(|(name, value)| is_long(name, value));
    long.map(|(name, _)| name.clone()).collect()
}

fn too_long(bytes: usize) -> String {
    let bytes = text::number(u64::try_from(bytes).unwrap_or(u64::MAX));
    format!("its {bytes} bytes are more than qubesd takes at once")
}
