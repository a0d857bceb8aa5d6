//! One thing that is to be done.

use crate::admin::call;
use crate::config::Config;
use crate::error::Result;
use qib_rpc::name::QubeName;
use std::fmt;

/// The colour of what no person works in.
const LABEL: &str = "black";

/// One thing that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write the configuration.
    Config(Config),
    /// Make the helpers' template.
    Template {
        /// Its name.
        name: QubeName,
        /// The template of its system.
        based_on: QubeName,
    },
    /// Set a qube's property; an empty value means none.
    Property(QubeName, &'static str, &'static str),
    /// Set a qube's feature.
    Feature(QubeName, &'static str, &'static str),
    /// Give a qube a tag.
    Tag(QubeName, &'static str),
}

impl Step {
    /// Does it.
    ///
    /// # Errors
    /// When qubesd refuses, or the configuration can not be written.
    pub fn perform(&self) -> Result<()> {
        match self {
            Self::Config(config) => config.write()?,
            Self::Template { name, based_on } => call::create_app(name, based_on, LABEL)?,
            Self::Property(name, property, value) => call::set_property(name, property, value)?,
            Self::Feature(name, feature, value) => call::set_feature(name, feature, value)?,
            Self::Tag(name, tag) => call::set_tag(name, tag)?,
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(config) => write!(
                out,
                "write {}: the storage qube is {}, helpers are made from {}",
                crate::paths::CONFIG,
                config.storage,
                config.helper_template
            ),
            Self::Template { name, based_on } => {
                write!(out, "make the qube {name}, based on {based_on}")
            }
            Self::Property(name, property, "") => write!(out, "{name}: set {property} to none"),
            Self::Property(name, property, value) => {
                write!(out, "{name}: set {property} to {value}")
            }
            Self::Feature(name, feature, value) => {
                write!(out, "{name}: set the feature {feature} to {value}")
            }
            Self::Tag(name, tag) => write!(out, "{name}: add the tag {tag}"),
        }
    }
}
