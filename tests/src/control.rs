//! What the command line asks of the lab's daemon: one JSON line each way.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};

use crate::daemon::calls::Trap;
use crate::unix_path;

/// Where programs in dom0 find the daemon.
pub(crate) const IN_DOM0: &str = "/run/qib-lab/control.sock";

/// A question to the daemon.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Are you there? Answers with the process number.
    Ping,
    /// Make a qube of this image, which is consumed.
    AddQube {
        name: String,
        image: PathBuf,
        running: bool,
    },
    Start(String),
    Stop(String),
    /// There is memory for helpers of so many MiB at once.
    Memory(u64),
    /// From now on say yes to this call of qubesd's, `METHOD` or `METHOD+ARGUMENT`, and do nothing.
    Deaf(String),
    /// From now on attach devices writable, whatever was asked.
    AttachWritable,
    /// These are the pools from now on, besides the lab's own.
    Pools(Vec<String>),
    /// Lines of `NAME CLASS STATE`.
    List,
    /// The path of the qube's volume as it is now.
    Image(String),
    /// Where a new image has to be made, so that adding it is a rename.
    Staging,
    QubesdbWrite(Vec<(String, String)>),
    QubesdbRemove(Vec<String>),
    /// Answers with the device.
    LoopAdd {
        file: PathBuf,
        read_only: bool,
    },
    LoopRemove(String),
    /// Lines of `DEVICE RO FILE`.
    LoopList,
    /// A program of dom0's was called by this process and ended.
    Called {
        by: u32,
        call: String,
        answer: String,
    },
    /// Wait for a call of qib's.
    Trap(Trap),
    /// Where the machine's own /usr is to be seen.
    HostUsr,
    /// Stop all qubes and end.
    Shutdown,
}

type Reply = Result<String, String>;

/// Asks one question of the daemon at this socket.
pub(crate) fn ask(socket: &Path, request: &Request) -> Result<String> {
    let mut stream = unix_path::connect(socket)?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    let reply: Reply = serde_json::from_str(&answer).context("the lab's daemon died")?;
    reply.map_err(|error| anyhow!(error))
}

/// Asks from inside dom0.
pub(crate) fn ask_in_dom0(request: &Request) -> Result<String> {
    ask(Path::new(IN_DOM0), request).context("not in a lab's dom0?")
}

/// Answers the one question of a connection.
pub(crate) fn answer<F>(mut stream: UnixStream, respond: F) -> Result<()>
where
    F: FnOnce(Request) -> Result<String>,
{
    let mut line = String::new();
    BufReader::new(stream.try_clone()?).read_line(&mut line)?;
    let reply: Reply = respond(serde_json::from_str(&line)?).map_err(|e| format!("{e:#}"));
    let mut line = serde_json::to_vec(&reply)?;
    line.push(b'\n');
    Ok(stream.write_all(&line)?)
}
