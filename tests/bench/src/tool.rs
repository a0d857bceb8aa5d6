//! qib or a peer.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::peer::{PEERS, Peer};
use crate::workload::Action;

/// What a tool is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Knows what is stored, and sends the rest: qib's bars are set against these.
    Deduplicates,
    /// Sends everything each time.
    Plain,
}

/// A tool that can be measured.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tool {
    Qib,
    Peer(&'static Peer),
}

/// qib's name in tables.
pub(crate) const QIB: &str = "qib";
/// A row that is no tool: the work of a first run alone, without a disk.
pub(crate) const PIPELINE: &str = "pipeline limit";
/// A row that is no tool: what a backup by blocks would have to send.
pub(crate) const BLOCKS: &str = "changed blocks";

impl Tool {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [Self::Qib].into_iter().chain(PEERS.map(Self::Peer))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Qib => QIB,
            Self::Peer(peer) => peer.name,
        }
    }

    pub(crate) fn can(self, action: Action) -> bool {
        let Self::Peer(peer) = self else {
            return true;
        };
        match action {
            Action::First => true,
            Action::Again => peer.kind == Kind::Deduplicates,
            Action::Restore => peer.restore.is_some(),
            Action::RestoreFile => peer.restore_file.is_some(),
        }
    }

    fn version(self) -> Result<String> {
        let Self::Peer(peer) = self else {
            return Ok(env!("CARGO_PKG_VERSION").to_owned());
        };
        let output = Command::new("bash").args(["-c", peer.version]).output()?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        Ok(lines.join("; "))
    }

    /// How to get it, when it is not here.
    pub(crate) fn missing(self) -> Option<&'static str> {
        let Self::Peer(peer) = self else { return None };
        let here = peer.programs.iter().all(|program| is_in_path(program));
        (!here).then_some(peer.install)
    }
}

/// The peer of this name deduplicates.
pub(crate) fn deduplicates(name: &str) -> bool {
    let peer = PEERS.iter().find(|peer| peer.name == name);
    peer.is_some_and(|peer| peer.kind == Kind::Deduplicates)
}

fn is_in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The named tools, or all that are here; says which are missing.
pub(crate) fn chosen(names: &[String]) -> Result<Vec<Tool>> {
    for name in names {
        anyhow::ensure!(
            Tool::all().any(|tool| tool.name() == name),
            "there is no tool '{name}'; there are: {}",
            Tool::all().map(Tool::name).collect::<Vec<_>>().join(", ")
        );
    }
    let mut tools = Vec::new();
    for tool in Tool::all() {
        let is_wanted = names.is_empty() || names.iter().any(|name| name == tool.name());
        match tool.missing() {
            _ if !is_wanted => {}
            None => {
                println!("{}: {}", tool.name(), tool.version()?);
                tools.push(tool);
            }
            Some(install) => println!("missing: {} (to have it: {install})", tool.name()),
        }
    }
    Ok(tools)
}

/// Whether the folder may be used in the peers' scripts, which quote nothing.
pub(crate) fn is_plain(folder: &Path) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    folder.as_os_str().as_encoded_bytes().iter().all(plain)
}
