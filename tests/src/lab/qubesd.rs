//! A test's way to qubesd, from outside dom0.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::path::Path;

use anyhow::{Context, Result};

use super::Lab;
use crate::control::{self, Request};
use crate::daemon::calls::{Act, Trap};
use crate::daemon::launch;
use crate::layout::Layout;
use crate::unix_path;

impl Lab {
    /// The process number of the lab's daemon, while it lives.
    pub fn daemon(&self) -> Option<u32> {
        launch::running(&Layout::existing(&self.dir()).ok()?)
    }

    /// What is to happen right after so many calls of qib's that begin so, such as
    /// `qubesd admin.vm.Start` or `dom0 lvm lvs`; before the caller hears of it.
    pub fn trap(&self, begins: &str, nth: u64, act: Act) -> Result<()> {
        let begins = begins.to_owned();
        let trap = Trap { begins, nth, act };
        let layout = Layout::existing(&self.dir())?;
        launch::ask_daemon(&layout, &Request::Trap(trap)).map(drop)
    }

    /// Has qubesd say that the pool is so full.
    pub fn fill_pool(&self, percent: u64) -> Result<()> {
        let path = Layout::existing(&self.dir())?.full();
        Ok(std::fs::write(path, percent.to_string())?)
    }

    /// Has the person at the desk say yes when policy asks; before, it is no.
    pub fn agree(&self) -> Result<()> {
        let path = Layout::existing(&self.dir())?.agrees();
        Ok(std::fs::write(path, "")?)
    }

    /// The calls since the last look, each with its answer.
    pub fn calls(&self) -> Result<Vec<String>> {
        let path = Layout::existing(&self.dir())?.log("calls");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        drop(std::fs::remove_file(path));
        let mut calls: Vec<String> = Vec::new();
        for line in text.lines() {
            match calls.last_mut() {
                Some(last) if line.starts_with("    ") => {
                    last.push('\n');
                    last.push_str(line);
                }
                _ => calls.push(line.to_owned()),
            }
        }
        Ok(calls)
    }

    /// Calls qubesd; `socket` is `qubesd.sock` or `qubesd.internal.sock`. The answer is as it came.
    pub fn qubesd(&self, socket: &str, call: &[u8]) -> Result<Vec<u8>> {
        let daemon = self.daemon().context("the daemon is dead")?;
        let mut stream =
            unix_path::connect(Path::new(&format!("/proc/{daemon}/root/run/{socket}")))?;
        // A call that is too long is answered before it is read to its end.
        drop(stream.write_all(call));
        drop(stream.shutdown(Shutdown::Write));
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => Err(error.into()),
            _ => Ok(answer),
        }
    }

    /// Leaves memory for helpers of so many MiB at once.
    pub fn limit_memory(&self, mebibytes: u64) -> Result<()> {
        self.ask(&Request::Memory(mebibytes))
    }

    /// Has qubesd say yes to a call, `METHOD` or `METHOD+ARGUMENT`, and do nothing.
    pub fn deaf_to(&self, call: &str) -> Result<()> {
        self.ask(&Request::Deaf(call.to_owned()))
    }

    /// Has qubesd attach devices writable, whatever is asked of it.
    pub fn attach_writable(&self) -> Result<()> {
        self.ask(&Request::AttachWritable)
    }

    /// Has the machine these pools, besides its own.
    pub fn pools(&self, names: &[&str]) -> Result<()> {
        let names = names.iter().map(ToString::to_string).collect();
        self.ask(&Request::Pools(names))
    }

    fn ask(&self, request: &Request) -> Result<()> {
        let layout = Layout::existing(&self.dir())?;
        control::ask(&layout.control_socket(), request).map(drop)
    }

    /// One method of the Admin API; the answer without its first two bytes, which say that it is
    /// one.
    pub fn admin(&self, method: &str, qube: &str, payload: &str) -> Result<String> {
        let call = format!("{method} dom0 name {qube}\0{payload}");
        let answer = String::from_utf8(self.qubesd("qubesd.sock", call.as_bytes())?)?;
        let content = answer.strip_prefix("0\0");
        Ok(content
            .with_context(|| format!("{method} {qube}: {answer:?}"))?
            .to_owned())
    }
}
