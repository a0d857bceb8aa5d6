//! The daemon between the qubes: reads a request, asks the policy, hands the connection on.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

use super::agent;
use crate::daemon::calls;
use crate::daemon::world::World;
use crate::names::{sanitise_service, sanitise_target};
use crate::policy::{self, Request, Verdict};
use crate::wire::{self, Message};

/// The longest request, as in qrexec.
const LONGEST: u32 = 65_535;
const ACCEPTED: &[u8] = b"+";

/// Sends a request and returns whether it was accepted.
pub(crate) fn ask(socket: &mut UnixStream, request: &str) -> Result<bool> {
    let length = u32::try_from(request.len())?;
    ensure!(length <= LONGEST, "the request is too long");
    socket.write_all(&length.to_le_bytes())?;
    socket.write_all(request.as_bytes())?;
    let mut answer = [0];
    Ok(matches!(socket.read(&mut answer), Ok(1)))
}

fn read_request(socket: &mut UnixStream) -> Result<String> {
    let mut length = [0; 4];
    socket.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    ensure!(length <= LONGEST, "request too long");
    let mut request = vec![0; usize::try_from(length)?];
    socket.read_exact(&mut request)?;
    Ok(String::from_utf8(request)?)
}

/// Answers the calls of one qube, until the listener is shut down.
pub(crate) fn serve_qube(world: Arc<World>, source: String, listener: UnixListener) {
    serve(listener, move |socket| {
        let request = read_request(socket)?;
        let (target, service) = request.split_once('\0').context("no target")?;
        from_qube(&world, &source, target, service, socket)
    });
}

/// Answers dom0's calls to one qube; no policy stands between.
pub(crate) fn serve_dom0(world: Arc<World>, target: String, listener: UnixListener) {
    serve(listener, move |socket| {
        let command_line = read_request(socket)?;
        world.log("qrexec", &format!("dom0 -> {target}: {command_line}"));
        let call = format!("qrexec dom0 {target} {command_line}");
        hand_on(&world, &target, command_line, socket)?;
        let qib = calls::peer(&*socket).and_then(calls::parent);
        world.called(qib, &call, "");
        Ok(())
    });
}

fn serve<F>(listener: UnixListener, answer: F)
where
    F: Fn(&mut UnixStream) -> Result<()> + Send + Sync + 'static,
{
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        while let Ok((mut socket, _)) = listener.accept() {
            let answer = Arc::clone(&answer);
            // A refused call is a connection that closes without a byte.
            std::thread::spawn(move || answer(&mut socket).map_err(|e| eprintln!("qrexec: {e:#}")));
        }
    });
}

fn from_qube(
    world: &Arc<World>,
    source: &str,
    target: &str,
    service: &str,
    socket: &mut UnixStream,
) -> Result<()> {
    let service = sanitise_service(service);
    let target = sanitise_target(target);
    let (name, argument) = service.split_once('+').unwrap_or((&service, ""));
    ensure!(!name.is_empty(), "empty service name");
    let request = Request {
        service: name,
        argument,
        source,
        target: &target,
    };
    let verdict = policy::decide(
        &policy::dom0_folders(world.release),
        &world.system_info(),
        &request,
    );
    world.log(
        "qrexec",
        &format!("{source} -> {target}: {service}: {verdict:?}"),
    );
    let (allowed, autostart) = match verdict {
        Verdict::Allow {
            target, autostart, ..
        } => (target, autostart),
        // Stands in for the window in which Qubes asks the person at the desk.
        Verdict::Ask {
            target: Some(target),
            autostart,
        } if world.layout.agrees().exists() => (target, autostart),
        Verdict::Ask { .. } | Verdict::Deny => return Ok(()),
    };
    if allowed == "dom0" {
        let command_line = format!("DEFAULT:QUBESRPC {name}+{argument} {source} name dom0");
        socket.write_all(ACCEPTED)?;
        agent::serve_in_background(command_line, socket.try_clone()?);
        return Ok(());
    }
    let allowed = match policy::disposable_template(&allowed) {
        Some(_) => bail!("the lab makes no disposables for calls"),
        None => allowed,
    };
    if autostart && !world.is_running(&allowed) {
        world.start(&allowed)?;
    }
    let command_line = format!("DEFAULT:QUBESRPC {name}+{argument} {source}");
    world.note(&format!("qrexec {source} {allowed} {command_line}"), "");
    hand_on(world, &allowed, command_line, socket)
}

fn hand_on(world: &World, target: &str, call: String, socket: &mut UnixStream) -> Result<()> {
    let control = world.control_of(target)?;
    socket.write_all(ACCEPTED)?;
    wire::send(control.as_fd(), &Message::Call(call), Some(socket.as_fd()))
}
