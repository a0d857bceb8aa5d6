//! Answers the command line and the stand-ins of dom0's programs.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

use super::machine::{Loop, Qube, TEMPLATE};
use super::world::World;
use crate::control::{Request, answer};
use crate::names;
use crate::pool::Driver;

/// Serves a control socket until the process ends.
pub(crate) fn serve(world: &Arc<World>, listener: UnixListener) {
    let world = Arc::clone(world);
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let world = Arc::clone(&world);
            std::thread::spawn(move || {
                let mut ends = false;
                drop(answer(stream, |request| {
                    ends = matches!(request, Request::Shutdown);
                    respond(&world, request)
                }));
                if ends {
                    std::process::exit(0);
                }
            });
        }
    });
}

fn respond(world: &Arc<World>, request: Request) -> Result<String> {
    match request {
        Request::Ping => return Ok(std::process::id().to_string()),
        Request::AddQube {
            name,
            image,
            running,
        } => add_qube(world, &name, &image, running)?,
        Request::Start(name) => world.start(&name)?,
        Request::Stop(name) => world.stop(&name)?,
        Request::Memory(mebibytes) => world.limit_memory(mebibytes),
        Request::Deaf(call) => world.turn_deaf(call),
        Request::AttachWritable => world.attach_writable(),
        Request::Pools(names) => pools(world, names)?,
        Request::List => return list(world),
        Request::Image(name) => return image(world, &name),
        Request::Staging => return staging(world),
        Request::QubesdbWrite(pairs) => write(world, pairs)?,
        Request::QubesdbRemove(paths) => remove(world, &paths)?,
        Request::LoopAdd { file, read_only } => return loop_add(world, Loop { file, read_only }),
        Request::LoopRemove(device) => loop_remove(world, &device)?,
        Request::LoopList => return Ok(loop_list(world)),
        Request::Called { by, call, answer } => world.called(Some(by), &call, &answer),
        Request::Trap(trap) => world.calls.set(trap),
        Request::HostUsr => return Ok(world.layout.host_usr().display().to_string()),
        Request::Shutdown => world.stop_all()?,
    }
    Ok(String::new())
}

fn add_qube(world: &Arc<World>, name: &str, image: &Path, running: bool) -> Result<()> {
    ensure!(names::is_qube_name(name), "{name:?} is not a qube's name");
    if running && world.pool.driver == Driver::File {
        bail!(
            "{name} cannot be added running: without root, or without mkfs.xfs and mkfs.btrfs, \
             the lab's pool has the driver `file`, which has no copy of a volume in use; \
             add it halted"
        );
    }
    let mut inner = world.lock();
    ensure!(
        !inner.machine.qubes.contains_key(name),
        "there is a qube {name} already"
    );
    let mut qube = Qube::new("AppVM", "blue", Some(TEMPLATE), inner.machine.next_qid())?;
    qube.private_size = fs::metadata(image)?.len();
    world
        .pool
        .create(name, "private", Some(image), qube.private_size)?;
    inner.machine.qubes.insert(name.to_owned(), qube);
    world.listeners.tell("", "domain-add", &[("vm", name)]);
    world.save(&inner)?;
    drop(inner);
    if running {
        world.start(name)?;
    }
    Ok(())
}

fn list(world: &World) -> Result<String> {
    let mut inner = world.lock();
    world.sweep_dead(&mut inner)?;
    let line = |(name, qube): (&String, &Qube)| {
        let state = if inner.running.contains_key(name) {
            "Running"
        } else {
            "Halted"
        };
        format!("{name} {} {state}\n", qube.class)
    };
    Ok(inner.machine.qubes.iter().map(line).collect())
}

fn image(world: &World, name: &str) -> Result<String> {
    let inner = world.lock();
    let qube = inner
        .machine
        .qubes
        .get(name)
        .with_context(|| format!("no qube {name}"))?;
    ensure!(
        world.pool.holds(qube, "private"),
        "{name} is a disposable: its volume is only a name"
    );
    Ok(world.pool.current(name, "private").display().to_string())
}

fn pools(world: &World, names: Vec<String>) -> Result<()> {
    let mut inner = world.lock();
    inner.machine.pools = names;
    world.save(&inner)
}

fn staging(world: &World) -> Result<String> {
    let folder = world.layout.pool_mount().join("new");
    fs::create_dir_all(&folder)?;
    Ok(folder.join(crate::random::id()?).display().to_string())
}

fn write(world: &World, pairs: Vec<(String, String)>) -> Result<()> {
    let mut inner = world.lock();
    inner.machine.qubesdb.extend(pairs);
    world.save(&inner)
}

fn remove(world: &World, paths: &[String]) -> Result<()> {
    let mut inner = world.lock();
    let is_removed = |key: &str| {
        paths
            .iter()
            .any(|path| key == path || (path.ends_with('/') && key.starts_with(path)))
    };
    inner.machine.qubesdb.retain(|key, _| !is_removed(key));
    world.save(&inner)
}

fn loop_add(world: &World, device: Loop) -> Result<String> {
    ensure!(
        device.file.is_file(),
        "{}: not a file",
        device.file.display()
    );
    let mut inner = world.lock();
    let free = (0..)
        .find(|number| !inner.machine.loops.contains_key(number))
        .context("loops")?;
    inner.machine.loops.insert(free, device);
    world.save(&inner)?;
    Ok(format!("/dev/loop{free}"))
}

fn loop_remove(world: &World, device: &str) -> Result<()> {
    let mut inner = world.lock();
    let number = device
        .strip_prefix("/dev/loop")
        .and_then(|number| number.parse().ok());
    let removed = number.and_then(|number: u32| inner.machine.loops.remove(&number));
    removed.with_context(|| format!("{device}: detach failed: No such device or address"))?;
    world.save(&inner)
}

fn loop_list(world: &World) -> String {
    let inner = world.lock();
    let line = |(number, device): (&u32, &Loop)| {
        let ro = u8::from(device.read_only);
        format!("/dev/loop{number} {ro} {}\n", device.file.display())
    };
    inner.machine.loops.iter().map(line).collect()
}
