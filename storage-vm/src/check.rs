//! `qib-storage check`: tries all that a place must be able to do, and says what it saw.

use crate::config::{Config, ConfigError, PlaceConfig, Site, Transfer};
use crate::confine;
use crate::log;
use crate::place;
use crate::remote::{plain, travelling};
use opendal::blocking::Operator;
use opendal::options::WriteOptions;
use opendal::{Error, ErrorKind};
use rustix::fs::statvfs;
use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::runtime::Builder;

/// Of our own, below the place's root.
const FOLDER: &str = "qib-check/";

const SMALL: usize = 1 << 20;
const LARGE: usize = 8 << 20;
const ROUND_TRIPS: usize = 5;

/// More than clocks that somebody sets differ by.
const CLOCK_SLACK: u64 = 300;

/// What does not work.
#[derive(Debug)]
enum CheckError {
    /// The configuration can not be used.
    Config(ConfigError),
    /// A step failed.
    Step(&'static str, String),
}

impl From<ConfigError> for CheckError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(out),
            Self::Step(step, why) => write!(out, "the place can not be used: {step}: {why}"),
        }
    }
}

impl std::error::Error for CheckError {}

type Outcome<T = ()> = Result<T, CheckError>;

/// Tries everything at each place, and prints a line for each step. True when backups can be kept
/// at all of them; what is wrong is said.
pub fn run(config: &Config) -> bool {
    // What the daemon could not do is found out here.
    if let Err(error) = confine::before_opening(config) {
        log::line(format_args!("{error}"));
        return false;
    }
    let mut is_well = true;
    for (name, site) in config.sites() {
        if let Some(name) = name {
            say("place", format_args!("{name}"));
        }
        if let Err(error) = tried(site) {
            log::line(format_args!("{error}"));
            is_well = false;
        }
    }
    is_well
}

/// Tries one place.
fn tried(site: &Site) -> Outcome {
    if let PlaceConfig::Folder(folder) = &site.place {
        folder.find_mounted()?;
        std::fs::create_dir_all(&folder.path)
            .map_err(|error| CheckError::Step("open", error.to_string()))?;
    }
    let (operator, _) = place::reached(&site.place)?;
    // Whoever looks on wants to know at once.
    let transfer = Transfer {
        retries: 1,
        ..site.transfer.clone()
    };
    let operator = travelling(operator, &transfer);
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CheckError::Step("begin", error.to_string()))?;
    let _on_it = runtime.enter();
    let store = Operator::new(operator).map_err(|error| failed("begin", &error))?;
    let tried = all(&store, site);
    let cleared = ["one", "two", "large", ""].map(|name| store.delete(&format!("{FOLDER}{name}")));
    tried?;
    let cleared: Result<(), Error> = cleared.into_iter().collect();
    cleared.map_err(|error| failed("remove", &error))
}

fn all(store: &Operator, site: &Site) -> Outcome {
    let path = format!("{FOLDER}one");
    let content = noise(SMALL);
    let took = timed("write", || store.write(&path, content.clone()))?;
    say("write", format_args!("1 MiB in {took:.1?}"));

    let (read, _) = answered("read back", || store.read(&path))?;
    same("read back", &read.to_vec(), &content)?;
    say("read back", format_args!("the same bytes"));

    range(store, &path, &content)?;
    listed(store)?;
    exclusive(store, &path, &content)?;
    moved(store, &path)?;
    clock(store, &path)?;
    speed(store)?;
    room(site)?;

    timed("remove", || store.delete(&path))?;
    match store.stat(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            say("remove", format_args!("it is gone"))
        }
        _ => return Err(wrong("remove", "what was removed is still there")),
    }
    Ok(())
}

fn range(store: &Operator, path: &str, content: &[u8]) -> Outcome {
    let (from, to) = (4097_u64, 8195_u64);
    let reader = store
        .reader(path)
        .map_err(|error| failed("range", &error))?;
    let read = reader
        .read(from..to)
        .map_err(|error| failed("range", &error))?;
    same(
        "range",
        &read.to_vec(),
        content.get(4097..8195).unwrap_or_default(),
    )?;
    say("range", format_args!("a part of it, alone"));
    Ok(())
}

fn listed(store: &Operator) -> Outcome {
    let (entries, _) = answered("list", || store.list(FOLDER))?;
    match entries.iter().any(|entry| entry.name() == "one") {
        true => say("list", format_args!("it is there")),
        false => return Err(wrong("list", "what was written is not in the list")),
    }
    Ok(())
}

