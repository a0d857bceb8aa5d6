//! Messages with an optional descriptor between the daemon and a qube's first process.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use serde::{Deserialize, Serialize};

const LONGEST: usize = 80 * 1024;

/// What the daemon tells a qube, and the qube the daemon.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Message {
    /// The first: how the qube's file system is to look.
    Begin(crate::qube::plan::Plan),
    /// The first for one that is a machine of its own.
    Boot(crate::vm::plan::Plan),
    /// The qube is up; its first process has this number outside.
    Ready(u32),
    /// That failed.
    Failed(String),
    /// Run this command line; the connection comes with the message.
    Call(String),
    /// Only for a machine: it gets a disk of this name. The answer goes where the message says.
    Plug {
        device: PathBuf,
        frontend: String,
        read_only: bool,
    },
    /// Only for a machine: the disk is taken away.
    Unplug(String),
    /// That was done.
    Done,
}

/// A pair of sockets that keep message boundaries.
pub(crate) fn pair() -> Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

pub(crate) fn send(to: BorrowedFd, message: &Message, passed: Option<BorrowedFd>) -> Result<()> {
    let body = serde_json::to_vec(message)?;
    ensure!(body.len() <= LONGEST, "message too long");
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let passed: Vec<BorrowedFd> = passed.into_iter().collect();
    if !passed.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(&passed));
    }
    sendmsg(
        to,
        &[IoSlice::new(&body)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

/// The next message, or nothing when the other end is gone.
pub(crate) fn receive(from: BorrowedFd) -> Result<Option<(Message, Option<OwnedFd>)>> {
    let mut body = vec![0; LONGEST];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = recvmsg(
        from,
        &mut [IoSliceMut::new(&mut body)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let mut passed = None;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            passed = descriptors.into_iter().next();
        }
    }
    if got.bytes == 0 {
        return Ok(None);
    }
    let body = body.get(..got.bytes).context("message too long")?;
    Ok(Some((serde_json::from_slice(body)?, passed)))
}
