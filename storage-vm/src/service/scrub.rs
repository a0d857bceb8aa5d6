//! `qib.Scrub`: objects are read again and compared with their names.

use super::{Daemon, Ended, said};
use crate::allowed::GetAllowed;
use crate::backend::Backend;
use crate::descriptor::Dom0;
use crate::digest::digest_of;
use crate::log;
use qib_rpc::fault::Fault;
use qib_rpc::limit::MAX_LISTED;
use qib_rpc::line::{LineError, Receiver, Sender};
use qib_rpc::message::record::{GetRecord, Place};
use qib_rpc::message::scrub::{ScrubObjects, Scrubbed};
use qib_rpc::object::{Kind, ObjectName};
use std::os::unix::net::UnixStream;

/// Bytes read between two words to dom0, which would take a longer silence for the end.
const MAX_SILENT_BYTES: u64 = 256 << 20;

/// What was read since the last word.
#[derive(Default)]
struct Since {
    objects: u64,
    bytes: u64,
    damaged: Vec<ObjectName>,
}

pub fn answer(stream: &UnixStream, daemon: &Daemon, dom0: &Dom0) -> Result<(), Ended> {
    let backend = daemon.places.of(dom0)?;
    let mut receiver = Receiver::new(stream);
    let mut sender = Sender::new(stream);
    while let Some(frame) = receiver.next_frame()? {
        let ScrubObjects { prefix, part } = said(&frame)?;
        let place = Place::Qube(prefix);
        let mut since = Since::default();
        for kind in Kind::ALL {
            let listed = backend.list(dom0, place, kind, Some(part));
            let listed = listed.map_err(|trouble| Fault::new(trouble.code()))?;
            for object in listed {
                let name = object.name;
                if name.digest.bytes().first() != Some(&part) {
                    continue;
                }
                let allowed = GetAllowed::dom0(dom0, GetRecord { place, name });
                since.read(backend, &allowed);
                if since.bytes >= MAX_SILENT_BYTES || since.damaged.len() == MAX_LISTED {
                    since.tell(&mut sender, false)?;
                }
            }
        }
        since.tell(&mut sender, true)?;
    }
    Ok(())
}

impl Since {
    fn read(&mut self, backend: &dyn Backend, allowed: &GetAllowed) {
        let name = allowed.spot().name;
        self.objects = self.objects.saturating_add(1);
        let read = backend.open(allowed, 0).and_then(|opened| {
            self.bytes = self.bytes.saturating_add(opened.bytes);
            Ok(digest_of(opened.input)?)
        });
        match read {
            Ok(digest) if digest == name.digest => {}
            Ok(_) => self.note(name, &"it is not what its name says"),
            Err(trouble) => self.note(name, &trouble),
        }
    }

    fn note(&mut self, name: ObjectName, why: &dyn std::fmt::Display) {
        log::line(format_args!("{name}: {why}"));
        self.damaged.push(name);
    }

    fn tell(&mut self, sender: &mut Sender<&UnixStream>, is_last: bool) -> Result<(), LineError> {
        let Self {
            objects,
            bytes,
            damaged,
        } = std::mem::take(self);
        sender.send(&Scrubbed {
            objects,
            bytes,
            damaged: damaged.try_into().map_err(|_| LineError::TooMuch)?,
            is_last,
        })
    }
}
