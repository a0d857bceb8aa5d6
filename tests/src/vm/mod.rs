//! A helper that is a machine of its own: Debian's kernel under qemu, without a network, with the
//! volume as a disk and one serial line for all calls.
//!
//! The daemon starts `host` where it would start a qube's first process, and hands it calls and
//! disks as it does there. `host` keeps qemu and the line; `guest` is at the other end. What the
//! helper ships is the same as in a qube of processes, and so is the agent that runs it.

pub(crate) mod channel;
mod disks;
pub(crate) mod frame;
pub(crate) mod guest;
pub(crate) mod host;
pub(crate) mod image;
mod monitor;
pub(crate) mod plan;
mod qemu;
mod room;
