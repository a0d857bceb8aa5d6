//! `qib` at a terminal.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::{BINARY, Machine};

/// What `qib` ends its prompts with.
const PROMPTS: [&str; 4] = ["will need: ", "Enter it again: ", "'qib init': ", "[y/N] "];

/// Runs `qib` at a terminal. Whenever it shows a prompt, the next of `typed` is typed.
pub fn at_a_terminal(machine: &Machine, arguments: &str, typed: &[&str]) -> (bool, String) {
    let folder = machine.lab.dir();
    let command = format!("{BINARY} exec {} -- qib {arguments}", folder.display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    let script = script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let (mut shown, mut typed) = (Vec::new(), typed.iter());
    let mut byte = [0];
    while screen.read(&mut byte).unwrap() == 1 {
        shown.push(byte[0]);
        if PROMPTS.iter().any(|end| shown.ends_with(end.as_bytes()))
            && let Some(line) = typed.next()
        {
            writeln!(keyboard, "{line}").unwrap();
        }
    }
    let done = child.wait().unwrap().success();
    drop(keyboard);
    (done, String::from_utf8_lossy(&shown).into_owned())
}
