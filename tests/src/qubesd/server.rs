//! The two sockets: reads a call to its end, answers, closes.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use super::answer::{Answer, Refusal, encode};
use super::events;
use super::table::{self, Call, Method};
use crate::daemon::calls;
use crate::daemon::world::World;
use crate::unix_path;

/// The whole call may be this long.
const LONGEST: u64 = 65_536;

/// Listens on both sockets.
pub(crate) fn serve(world: &Arc<World>) -> Result<()> {
    let sockets = [
        ("/run/qubesd.sock", table::admin(world.release)),
        ("/run/qubesd.internal.sock", table::INTERNAL.to_vec()),
    ];
    for (path, methods) in sockets {
        let listener = unix_path::listen(Path::new(path))?;
        let world = Arc::clone(world);
        std::thread::spawn(move || accept(&world, &listener, &methods.into()));
    }
    Ok(())
}

fn accept(world: &Arc<World>, listener: &UnixListener, methods: &Arc<[Method]>) {
    while let Ok((stream, _)) = listener.accept() {
        let (world, methods) = (Arc::clone(world), Arc::clone(methods));
        std::thread::spawn(move || drop(serve_one(&world, stream, &methods)));
    }
}

/// One call per connection, carried out only when the caller has closed its side.
fn serve_one(world: &Arc<World>, mut stream: UnixStream, methods: &[Method]) -> Result<()> {
    let mut call = Vec::new();
    let length = (&stream).take(LONGEST + 1).read_to_end(&mut call)?;
    if u64::try_from(length)? > LONGEST {
        world.log("qubesd", "request too long");
        return Ok(());
    }
    let answer = respond(world, &call, methods);
    note(world, &stream, &call, &answer);
    let is_for_events = Call::parse(&call).is_some_and(|call| call.method == events::METHOD);
    if is_for_events && answer.is_ok() {
        return events::stream(world, stream);
    }
    Ok(stream.write_all(&encode(&answer))?)
}

fn note(world: &Arc<World>, stream: &UnixStream, call: &[u8], answer: &Answer) {
    let Some(call) = Call::parse(call) else {
        return;
    };
    let answer = match answer {
        Ok(content) => content.clone(),
        Err(Refusal::Exception { kind, message }) => format!("! {kind}: {message}"),
        Err(Refusal::Protocol(_)) => "! no answer".to_owned(),
    };
    world.called(calls::peer(stream), &call.line(), &answer);
}

fn respond(world: &Arc<World>, call: &[u8], methods: &[Method]) -> Answer {
    let answer = match Call::parse(call) {
        None => Err(Refusal::protocol("not a call")),
        Some(call) => {
            world.log("qubesd", &format!("{call}"));
            table::run(world, &call, methods)
        }
    };
    if let Err(refusal) = &answer {
        world.log("qubesd", &format!("  refused: {refusal}"));
    }
    answer
}
