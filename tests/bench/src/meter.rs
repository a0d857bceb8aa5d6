//! What a run costs: time, processor time, memory.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::cgroup::Cgroup;

/// How often memory is looked at. The kernel keeps each process' peak itself; only what it grew
/// by in its last moments is missed.
const INTERVAL: Duration = Duration::from_millis(10);

/// What a run cost.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    /// Of all processes of the run; `None` without control groups, as the next.
    pub(crate) processor: Option<Duration>,
    /// The largest memory of a process, in bytes, by the processes' name.
    peaks: BTreeMap<String, u64>,
}

impl Cost {
    /// The largest process of this name, or of all.
    pub(crate) fn peak(&self, name: Option<&str>) -> Option<u64> {
        match name {
            Some(name) => self.peaks.get(name).copied(),
            None => self.peaks.values().max().copied(),
        }
    }
}

/// Runs `work`, whose processes are in `group`.
pub(crate) fn measure<T>(
    group: Option<&Cgroup>,
    work: impl FnOnce() -> Result<T>,
) -> Result<(T, Cost)> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(group, &done));
        let before = group.map(Cgroup::processor_time).transpose()?;
        let began = Instant::now();
        let result = work();
        let time = began.elapsed();
        let after = group.map(Cgroup::processor_time).transpose();
        done.store(true, Ordering::Relaxed);
        let peaks = watcher.join().ok().context("the watcher of memory died")?;
        let processor = before
            .zip(after?)
            .map(|(before, after)| after.saturating_sub(before));
        let cost = Cost {
            time,
            processor,
            peaks,
        };
        Ok((result?, cost))
    })
}

fn watch(group: Option<&Cgroup>, done: &AtomicBool) -> BTreeMap<String, u64> {
    let mut peaks = BTreeMap::new();
    while !done.load(Ordering::Relaxed) {
        for member in group.map(Cgroup::members).unwrap_or_default() {
            if let Some((name, bytes)) = peak(member) {
                let known = peaks.entry(name).or_insert(0);
                *known = bytes.max(*known);
            }
        }
        thread::sleep(INTERVAL);
    }
    peaks
}

/// Name and peak memory of a process that still lives.
fn peak(process: u32) -> Option<(String, u64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    let kib: u64 = field("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok()?;
    Some((field("Name:")?.trim().to_owned(), kib.saturating_mul(1024)))
}
