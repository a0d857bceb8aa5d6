//! Two manifests, walked side by side in the order of their names: what has the same pieces in
//! both is not read.

use super::walk::{Manifest, Step, Stopped, Walk};
use crate::manifest::{Entry, EntryName, Node};
use crate::snapshot::Snapshot;
use std::cmp::Ordering;

type Result<T> = std::result::Result<T, Stopped>;

/// Who hears in what the two differ.
pub trait Hears {
    /// What follows lies in this folder, which both have, and of which something differs.
    fn enter(&mut self, _name: &EntryName) {}

    /// Everything in it has come.
    fn leave(&mut self) {}

    /// A step of what the older one alone has, folders with all that lies in them.
    ///
    /// # Errors
    /// What ends the walk; so with the others.
    fn removed(&mut self, step: &Step) -> Result<()>;

    /// A step of what the newer one alone has.
    ///
    /// # Errors
    /// As [`Self::removed`].
    fn added(&mut self, step: &Step) -> Result<()>;

    /// Both have it, either as a file or as something else that is no folder.
    ///
    /// # Errors
    /// As [`Self::removed`].
    fn both(&mut self, older: &Entry, newer: &Entry) -> Result<()>;
}

/// Walks both.
///
/// # Errors
/// When a manifest lies or can not be had, or what `hears` returns.
pub fn walk_both<'a>(
    older: (&'a dyn Manifest, &Snapshot),
    newer: (&'a dyn Manifest, &Snapshot),
    hears: &mut dyn Hears,
) -> Result<()> {
    if older.1.pieces == newer.1.pieces {
        return Ok(());
    }
    let mut both = Both {
        older: Side::new(older),
        newer: Side::new(newer),
        depth: 0,
        hears,
    };
    both.walk()
}

/// A walk of which the next step is looked at before it is taken.
struct Side<'a> {
    walk: Walk<'a>,
    next: Option<Step>,
}

impl<'a> Side<'a> {
    fn new((manifest, snapshot): (&'a dyn Manifest, &Snapshot)) -> Self {
        let walk = Walk::new(manifest, snapshot);
        Self { walk, next: None }
    }

    fn take(&mut self) -> Result<Option<Step>> {
        match self.next.take() {
            None => self.walk.next_step(),
            next => Ok(next),
        }
    }

    /// The next name in the folder; none at its end.
    fn name(&mut self) -> Result<Option<&EntryName>> {
        if self.next.is_none() {
            self.next = self.walk.next_step()?;
        }
        Ok(match &self.next {
            Some(Step::Enter(_, name)) => Some(name),
            Some(Step::Entry(_, entry)) => Some(&entry.name),
            Some(Step::Leave(..)) | None => None,
        })
    }

    /// Hands on the next entry, a folder with all that lies in it.
    fn each(&mut self, mut hear: impl FnMut(&Step) -> Result<()>) -> Result<()> {
        let mut depth = 0_u32;
        while let Some(step) = self.take()? {
            match step {
                Step::Enter(..) => depth = depth.saturating_add(1),
                Step::Leave(..) => depth = depth.saturating_sub(1),
                Step::Entry(..) => {}
            }
            hear(&step)?;
            if depth == 0 {
                break;
            }
        }
        Ok(())
    }
}

struct Both<'a, 'b> {
    older: Side<'a>,
    newer: Side<'a>,
    /// How deep below the root both are.
    depth: u32,
    hears: &'b mut dyn Hears,
}

impl Both<'_, '_> {
    /// Both are always in the same folder.
    fn walk(&mut self) -> Result<()> {
        loop {
            let goes_first = match (self.older.name()?, self.newer.name()?) {
                (Some(older), Some(newer)) => older.cmp(newer),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => {
                    if self.leave()? {
                        continue;
                    }
                    return Ok(());
                }
            };
            match goes_first {
                Ordering::Less => self.removed()?,
                Ordering::Greater => self.added()?,
                Ordering::Equal => self.same_name()?,
            }
        }
    }

    /// Leaves the folder; false when that was the root.
    fn leave(&mut self) -> Result<bool> {
        let left = (self.older.take()?, self.newer.take()?);
        if left.0.is_none() || left.1.is_none() || self.depth == 0 {
            return Ok(false);
        }
        self.depth = self.depth.saturating_sub(1);
        self.hears.leave();
        Ok(true)
    }

    fn removed(&mut self) -> Result<()> {
        self.older.each(|step| self.hears.removed(step))
    }

    fn added(&mut self) -> Result<()> {
        self.newer.each(|step| self.hears.added(step))
    }

    fn same_name(&mut self) -> Result<()> {
        match (&self.older.next, &self.newer.next) {
            (Some(Step::Enter(..)), Some(Step::Enter(_, name))) => {
                if self.older.walk.entered() == self.newer.walk.entered() {
                    self.older.walk.pass_over();
                    self.newer.walk.pass_over();
                } else {
                    self.depth = self.depth.saturating_add(1);
                    self.hears.enter(name);
                }
            }
            (Some(Step::Entry(_, older)), Some(Step::Entry(_, newer)))
                if is_file(older) == is_file(newer) =>
            {
                self.hears.both(older, newer)?;
            }
            _ => {
                self.removed()?;
                return self.added();
            }
        }
        (self.older.next, self.newer.next) = (None, None);
        Ok(())
    }
}

fn is_file(entry: &Entry) -> bool {
    matches!(entry.node, Node::File(_))
}
