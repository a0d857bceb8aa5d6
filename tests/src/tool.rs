//! The machine's own programs, some of which lie where an ordinary user's shell does
//! not look.

use std::process::Command;

/// A program of e2fsprogs, util-linux and their like.
pub fn tool(name: &str) -> Command {
    let usual = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command.env("PATH", format!("{usual}:/usr/local/sbin:/usr/sbin:/sbin"));
    command
}
