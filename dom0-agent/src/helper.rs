//! The life of a helper: a fresh disposable without network, confined by policy.

use crate::admin::{call, settings};
use crate::error::{Error, Result};
use crate::lane::{self, Lane};
use crate::machine::Machine;
use crate::settings::Word;
use crate::undo::{Undo, Undos};
use qib_rpc::hex;
use qib_rpc::name::QubeName;
use std::thread::sleep;
use std::time::Duration;

/// The tag under which policy denies everything; kept for the helper's whole life.
const CONFINED: &str = "qib-confined";

/// The tag under which policy lets a helper ask to hand files to a qube, and its user decide.
const HAND_OUT: &str = "qib-handout";

/// What every helper's name begins with.
const NAMED: &str = "disp-qib-";

/// Set before start, and checked after: property, value.
const PROPERTIES: [(&str, &str); 5] = [
    ("auto_cleanup", "True"),
    ("netvm", ""),
    ("default_dispvm", ""),
    ("include_in_backups", "False"),
    ("maxmem", "0"),
];

/// What helpers of one kind have beside that.
#[derive(Clone, Copy)]
struct Kind {
    /// In MiB.
    memory: &'static str,
    features: &'static [(&'static str, &'static str)],
}

/// No screen is waited for, and no menu shows it.
const UNSEEN: Kind = Kind {
    memory: "700",
    features: &[("gui", ""), ("internal", "1")],
};

/// Somebody looks into it, with the programs that its template has for that.
const SEEN: Kind = Kind {
    memory: "1500",
    features: &[("gui", "1")],
};

/// A running helper.
pub struct Helper {
    name: QubeName,
    kind: Kind,
}

/// A helper's right to make a call. It ends with [`Self::end`], or with the helper.
#[must_use]
pub struct Right<'a> {
    helper: &'a Helper,
    tag: &'static str,
}

impl Kind {
    fn properties(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        PROPERTIES.into_iter().chain([("memory", self.memory)])
    }
}

impl Right<'_> {
    /// Ends it.
    ///
    /// # Errors
    /// When qubesd refuses.
    pub fn end(self) -> Result<()> {
        Ok(call::remove_tag(&self.helper.name, self.tag)?)
    }
}

impl Helper {
    /// Makes and starts a helper.
    ///
    /// # Errors
    /// When qubesd refuses, or a property that confines it did not take.
    pub fn start(machine: &Machine, undos: &mut Undos) -> Result<Self> {
        Self::start_as(machine, undos, UNSEEN)
    }

    /// The same, with a screen.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with_screen(machine: &Machine, undos: &mut Undos) -> Result<Self> {
        Self::start_as(machine, undos, SEEN)
    }

    fn start_as(machine: &Machine, undos: &mut Undos, kind: Kind) -> Result<Self> {
        let mut random = [0; 4];
        machine.fill_random(&mut random)?;
        let name = QubeName::parse(&format!("{NAMED}{}", hex::encode(&random)))
            .map_err(|error| Error::Config(error.to_string()))?;
        undos.note(Undo::Helper(name.clone()))?;
        call::create_disposable(&name, &machine.config.helper_template)?;
        for (property, value) in kind.properties() {
            call::set_property(&name, property, value)?;
        }
        for (feature, value) in kind.features {
            call::set_feature(&name, feature, value)?;
        }
        call::set_tag(&name, CONFINED)?;
        let helper = Self { name, kind };
        // One that is not confined never runs; and what a start changes is noticed.
        helper.check()?;
        call::act(&helper.name, "admin.vm.Start")?;
        helper.check()?;
        Ok(helper)
    }

    /// Its name.
    pub fn name(&self) -> &QubeName {
        &self.name
    }

    /// Lets the helper call a storage qube, and no other.
    ///
    /// # Errors
    /// When that one was not set up, or qubesd refuses.
    pub fn allow(&self, storage: &QubeName) -> Result<Right<'_>> {
        let tag = Lane::of(storage)?.helper;
        call::set_tag(&self.name, tag)?;
        Ok(Right { helper: self, tag })
    }

    /// Lets the helper ask whether a qube takes files.
    ///
    /// # Errors
    /// When qubesd refuses.
    pub fn let_hand_out(&self) -> Result<Right<'_>> {
        call::set_tag(&self.name, HAND_OUT)?;
        Ok(Right {
            helper: self,
            tag: HAND_OUT,
        })
    }

    /// That qubesd took a request does not mean that it did what was asked.
    fn check(&self) -> Result<()> {
        for (property, value) in self.kind.properties() {
            if call::property(&self.name, property)?.value != value {
                return Err(self.refused(property));
            }
        }
        for (feature, value) in self.kind.features {
            if call::feature(&self.name, feature)?.as_deref() != Some(*value) {
                return Err(self.refused(feature));
            }
        }
        let tags = settings::tags(&self.name)?;
        let ours: Vec<&str> = tags
            .iter()
            .map(Word::as_str)
            .filter(|tag| tag.starts_with("qib-"))
            .collect();
        match ours.as_slice() {
            [CONFINED] => Ok(()),
            [] => Err(self.refused(CONFINED)),
            _ => Err(Error::Volume(format!(
                "the helper {} has tags of its template's ({}); take them from it, see 'qib doctor'",
                self.name,
                ours.join(", ")
            ))),
        }
    }

    fn refused(&self, what: &str) -> Error {
        Error::Volume(format!(
            "the helper {} is not confined: qubesd did not set its '{what}' as asked",
            self.name
        ))
    }
}

/// True for the name of a helper.
pub(crate) fn is_one(name: &QubeName) -> bool {
    name.as_str().starts_with(NAMED)
}

/// Kills the helper of this name and waits until it is gone.
pub(crate) fn remove(name: &QubeName) -> Result<()> {
    if call::find_qube(name)?.is_none() {
        return Ok(());
    }
    // Its rights end before it does. No call must succeed: it may never have started, or be
    // gone by itself.
    let tags = settings::tags(name).unwrap_or_default();
    let hands_out = tags.iter().any(|tag| tag.as_str() == HAND_OUT);
    for tag in lane::rights(&tags).chain(hands_out.then_some(HAND_OUT)) {
        let _tag = call::remove_tag(name, tag);
    }
    let _kill = call::act(name, "admin.vm.Kill");
    for _ in 0..100 {
        match call::find_qube(name)? {
            None => return Ok(()),
            // Killed before auto_cleanup was set.
            Some(qube) if qube.halted => drop(call::act(name, "admin.vm.Remove")),
            Some(_) => {}
        }
        sleep(Duration::from_millis(50));
    }
    Err(Error::Volume(format!("the helper {name} does not go away")))
}
