//! A small Qubes machine on any Linux, to run and test qib in.
//!
//! Tests use [`Lab`]; the command line is in `command`; everything that
//! outlives a command lives in one background process per machine, `daemon`.

mod command;
pub mod compare;
mod control;
mod daemon;
mod demo;
mod dom0;
pub mod emulated;
mod lab;
mod layout;
mod names;
pub mod policy;
mod pool;
mod programs;
mod qrexec;
mod qube;
mod qubesd;
mod random;
mod release;
mod shipped;
mod tool;
mod unix_path;
mod userns;
mod vm;
mod wire;

use std::ffi::OsString;
use std::process::ExitCode;

pub use daemon::calls::Act;
pub use lab::{Lab, LabBuilder};
pub use pool::Driver;
pub use release::Release;
pub use tool::tool;

/// Runs the program that this process was called as.
pub fn run() -> ExitCode {
    let mut arguments = std::env::args_os();
    let called = arguments.next().unwrap_or_default();
    let arguments: Vec<OsString> = arguments.collect();
    let name = std::path::Path::new(&called)
        .file_name()
        .unwrap_or_default();
    let result = match name.to_str() {
        Some("qrexec-client") => qrexec::client_dom0::main(&arguments),
        Some("qrexec-client-vm") => qrexec::client_vm::main(&arguments),
        Some("qubesdb-write") => dom0::qubesdb::write(&arguments),
        Some("qubesdb-rm") => dom0::qubesdb::remove(&arguments),
        Some("notify-send") => dom0::notify::main(&arguments),
        Some("losetup") => dom0::losetup::main(&arguments),
        Some("sync") => qube::sync::main(),
        Some("qfile-unpacker") => qube::unpacker::main(&arguments),
        Some("xdg-open" | "qubes-run-terminal") => {
            qube::window::main(std::path::Path::new(name), &arguments)
        }
        Some("blkdiscard") => dom0::lvm::discard(&arguments),
        Some("zfs") => dom0::zfs::main(&arguments),
        Some("lvm") => dom0::lvm::main(&arguments),
        _ => command::main(&arguments),
    };
    result.unwrap_or_else(|error| {
        eprintln!("{}: {error:#}", name.display());
        ExitCode::FAILURE
    })
}
