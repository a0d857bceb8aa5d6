//! Every call that `qib` makes of dom0's programs and daemons, with its answer, in one order; and
//! what a test wants to happen right after one of them.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::world::World;

/// What is to happen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Act {
    /// The caller dies, as in a crash.
    Kill,
    /// A qube starts.
    Start(String),
    /// A qube stops.
    Stop(String),
    /// A qube is stopped and removed.
    Remove(String),
}

/// When: once so many calls that begin so were carried out, before the caller hears so.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Trap {
    pub(crate) begins: String,
    pub(crate) nth: u64,
    pub(crate) act: Act,
}

/// The trap that is set now.
#[derive(Default)]
pub(crate) struct Calls(Mutex<Option<Trap>>);

impl Calls {
    pub(crate) fn set(&self, trap: Trap) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(trap);
    }

    /// What this call triggers.
    fn trigger(&self, call: &str) -> Option<Act> {
        let mut trap = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let set = trap.as_mut().filter(|set| call.starts_with(&set.begins))?;
        set.nth = set.nth.saturating_sub(1);
        if set.nth > 0 {
            return None;
        }
        trap.take().map(|set| set.act)
    }
}

impl World {
    /// Notes a call of this process, if that is `qib`.
    pub(crate) fn called(self: &Arc<Self>, process: Option<u32>, call: &str, answer: &str) {
        let Some(qib) = process.filter(|process| is_qib(*process)) else {
            return;
        };
        self.note(call, answer);
        match self.calls.trigger(call) {
            None => {}
            Some(Act::Kill) => {
                let pid = i32::try_from(qib).ok().and_then(Pid::from_raw);
                if let Some(pid) = pid {
                    let _gone = kill_process(pid, Signal::KILL);
                }
            }
            Some(Act::Start(name)) => drop(self.start(&name)),
            Some(Act::Stop(name)) => drop(self.stop(&name)),
            Some(Act::Remove(name)) => {
                drop(self.stop(&name));
                drop(self.remove(&name));
            }
        }
    }

    /// A log that cannot be written stops nothing.
    pub(crate) fn note(&self, call: &str, answer: &str) {
        let answer: String = answer.lines().map(|line| format!("    {line}\n")).collect();
        let text = format!("{call}\n{answer}");
        let log = self.layout.log("calls");
        let file = File::options().create(true).append(true).open(log);
        drop(file.and_then(|mut file| file.write_all(text.as_bytes())));
    }
}

fn is_qib(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.trim_end() == "qib")
}

/// Who is at the other end of a connection.
pub(crate) fn peer(socket: impl AsFd) -> Option<u32> {
    let peer = rustix::net::sockopt::socket_peercred(socket).ok()?;
    u32::try_from(peer.pid.as_raw_nonzero().get()).ok()
}

/// Who started a process.
pub(crate) fn parent(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}
