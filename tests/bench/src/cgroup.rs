//! A control group: all processes that a run starts, daemons included.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

/// A group of version 2, which is removed with all its processes when dropped.
#[derive(Debug)]
pub(crate) struct Cgroup(PathBuf);

impl Cgroup {
    /// A new group; `None` where this machine or container grants none.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let folder = mounted()?.join(format!("qib-bench-{}-{name}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        Some(Self(folder))
    }

    /// Words before a command that make it a member.
    pub(crate) fn prefix(&self) -> [String; 4] {
        let join = format!(
            "echo 0 > '{}' && exec \"$@\"",
            self.0.join("cgroup.procs").display()
        );
        ["sh", "-c", &join, "sh"].map(str::to_owned)
    }

    /// Processor time of all members, dead ones included.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let text = fs::read_to_string(self.0.join("cpu.stat"))?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("usage_usec "));
        Ok(Duration::from_micros(
            line.context("cpu.stat without usage_usec")?.parse()?,
        ))
    }

    /// The members now.
    pub(crate) fn members(&self) -> Vec<u32> {
        let text = fs::read_to_string(self.0.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // What a tool leaves running, such as gpg's agent, ends with its run.
        drop(fs::write(self.0.join("cgroup.kill"), "1"));
        for _ in 0..100 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        eprintln!("qib-bench: {} is left behind", self.0.display());
    }
}

/// A program as a member of `group`, if there is one.
pub(crate) fn command(group: Option<&Cgroup>, program: &str) -> Command {
    let Some(group) = group else {
        return Command::new(program);
    };
    let [shell, rest @ ..] = group.prefix();
    let mut command = Command::new(shell);
    command.args(rest).arg(program);
    command
}

/// Removes the empty groups of benchmarks that ended without doing so.
pub(crate) fn clear_dead() {
    let groups = mounted().and_then(|folder| fs::read_dir(folder).ok());
    for group in groups.into_iter().flatten().flatten() {
        let name = group.file_name();
        let name = name.to_string_lossy();
        let number = name
            .strip_prefix("qib-bench-")
            .and_then(|rest| rest.split('-').next());
        if number.is_some_and(|number| !Path::new("/proc").join(number).exists()) {
            // One with members is not removed, and is no harm.
            drop(fs::remove_dir(group.path()));
        }
    }
}

fn mounted() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        (kind == "cgroup2").then(|| Path::new(place).to_owned())
    })
}
