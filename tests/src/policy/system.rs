//! What the policy may ask about the machine: qubesd's `internal.GetSystemInfo`.

use std::collections::{BTreeMap, BTreeSet};

/// Every qube by name, dom0 included.
pub type SystemInfo = BTreeMap<String, Domain>;

/// What the policy knows of one qube.
#[derive(Clone, Debug, Default)]
pub struct Domain {
    /// Its class, such as `AppVM`; dom0 is `AdminVM`.
    pub class: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// A disposable may be made from it.
    pub template_for_dispvms: bool,
    /// What `@dispvm` means to it.
    pub default_dispvm: Option<String>,
    /// Its UUID.
    pub uuid: String,
}
