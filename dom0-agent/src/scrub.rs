//! Scrubbing one prefix, part by part, from where the last scrub ended.
//!
//! Where that was is in a file of dom0's own, which only saves work.

use crate::destination::Destination;
use crate::error::{Error, Result, at};
use crate::machine::Machine;
use crate::paths::STATE;
use crate::talk::Talk;
use qib_rpc::id::Prefix;
use qib_rpc::message::scrub::{ScrubObjects, Scrubbed};
use qib_rpc::object::ObjectName;
use qib_rpc::service::Service;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Damaged objects that dom0 takes the names of; one more is as bad.
const MOST_DAMAGED: usize = 100_000;

/// What storage says it read.
#[derive(Debug, Default)]
pub struct Read {
    /// Objects.
    pub objects: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Those that are not what their names say.
    pub damaged: Vec<ObjectName>,
}

/// Has so many percent of the objects of a prefix read, at the storage qube where they lie.
///
/// # Errors
/// When storage refuses or the line breaks; the next scrub goes on from there.
pub fn scrub(
    machine: &Machine,
    storage: &Destination,
    prefix: Prefix,
    percent: u32,
) -> Result<Read> {
    let (service, stop) = (Service::Scrub, &machine.stop);
    let mut talk = Talk::with_storage(storage, service, u64::MAX, stop)?;
    let mut read = Read::default();
    let parts = 256u32.saturating_mul(percent).div_ceil(100);
    let mut next = next_parts().get(&prefix).copied().unwrap_or(0);
    for _ in 0..parts {
        talk.say(&ScrubObjects { prefix, part: next })?;
        hear(&mut talk, &mut read)?;
        next = next.wrapping_add(1);
        note(prefix, next)?;
    }
    Ok(read)
}

fn hear(talk: &mut Talk, read: &mut Read) -> Result<()> {
    loop {
        let told: Scrubbed = talk.hear()?;
        read.objects = read.objects.saturating_add(told.objects);
        read.bytes = read.bytes.saturating_add(told.bytes);
        read.damaged.extend_from_slice(told.damaged.items());
        if read.damaged.len() > MOST_DAMAGED {
            let text = "the storage qube says that most of its objects are damaged";
            return Err(Error::Disagree(text.to_owned()));
        }
        if told.is_last {
            return Ok(());
        }
    }
}

fn path() -> PathBuf {
    Path::new(STATE).join("scrubbed")
}

/// The part that is next, of each prefix.
fn next_parts() -> BTreeMap<Prefix, u8> {
    let text = fs::read_to_string(path()).unwrap_or_default();
    let parse = |line: &str| {
        let (prefix, part) = line.split_once(' ')?;
        Some((Prefix::parse(prefix)?, part.parse().ok()?))
    };
    text.lines().filter_map(parse).collect()
}

fn note(prefix: Prefix, next: u8) -> Result<()> {
    let mut parts = next_parts();
    parts.insert(prefix, next);
    let line = |(prefix, part): (&Prefix, &u8)| format!("{prefix} {part}\n");
    let text: String = parts.iter().map(line).collect();
    let fresh = path().with_extension("new");
    fs::write(&fresh, text).map_err(at(&fresh))?;
    fs::rename(&fresh, path()).map_err(at(path()))
}
