//! Whether a qube can reach a network, and what that means for where it is stored.
//!
//! A helper that was taken over could hand its own qube's content to a storage qube that
//! colludes. If that one has a network and the qube has none, the content gets out.

use crate::admin::call;
use crate::confirm;
use crate::error::{Error, Result};
use crate::stop::Stop;
use qib_rpc::name::QubeName;

/// The feature of a qube that names the storage qubes with a network that may keep it.
const ACCEPTED: &str = "qib.networked-storage";

/// Longer than any chain of net qubes that works.
const LONGEST_CHAIN: u32 = 16;

/// Of what a consent is.
pub struct Consent<'a> {
    /// Where the qube would be stored.
    pub storage: &'a QubeName,
    /// The qubes for which it is given already.
    pub accepted: &'a [QubeName],
    /// Ends the question.
    pub stop: &'a Stop,
}

/// Lets a qube be stored: at once when it has a network or the storage qube has none, or when
/// somebody accepted that before; else somebody must do so now, and it is noted in dom0.
///
/// # Errors
/// When nobody does, or qubesd does not tell.
pub fn consent(qube: &QubeName, consent: &Consent<'_>) -> Result<()> {
    let Consent { storage, .. } = consent;
    if is_settled(qube, storage)? {
        return Ok(());
    }
    if !consent.accepted.contains(qube) && !consent.ask(qube)? {
        return Err(Error::Declined(format!(
            "it has no network, and the storage qube {storage} has one: name one without network with \
             the feature 'qib.storage' or in {}, or accept this one with 'qib backup \
             --accept-networked-storage {qube}'",
            crate::paths::CONFIG
        )));
    }
    let before = call::feature(qube, ACCEPTED)?.unwrap_or_default();
    let names = format!("{before} {storage}");
    Ok(call::set_feature(qube, ACCEPTED, names.trim_start())?)
}

/// True when nobody has to be asked.
///
/// # Errors
/// When qubesd does not tell.
pub fn is_settled(qube: &QubeName, storage: &QubeName) -> Result<bool> {
    Ok(!may_reach_out(storage)? || has_network(qube)? || is_accepted(qube, storage)?)
}

fn is_accepted(qube: &QubeName, storage: &QubeName) -> Result<bool> {
    let accepted = call::feature(qube, ACCEPTED)?.unwrap_or_default();
    Ok(accepted.split(' ').any(|name| name == storage.as_str()))
}

impl Consent<'_> {
    fn ask(&self, qube: &QubeName) -> Result<bool> {
        let storage = self.storage;
        let question = format!(
            "{qube} has no network, and the storage qube {storage} has one. A helper that was taken \
             over could get its content out that way.\nStore {qube} there, now and later?"
        );
        match confirm::ask_or_stop(&question, self.stop) {
            Err(Error::NobodyToAsk) => Ok(false),
            answer => answer,
        }
    }
}

/// True unless the qube is surely cut off: in doubt a storage qube has a network.
fn may_reach_out(qube: &QubeName) -> Result<bool> {
    Ok(!property(qube, "netvm")?.is_empty() || provides_network(qube)?)
}

/// True when each qube on the way out provides its network to the one before: in doubt a
/// qube that is backed up has none.
fn has_network(qube: &QubeName) -> Result<bool> {
    let mut last = qube.clone();
    for _ in 0..LONGEST_CHAIN {
        let Ok(next) = QubeName::parse(&property(&last, "netvm")?) else {
            // The network comes from here, or there is none.
            return provides_network(&last);
        };
        if !provides_network(&next)? {
            return Ok(false);
        }
        last = next;
    }
    Ok(false)
}

fn provides_network(qube: &QubeName) -> Result<bool> {
    Ok(property(qube, "provides_network")? == "True")
}

fn property(qube: &QubeName, name: &str) -> Result<String> {
    Ok(call::property(qube, name)?.value)
}
