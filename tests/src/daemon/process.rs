//! The daemon's own start, inside its new mount namespace.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::control;
use super::machine::Machine;
use super::world::World;
use crate::control::IN_DOM0;
use crate::dom0::mounts;
use crate::layout::Layout;
use crate::qrexec::policy_daemon;
use crate::{qubesd, unix_path};

/// Runs for ever; `launch` started it.
pub(crate) fn main(dir: &Path) -> Result<ExitCode> {
    let layout = Layout::existing(dir)?;
    // Whoever ran `create` may close the terminal.
    rustix::process::setsid().context("setsid")?;
    std::env::set_current_dir("/")?;
    mounts::set_up(&layout)?;
    let machine = Machine::load(&layout.state())?;
    let world = World::new(layout, machine)?;
    qubesd::serve(&world)?;
    policy_daemon::serve(&world)?;
    control::serve(&world, unix_path::listen(Path::new(IN_DOM0))?);
    if let Err(error) = world.start_again() {
        eprintln!("starting what ran before: {error}");
    }
    control::serve(&world, unix_path::listen(&world.layout.control_socket())?);
    loop {
        std::thread::park();
    }
}