/// A place that takes another under the same name is no danger, as names are digests.
fn exclusive(store: &Operator, path: &str, content: &[u8]) -> Outcome {
    let step = "create only";
    if !store.info().capability().write_with_if_not_exists {
        say(step, format_args!("not offered: we look before we write"));
        return Ok(());
    }
    let options = WriteOptions {
        if_not_exists: true,
        ..WriteOptions::default()
    };
    match store.write_options(path, content.to_vec(), options) {
        Err(_) => say(step, format_args!("a name is not given twice")),
        Ok(_) => say(
            step,
            format_args!("asked for and ignored: we look before we write"),
        ),
    }
    Ok(())
}

fn moved(store: &Operator, path: &str) -> Outcome {
    let (step, other) = ("move", format!("{FOLDER}two"));
    let capability = store.info().capability();
    if capability.rename {
        timed(step, || store.rename(path, &other))?;
        timed(step, || store.rename(&other, path))?;
        say(step, format_args!("by renaming"));
    } else {
        timed(step, || store.copy(path, &other))?;
        timed(step, || store.delete(&other))?;
        say(step, format_args!("by copying"));
    }
    Ok(())
}

fn clock(store: &Operator, path: &str) -> Outcome {
    let (metadata, _) = answered("clock", || store.stat(path))?;
    let Some(theirs) = metadata.last_modified() else {
        say("clock", format_args!("the place tells no times"));
        return Ok(());
    };
    let theirs = SystemTime::from(theirs).duration_since(UNIX_EPOCH);
    let ours = SystemTime::now().duration_since(UNIX_EPOCH);
    let apart = ours
        .unwrap_or_default()
        .as_secs()
        .abs_diff(theirs.unwrap_or_default().as_secs());
    match apart <= CLOCK_SLACK {
        true => say("clock", format_args!("as ours, within {apart} s")),
        false => say(
            "clock",
            format_args!("{apart} s from ours: one of the two is wrong"),
        ),
    }
    Ok(())
}

fn speed(store: &Operator) -> Outcome {
    let (path, content) = (format!("{FOLDER}large"), noise(LARGE));
    let up = timed("speed", || store.write(&path, content.clone()))?;
    let (read, down) = answered("speed", || store.read(&path))?;
    same("speed", &read.to_vec(), &content)?;
    let mut trips = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        trips.push(timed("speed", || store.stat(&path))?);
    }
    trips.sort_unstable();
    let trip = trips.get(ROUND_TRIPS / 2).copied().unwrap_or_default();
    say("round trip", format_args!("{trip:.1?}"));
    say(
        "throughput",
        format_args!("{:.1} MB/s there, {:.1} MB/s back", rate(up), rate(down)),
    );
    timed("speed", || store.delete(&path))?;
    Ok(())
}

fn room(site: &Site) -> Outcome {
    let PlaceConfig::Folder(folder) = &site.place else {
        say("free space", format_args!("the place does not tell"));
        return Ok(());
    };
    let status = statvfs(&folder.path).map_err(|error| wrong("free space", &error.to_string()))?;
    let free = status.f_bavail.saturating_mul(status.f_frsize) >> 20;
    say("free space", format_args!("{free} MiB"));
    Ok(())
}

fn say(step: &str, what: fmt::Arguments<'_>) {
    use std::io::Write;
    let _unread = writeln!(std::io::stdout(), "{step:<12} {what}");
}

fn answered<T>(
    step: &'static str,
    work: impl FnOnce() -> Result<T, Error>,
) -> Outcome<(T, Duration)> {
    let began = Instant::now();
    let answer = work().map_err(|error| failed(step, &error))?;
    Ok((answer, began.elapsed()))
}

fn timed<T>(step: &'static str, work: impl FnOnce() -> Result<T, Error>) -> Outcome<Duration> {
    answered(step, work).map(|(_, took)| took)
}

fn same(step: &'static str, read: &[u8], written: &[u8]) -> Outcome {
    match read == written {
        true => Ok(()),
        false => Err(wrong(step, "it gave other bytes than were written")),
    }
}

fn failed(step: &'static str, error: &Error) -> CheckError {
    CheckError::Step(step, plain(error))
}

fn wrong(step: &'static str, why: &str) -> CheckError {
    CheckError::Step(step, why.to_owned())
}

fn rate(took: Duration) -> f64 {
    let bytes = u32::try_from(LARGE).unwrap_or(u32::MAX);
    f64::from(bytes) / 1e6 / took.as_secs_f64().max(1e-9)
}

/// Bytes that no place can make smaller.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..bytes / 8).flat_map(next).collect()
}
