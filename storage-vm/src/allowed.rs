//! Proofs that something may be done. Only the checks here make them.

use crate::descriptor::Dom0;
use crate::permit::{Permit, Permits, Share};
use crate::spot::Spot;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::Prefix;
use qib_rpc::message::forget::ObjectNames;
use qib_rpc::message::object::PutObject;
use qib_rpc::message::permit::Verbs;
use qib_rpc::message::record::{GetRecord, Place, PutRecord};
use qib_rpc::object::{Kind, ObjectName};
use std::sync::Arc;

/// Proof that an object of this size may be put at this spot.
#[derive(Debug)]
pub struct PutAllowed {
    spot: Spot,
    bytes: u64,
    share: Option<Share>,
}

impl PutAllowed {
    /// For a helper: what its backup makes, within its quota.
    ///
    /// # Errors
    /// A fault that says what the permit does not allow.
    pub fn helper(permit: &Arc<Permit>, request: PutObject) -> Result<Self, Fault> {
        let PutObject { name, bytes } = request;
        let makes = matches!(permit.request().verbs, Verbs::Backup(_));
        if !makes || !name.kind.is_made_by_backup() || bytes > name.kind.max_bytes() {
            return Err(Fault::about(Code::NotAllowed, name.digest));
        }
        let share = permit
            .promise(bytes)
            .map_err(|code| Fault::about(code, name.digest))?;
        Ok(Self {
            spot: under(permit, name),
            bytes,
            share: Some(share),
        })
    }

    /// For dom0: its own kinds of objects, wherever it says.
    ///
    /// # Errors
    /// A fault when a helper makes this kind, or the object is too large.
    pub fn dom0(_caller: &Dom0, request: PutRecord) -> Result<Self, Fault> {
        let PutRecord { place, name, bytes } = request;
        if name.kind.is_made_by_backup() || bytes > name.kind.max_bytes() {
            return Err(Fault::about(Code::NotAllowed, name.digest));
        }
        Ok(Self {
            spot: Spot { place, name },
            bytes,
            share: None,
        })
    }

    /// Where.
    pub fn spot(&self) -> &Spot {
        &self.spot
    }

    /// How large.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// True unless the permit has ended since.
    pub fn lives(&self) -> bool {
        self.share.as_ref().is_none_or(Share::lives)
    }

    /// The object is durable and was not there before: it counts.
    pub fn take(self) {
        if let Some(share) = self.share {
            share.take();
        }
    }
}

/// Proof that the object at this spot may be got.
#[derive(Debug)]
pub struct GetAllowed {
    spot: Spot,
    for_backup: bool,
}

impl GetAllowed {
    /// For a helper: the objects that its permit lists, or in a restore any.
    ///
    /// # Errors
    /// A fault when the permit does not allow it.
    pub fn helper(permit: &Permit, name: ObjectName) -> Result<Self, Fault> {
        let may = match &permit.request().verbs {
            Verbs::Backup(readable) => readable.names().contains(&name),
            Verbs::Restore => true,
        };
        if !permit.lives() {
            Err(Fault::about(Code::NoPermit, name.digest))
        } else if may {
            Ok(Self {
                spot: under(permit, name),
                for_backup: matches!(permit.request().verbs, Verbs::Backup(_)),
            })
        } else {
            Err(Fault::about(Code::NotAllowed, name.digest))
        }
    }

    /// For dom0: any object.
    pub fn dom0(_caller: &Dom0, request: GetRecord) -> Self {
        let GetRecord { place, name } = request;
        Self {
            spot: Spot { place, name },
            for_backup: false,
        }
    }

    /// Where.
    pub fn spot(&self) -> &Spot {
        &self.spot
    }

    /// True for an index that a backup goes on from: it proves nothing about the place.
    pub fn is_index_for_backup(&self) -> bool {
        self.for_backup && self.spot.name.kind == Kind::Index
    }
}

/// Proof that these objects may be moved to the trash, or back.
#[derive(Debug)]
pub struct TrashAllowed {
    prefix: Prefix,
    names: ObjectNames,
}

impl TrashAllowed {
    /// For dom0: what backups made, while no session of the prefix lives.
    ///
    /// # Errors
    /// A fault when one lives, or a name is of another kind.
    pub fn dom0(
        _caller: &Dom0,
        permits: &Permits,
        prefix: Prefix,
        names: ObjectNames,
    ) -> Result<Self, Fault> {
        let mut items = names.items().iter();
        if let Some(name) = items.find(|name| !name.kind.is_made_by_backup()) {
            return Err(Fault::about(Code::NotAllowed, name.digest));
        }
        if permits.any_lives(prefix) {
            return Err(Fault::new(Code::SessionLives));
        }
        Ok(Self { prefix, names })
    }

    /// Where they lie.
    pub fn prefix(&self) -> Prefix {
        self.prefix
    }

    /// Which.
    pub fn names(&self) -> &[ObjectName] {
        self.names.items()
    }
}

fn under(permit: &Permit, name: ObjectName) -> Spot {
    Spot {
        place: Place::Qube(permit.request().prefix),
        name,
    }
}
