//! What must be true of each object, from what was asked and what was answered.

use super::session::{OBJECTS, Which, undelete};
use crate::bench::{Daemon, Line, PREFIX};
use qib_rpc::fault::Code;
use qib_rpc::message::forget::{ListObjects, ListTrash, Listed};
use qib_rpc::message::record::{FindNewest, GetRecord, Newest, Place};
use qib_rpc::object::{Kind, ObjectName};
use std::collections::BTreeSet;

/// Where an object may be. One that is served may lie in the trash as well.
#[derive(Clone, Copy, Debug)]
struct May {
    be_served: bool,
    be_in_the_trash: bool,
    be_nowhere: bool,
}

/// All objects of a session.
#[derive(Clone, Debug)]
pub struct Promised {
    objects: Vec<May>,
    /// Asked for, and acknowledged.
    asked: BTreeSet<Which>,
    put: BTreeSet<Which>,
}

/// Where an object belongs.
pub fn spot(which: Which) -> (Place, ObjectName) {
    let name = OBJECTS[which].name;
    let place = match name.kind {
        Kind::Ledger => Place::Root,
        _ => Place::Qube(PREFIX),
    };
    (place, name)
}

impl Promised {
    pub fn nothing() -> Self {
        let nowhere = May {
            be_served: false,
            be_in_the_trash: false,
            be_nowhere: true,
        };
        Self {
            objects: vec![nowhere; OBJECTS.len()],
            asked: BTreeSet::new(),
            put: BTreeSet::new(),
        }
    }

    pub fn asked_to_put(&mut self, which: Which) {
        self.objects[which].be_served = true;
        self.asked.insert(which);
    }

    pub fn put(&mut self, which: Which) {
        self.objects[which] = May {
            be_served: true,
            be_in_the_trash: false,
            be_nowhere: false,
        };
        self.put.insert(which);
    }

    pub fn asked_to_forget(&mut self, all: &[Which]) {
        for which in all {
            let may = &mut self.objects[*which];
            may.be_in_the_trash |= may.be_served;
        }
    }

    /// A second try may find them moved already, and what the disk has of that nobody can tell:
    /// they may come back by themselves. They are not lost.
    pub fn forgot(&mut self, all: &[Which], at_once: bool) {
        for which in all {
            self.objects[*which].be_served &= !at_once;
        }
    }

    pub fn asked_to_undelete(&mut self, all: &[Which]) {
        for which in all {
            let may = &mut self.objects[*which];
            may.be_served |= may.be_in_the_trash;
        }
    }

    pub fn undeleted(&mut self, all: &[Which]) {
        for which in all {
            self.objects[*which].be_in_the_trash = false;
        }
    }

    pub fn asked_to_empty(&mut self) {
        for may in &mut self.objects {
            may.be_nowhere |= may.be_in_the_trash;
        }
    }

    /// All of it is true of a disk that works; `when` is for whoever reads that it is not.
    pub fn is_kept(&self, daemon: &Daemon, when: &str) {
        let mut trash = daemon.call("qib.Forget+ dom0");
        trash.tx.send(&ListTrash { prefix: PREFIX }).unwrap();
        let trashed = listed(&mut trash);
        for (which, may) in self.objects.iter().enumerate() {
            let name = OBJECTS[which].name;
            let is_served = is_served(daemon, which, when);
            let fine = if is_served {
                may.be_served
            } else if trashed.contains(&name) {
                may.be_in_the_trash
            } else {
                may.be_nowhere
            };
            let in_trash = trashed.contains(&name);
            assert!(
                fine,
                "{when}: {which} {name} is served: {is_served}, in the trash: {in_trash}, and {may:?}"
            );
        }
        for kind in [Kind::Index, Kind::Packs, Kind::Ledger, Kind::Settings] {
            self.order_is_kept(daemon, kind, when);
        }
    }

    /// What lies in the trash comes back whole.
    pub fn comes_back(mut self, daemon: &Daemon, when: &str) {
        let all: Vec<Which> = (0..OBJECTS.len())
            .filter(|which| OBJECTS[*which].name.kind.is_made_by_backup())
            .collect();
        undelete(daemon, &mut self, &all).unwrap();
        self.is_kept(daemon, when);
    }

    fn order_is_kept(&self, daemon: &Daemon, kind: Kind, when: &str) {
        let of_kind: Vec<Which> = (0..OBJECTS.len())
            .filter(|which| OBJECTS[*which].name.kind == kind)
            .collect();
        let (place, _) = spot(of_kind[0]);
        let mut line = daemon.records();
        line.tx.send(&FindNewest { place, kind }).unwrap();
        let newest = line.expect::<Newest>().name;
        let said = of_kind
            .iter()
            .rfind(|which| Some(OBJECTS[**which].name) == newest);
        // The last one of those that must be there, or one that was asked for after it.
        let must = of_kind.iter().rfind(|which| {
            let may = self.objects[**which];
            self.put.contains(which) && !may.be_in_the_trash && !may.be_nowhere
        });
        assert!(said >= must, "{when}: {said:?} is newest, and not {must:?}");
        assert!(said.is_none_or(|which| self.asked.contains(which)));
    }
}

fn is_served(daemon: &Daemon, which: Which, when: &str) -> bool {
    let (place, name) = spot(which);
    let mut line = daemon.records();
    line.tx.send(&GetRecord { place, name }).unwrap();
    let is_there = match line.take_object() {
        Ok(bytes) => {
            assert!(bytes == OBJECTS[which].bytes, "{when}: other bytes: {name}");
            true
        }
        Err(fault) => {
            assert_eq!(fault.code, Code::Missing, "{when}: {name}");
            false
        }
    };
    if let Place::Qube(prefix) = place {
        let kind = name.kind;
        let mut list = daemon.call("qib.Forget+ dom0");
        list.tx.send(&ListObjects { prefix, kind }).unwrap();
        assert_eq!(listed(&mut list).contains(&name), is_there, "{when}");
    }
    is_there
}

fn listed(line: &mut Line) -> BTreeSet<ObjectName> {
    let mut all = BTreeSet::new();
    loop {
        let Listed { objects, is_last } = line.expect();
        all.extend(objects.items().iter().map(|object| object.name));
        if is_last {
            return all;
        }
    }
}
