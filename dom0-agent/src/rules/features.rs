//! The rules that a qube's features hold. Only dom0 sets features with these names: what a qube
//! asks for with `qubes.FeaturesRequest` has others.

use super::{QubeRules, Wishes};
use crate::admin::call;
use crate::error::{Error, Result};
use qib_rpc::name::QubeName;

/// What all features of qib begin with.
const PREFIX: &str = "qib.";

type Take = fn(&mut Wishes, &str) -> std::result::Result<(), String>;

const FEATURES: [(&str, Take); 5] = [
    ("exclude", Wishes::exclude),
    ("include", Wishes::include),
    ("max-file-size", Wishes::max_file_size),
    ("sets", Wishes::sets),
    ("allow-suggestions", Wishes::allow_suggestions),
];

/// The rules for a qube, by its features, by wishes that count less, and by some that count more.
///
/// # Errors
/// When a feature is not understood: what it was to leave out must not be guessed.
pub fn of_qube(qube: &QubeName, wishes: &Wishes, tried: &Wishes) -> Result<QubeRules> {
    let mut own = Wishes::default();
    for (name, take) in FEATURES {
        let feature = format!("{PREFIX}{name}");
        if let Some(value) = call::feature(qube, &feature)? {
            take(&mut own, &value).map_err(|error| wrong(&feature, &error))?;
        }
    }
    let mut wishes = wishes.clone();
    wishes.add(&own);
    wishes.add(tried);
    wishes
        .rules()
        .map_err(|error| Error::Config(format!("rules: {error}")))
}

fn wrong(feature: &str, error: &str) -> Error {
    Error::Config(format!("feature {feature}: {error}"))
}
