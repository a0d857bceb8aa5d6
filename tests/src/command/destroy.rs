//! `qib-lab destroy`

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::control::{Request, ask};
use crate::layout::Layout;
use crate::pool::mounted;
use crate::tool::tool;
use crate::userns;

const KILL_LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn main(dir: &Path) -> Result<ExitCode> {
    destroy(&Layout::existing(dir)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Ends every process of the lab, frees its devices and mounts, removes its folder.
pub(crate) fn destroy(layout: &Layout) -> Result<()> {
    // A daemon that is dead or stuck is killed below with the rest.
    drop(ask(&layout.control_socket(), &Request::Shutdown));
    end_processes(&layout.id()?)?;
    if userns::is_root() {
        detach_loops(layout)?;
        mounted::unmount_all(layout)?;
    }
    fs::remove_dir_all(layout.dir())?;
    Ok(())
}

/// Whoever has this lab's mark in its /run is in its dom0: the daemon and what `exec` ran. The
/// qubes end with the daemon.
fn end_processes(id: &str) -> Result<()> {
    let limit = Instant::now() + KILL_LIMIT;
    loop {
        let found = processes(id)?;
        if found.is_empty() {
            return Ok(());
        }
        if Instant::now() > limit {
            bail!("processes {found:?} of the lab do not end");
        }
        for pid in found {
            // It may have ended by itself just now.
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn processes(id: &str) -> Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else {
            continue;
        };
        let mark = fs::read_to_string(entry.path().join("root/run/qib-lab/id"));
        if mark.is_ok_and(|mark| mark == id) && pid != rustix::process::getpid() {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Devices that a killed program left over the pool's files. They are known by the file system
/// below them: a path says nothing once the namespace that it was opened in is gone.
fn detach_loops(layout: &Layout) -> Result<()> {
    if mounted::mounts_at(&layout.pool_mount())? == 0 {
        return Ok(());
    }
    let pool = fs::metadata(layout.pool_mount())?.dev();
    let pool = format!("{}:{}", rustix::fs::major(pool), rustix::fs::minor(pool));
    let columns = ["--list", "--noheadings", "--output", "NAME,BACK-MAJ:MIN"];
    let listed = tool("losetup").args(columns).output()?;
    for line in String::from_utf8(listed.stdout)?.lines() {
        let mut words = line.split_whitespace();
        let (Some(device), Some(below)) = (words.next(), words.next()) else {
            continue;
        };
        if below == pool {
            tool("losetup").args(["--detach", device]).status()?;
        }
    }
    Ok(())
}
