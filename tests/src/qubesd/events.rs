//! `admin.Events`: what happens in the lab, told to all who listen, as it happens.
//!
//! Of qubesd's events the lab has those of qubes that come, go, start and stop.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

use super::answer::{Answer, enforce};
use super::table::Call;
use crate::daemon::world::World;

pub(crate) const METHOD: &str = "admin.Events";

/// Who listens.
#[derive(Default)]
pub(crate) struct Listeners(Mutex<Vec<Sender<Vec<u8>>>>);

impl Listeners {
    /// Tells an event. What happens to no qube but to the whole machine has no subject.
    pub(crate) fn tell(&self, subject: &str, event: &str, details: &[(&str, &str)]) {
        let bytes = encode(subject, event, details);
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.send(bytes.clone()).is_ok());
    }
}

/// Whether the call may be made; who makes it is then served by [`stream`].
pub(crate) fn allow(_world: &Arc<World>, call: &Call) -> Answer {
    enforce(call.argument.is_empty() && call.payload.is_empty() && call.destination == "dom0")?;
    Ok(String::new())
}

/// Tells events until the listener is gone.
pub(crate) fn stream(world: &World, mut to: UnixStream) -> Result<()> {
    let (sender, receiver) = channel();
    let mut listeners = world
        .listeners
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    listeners.push(sender);
    drop(listeners);
    to.write_all(&encode("", "connection-established", &[]))?;
    for event in receiver {
        to.write_all(&event)?;
    }
    Ok(())
}

fn encode(subject: &str, event: &str, details: &[(&str, &str)]) -> Vec<u8> {
    let details = details
        .iter()
        .map(|(key, value)| format!("{key}\0{value}\0"));
    let details: String = details.collect();
    format!("1\0{subject}\0{event}\0{details}\0").into_bytes()
}
