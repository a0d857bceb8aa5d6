//! Which qubes a command is about: names, tags and classes, as `qvm` programs and policy have
//! them.

use crate::admin::reply::Qube;
use crate::admin::{AdminError, call};
use crate::error::{Error, Result};
use qib_rpc::name::{NotAQubeName, QubeName};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// One word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// `dom0`, which is no qube.
    Dom0,
    /// A qube.
    Name(QubeName),
    /// `@tag:NAME`: all that have the tag.
    Tag(String),
    /// `@type:CLASS`: all of the class, such as `AppVM`.
    Type(String),
}

/// Why a word is no selector.
#[derive(Debug)]
pub enum NotASelector {
    /// It is no name.
    Name(NotAQubeName),
    /// What follows `@` is not known.
    Word,
}

impl fmt::Display for NotASelector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(out),
            Self::Word => out.write_str("it must be a name, '@tag:NAME' or '@type:CLASS'"),
        }
    }
}

impl std::error::Error for NotASelector {}

impl FromStr for Selector {
    type Err = NotASelector;

    fn from_str(text: &str) -> std::result::Result<Self, NotASelector> {
        if text == "dom0" {
            return Ok(Self::Dom0);
        }
        let Some(word) = text.strip_prefix('@') else {
            return QubeName::parse(text)
                .map(Self::Name)
                .map_err(NotASelector::Name);
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let is_plain = |text: &&str| !text.is_empty() && text.bytes().all(plain);
        let (kind, value) = word.split_once(':').ok_or(NotASelector::Word)?;
        let value = Some(value).filter(is_plain).ok_or(NotASelector::Word)?;
        match kind {
            "tag" => Ok(Self::Tag(value.to_owned())),
            "type" => Ok(Self::Type(value.to_owned())),
            _ => Err(NotASelector::Word),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dom0 => out.write_str("dom0"),
            Self::Name(name) => name.fmt(out),
            Self::Tag(tag) => write!(out, "@tag:{tag}"),
            Self::Type(class) => write!(out, "@type:{class}"),
        }
    }
}

impl Selector {
    fn takes(&self, qube: &Qube) -> Result<bool> {
        Ok(match self {
            Self::Dom0 => false,
            Self::Name(name) => *name == qube.name,
            Self::Tag(tag) => is_there(call::has_tag(&qube.name, tag))?.unwrap_or(false),
            Self::Type(class) => *class == qube.class,
        })
    }
}

/// What a command line chooses.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// Every app and standalone qube with `include_in_backups`, but the storage qubes.
    pub all: bool,
    /// Else these.
    pub of: &'a [Selector],
    /// But not these.
    pub but: &'a [Selector],
}

impl Choice<'_> {
    /// True when dom0 itself is chosen.
    pub fn dom0(&self) -> bool {
        (self.all || self.of.contains(&Selector::Dom0)) && !self.but.contains(&Selector::Dom0)
    }

    /// The qubes that are chosen, each once, in the order of their names. A name that no qube
    /// has is among them: it is one that can not be backed up.
    ///
    /// # Errors
    /// When qubesd does not tell, a tag or a class that is asked for has no qube, or no qube is
    /// left.
    pub fn names(
        &self,
        qubes: &[Qube],
        storages: &BTreeSet<QubeName>,
    ) -> Result<BTreeSet<QubeName>> {
        let mut chosen = if self.all {
            included(qubes, storages)?
        } else {
            let mut named = BTreeSet::new();
            for selector in qubes_only(self.of) {
                let found = selected(selector, qubes, storages)?;
                if found.is_empty() {
                    return Err(Error::Config(format!("no qube is {selector}")));
                }
                named.extend(found);
            }
            named
        };
        for selector in qubes_only(self.but) {
            let excluded = selected(selector, qubes, storages)?;
            if !qubes.iter().any(|qube| excluded.contains(&qube.name)) {
                eprintln!("qib: warning: --exclude {selector}: no qube is that");
            }
            chosen.retain(|name| !excluded.contains(name));
        }
        if chosen.is_empty() && !self.dom0() {
            return Err(Error::Config("there is no qube to back up".to_owned()));
        }
        Ok(chosen)
    }
}

fn qubes_only(selectors: &[Selector]) -> impl Iterator<Item = &Selector> {
    let is_qube = |selector: &&Selector| **selector != Selector::Dom0;
    selectors.iter().filter(is_qube)
}

/// Every app and standalone qube with `include_in_backups`, but the storage qubes.
///
/// # Errors
/// When qubesd does not tell.
pub fn included(qubes: &[Qube], storages: &BTreeSet<QubeName>) -> Result<BTreeSet<QubeName>> {
    let mut names = BTreeSet::new();
    for qube in qubes {
        let kind = matches!(qube.class.as_str(), "AppVM" | "StandaloneVM");
        if !kind || storages.contains(&qube.name) {
            continue;
        }
        let included = is_there(call::property(&qube.name, "include_in_backups"))?;
        if included.is_some_and(|property| property.value == "True") {
            names.insert(qube.name.clone());
        }
    }
    Ok(names)
}

fn selected(
    selector: &Selector,
    qubes: &[Qube],
    storages: &BTreeSet<QubeName>,
) -> Result<BTreeSet<QubeName>> {
    if let Selector::Name(name) = selector {
        return Ok(BTreeSet::from([name.clone()]));
    }
    let mut names = BTreeSet::new();
    for qube in qubes.iter().filter(|qube| !storages.contains(&qube.name)) {
        if selector.takes(qube)? {
            names.insert(qube.name.clone());
        }
    }
    Ok(names)
}

/// What qubesd says of a qube; none when it is gone since it was listed, as disposables go.
fn is_there<T>(said: std::result::Result<T, AdminError>) -> Result<Option<T>> {
    match said {
        Ok(said) => Ok(Some(said)),
        Err(error) if error.is("QubesVMNotFoundError") => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_command_line() {
        for text in ["work", "dom0", "@tag:daily-1", "@type:StandaloneVM"] {
            assert_eq!(text.parse::<Selector>().unwrap().to_string(), text);
        }
        for text in [
            "", "-x", "a b", "@", "@tag", "@tag:", "@tag:a b", "@anyvm", "@type:", "@Tag:a",
        ] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }
}
