//! A test's way to qubesd, from outside dom0.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::path::Path;

use anyhow::{Context, Result};

use super::Lab;
use crate::control::{self, Request};
use crate::daemon::launch;
use crate::layout::Layout;
use crate::unix_path;

impl Lab {
    /// The process number of the lab's daemon, while it lives.
    pub fn daemon(&self) -> Option<u32> {
        launch::running(&Layout::existing(&self.dir()).ok()?)
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
