//! The policy daemon's own socket: is this call allowed? Only questions are answered here.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

use crate::daemon::world::World;
use crate::names::{sanitise_service, sanitise_target};
use crate::policy::{self, Request, Verdict};
use crate::unix_path;

const KEYS: [&str; 5] = [
    "source",
    "intended_target",
    "service_and_arg",
    "assume_yes_for_ask",
    "just_evaluate",
];

/// Answers until the daemon ends.
pub(crate) fn serve(world: &Arc<World>) -> Result<()> {
    let listener = unix_path::listen(Path::new("/run/qubes/policy.sock"))?;
    let world = Arc::clone(world);
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let world = Arc::clone(&world);
            std::thread::spawn(move || {
                answer(&world, &stream).map_err(|e| eprintln!("policy: {e:#}"))
            });
        }
    });
    Ok(())
}

/// A question that is not understood gets no answer.
fn answer(world: &World, mut stream: &UnixStream) -> Result<()> {
    let words = read(stream)?;
    let word = |key: &str| words.get(key).with_context(|| format!("no {key}"));
    ensure!(word("just_evaluate")? == "yes", "the lab evaluates only");
    let service = sanitise_service(word("service_and_arg")?);
    let target = sanitise_target(word("intended_target")?);
    let (name, argument) = service.split_once('+').unwrap_or((&service, ""));
    let source = word("source")?;
    let request = Request {
        service: name,
        argument,
        source,
        target: &target,
    };
    let folders = policy::dom0_folders(world.release);
    let verdict = policy::decide(&folders, &world.system_info(), &request);
    world.log(
        "policy",
        &format!("{source} -> {target}: {service}: {verdict:?}"),
    );
    let yes_to_ask = words
        .get("assume_yes_for_ask")
        .is_some_and(|word| word == "yes");
    let allowed = match verdict {
        Verdict::Allow { .. } => true,
        // A person can say yes only to a qube.
        Verdict::Ask { .. } => yes_to_ask && target != "@default",
        Verdict::Deny => false,
    };
    let answer: &[u8] = if allowed {
        b"result=allow"
    } else {
        b"result=deny"
    };
    Ok(stream.write_all(answer)?)
}

/// Lines of `key=value` up to an empty one.
fn read(stream: &UnixStream) -> Result<BTreeMap<String, String>> {
    let mut words = BTreeMap::new();
    for line in BufReader::new(stream).lines() {
        let line = line?;
        if line.is_empty() {
            return Ok(words);
        }
        let (key, value) = line.split_once('=').context("no =")?;
        ensure!(KEYS.contains(&key), "unknown argument {key}");
        let before = words.insert(key.to_owned(), value.to_owned());
        ensure!(before.is_none(), "duplicate argument {key}");
    }
    bail!("the question has no end")
}
