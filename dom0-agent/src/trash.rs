//! What lies under a prefix at the storage qube, and its trash. Only dom0 lists and removes.

use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::talk::Talk;
use qib_rpc::id::Prefix;
use qib_rpc::limit::MAX_LISTED;
use qib_rpc::message::forget::{
    EmptyTrash, ListObjects, ListTrash, Listed, ListedObject, Moved, ObjectNames, TrashObjects,
    Undelete,
};
use qib_rpc::object::{Kind, ObjectName};
use qib_rpc::service::Service;

/// More objects than any prefix has; a list that goes on is a lie.
const MOST_OBJECTS: usize = 4_000_000;

/// A conversation with storage about what lies there.
pub struct Trash(Talk);

impl Trash {
    /// Calls a storage qube.
    ///
    /// # Errors
    /// When it can not be called.
    pub fn start(machine: &Machine, storage: &Destination) -> Result<Self> {
        let (service, stop) = (Service::Forget, &machine.stop);
        Talk::with_storage(storage, service, u64::MAX, stop).map(Self)
    }

    /// Hands every object of a kind that storage lists on to `take`.
    ///
    /// # Errors
    /// When storage refuses, the line breaks, or the list has no end.
    pub fn each(
        &mut self,
        prefix: Prefix,
        kind: Kind,
        mut take: impl FnMut(ListedObject),
    ) -> Result<()> {
        self.0.say(&ListObjects { prefix, kind })?;
        // Of another kind it is none that was asked for.
        self.hear_list(|object| {
            if object.name.kind == kind {
                take(object);
            }
        })
    }

    /// Hands every object in the trash on to `take`.
    ///
    /// # Errors
    /// As [`Self::each`].
    pub fn each_trashed(&mut self, prefix: Prefix, take: impl FnMut(ListedObject)) -> Result<()> {
        self.0.say(&ListTrash { prefix })?;
        self.hear_list(take)
    }

    /// Moves objects to the trash.
    ///
    /// # Errors
    /// When storage refuses or the line breaks.
    pub fn trash(&mut self, prefix: Prefix, now: i64, names: &[ObjectName]) -> Result<()> {
        for names in names.chunks(MAX_LISTED) {
            let (now, names) = (seconds(now), some(names)?);
            self.0.say(&TrashObjects { prefix, now, names })?;
            let _counted_before: Moved = self.0.hear()?;
        }
        Ok(())
    }

    /// Moves objects back, and says how many it was.
    ///
    /// # Errors
    /// When storage refuses or the line breaks.
    pub fn undelete(&mut self, prefix: Prefix, names: &[ObjectName]) -> Result<u64> {
        let mut objects = 0u64;
        for names in names.chunks(MAX_LISTED) {
            let names = some(names)?;
            self.0.say(&Undelete { prefix, names })?;
            let moved: Moved = self.0.hear()?;
            objects = objects.saturating_add(moved.objects);
        }
        Ok(objects)
    }

    /// Removes for ever what has been in the trash for so many days.
    ///
    /// # Errors
    /// When storage refuses or the line breaks.
    pub fn empty(&mut self, prefix: Prefix, now: i64, days: u32) -> Result<Moved> {
        let now = seconds(now);
        self.0.say(&EmptyTrash { prefix, now, days })?;
        self.0.hear()
    }

    fn hear_list(&mut self, mut take: impl FnMut(ListedObject)) -> Result<()> {
        let mut count = 0usize;
        loop {
            let Listed { objects, is_last } = self.0.hear()?;
            count = count.saturating_add(objects.items().len().max(1));
            objects.items().iter().copied().for_each(&mut take);
            if is_last {
                return Ok(());
            }
            if count > MOST_OBJECTS {
                let text = "the storage qube lists more objects than there can be";
                return Err(Error::Disagree(text.to_owned()));
            }
        }
    }
}

fn some(names: &[ObjectName]) -> Result<ObjectNames> {
    let names = names.to_vec().try_into();
    names.map_err(|text: &str| Error::Disagree(text.to_owned()))
}

fn seconds(now: i64) -> u64 {
    u64::try_from(now).unwrap_or(0)
}
