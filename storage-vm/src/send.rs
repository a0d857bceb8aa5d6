//! Sending an object, its digest checked on the way, or a part of one.
//!
//! The size goes out first, so a digest that does not match can only be told in
//! place of the last data frame: that one is held back until the digest is known.

use crate::allowed::GetAllowed;
use crate::backend::{Backend, Opened, Trouble};
use crate::log;
use qib_rpc::fault::Fault;
use qib_rpc::id::Digest;
use qib_rpc::limit::MAX_DATA_BYTES;
use qib_rpc::line::{LineError, Sender};
use qib_rpc::message::object::{Object, RangeBytes};
use sha2::{Digest as _, Sha256};
use std::io::Read;
use std::os::unix::net::UnixStream;

/// Sends the object that may be got.
///
/// # Errors
/// The outer error means that the line broke, the inner one is the fault that is still to
/// be sent in place of what was not.
pub fn send(
    sender: &mut Sender<&UnixStream>,
    allowed: &GetAllowed,
    backend: &dyn Backend,
) -> Result<Result<(), Fault>, LineError> {
    told(allowed, try_send(sender, allowed, backend))
}

/// Sends a part of the object that may be got: at most `bytes`, from `offset` on. Whoever
/// gets it checks it, as no digest is known of a part.
///
/// # Errors
/// As [`send`].
pub fn send_range(
    sender: &mut Sender<&UnixStream>,
    allowed: &GetAllowed,
    offset: u64,
    bytes: RangeBytes,
    backend: &dyn Backend,
) -> Result<Result<(), Fault>, LineError> {
    told(
        allowed,
        try_send_range(sender, allowed, offset, bytes, backend),
    )
}

fn told(allowed: &GetAllowed, sent: Result<(), Unsent>) -> Result<Result<(), Fault>, LineError> {
    let name = allowed.spot().name;
    match sent {
        Ok(()) => Ok(Ok(())),
        Err(Unsent::Line(error)) => Err(error),
        Err(Unsent::Trouble(trouble)) => {
            log::line(format_args!("{name}: {trouble}"));
            Ok(Err(trouble.about(name.digest)))
        }
    }
}

enum Unsent {
    Line(LineError),
    Trouble(Trouble),
}

fn try_send(
    sender: &mut Sender<&UnixStream>,
    allowed: &GetAllowed,
    backend: &dyn Backend,
) -> Result<(), Unsent> {
    let Opened { mut input, bytes } = backend.open(allowed, 0).map_err(Unsent::Trouble)?;
    let digest = allowed.spot().name.digest;
    let mut hash = Sha256::new();
    let mut left = bytes;
    let mut piece = hashed_piece(&mut input, &mut hash, &mut left)?;
    if left == 0 {
        check(hash.clone(), digest)?;
    }
    sender.send(&Object { bytes }).map_err(Unsent::Line)?;
    while left > 0 {
        let next = hashed_piece(&mut input, &mut hash, &mut left)?;
        sender.send_data(&piece).map_err(Unsent::Line)?;
        piece = next;
    }
    check(hash, digest)?;
    sender.send_data(&piece).map_err(Unsent::Line)
}

fn try_send_range(
    sender: &mut Sender<&UnixStream>,
    allowed: &GetAllowed,
    offset: u64,
    bytes: RangeBytes,
    backend: &dyn Backend,
) -> Result<(), Unsent> {
    let opened = backend.open(allowed, offset).map_err(Unsent::Trouble)?;
    let bytes = opened.bytes.min(u32::from(bytes).into());
    let (mut input, mut left) = (opened.input, bytes);
    sender.send(&Object { bytes }).map_err(Unsent::Line)?;
    while left > 0 {
        let piece = next_piece(&mut input, &mut left)?;
        sender.send_data(&piece).map_err(Unsent::Line)?;
    }
    Ok(())
}

fn hashed_piece(
    input: &mut dyn Read,
    hash: &mut Sha256,
    left: &mut u64,
) -> Result<Vec<u8>, Unsent> {
    let piece = next_piece(input, left)?;
    hash.update(&piece);
    Ok(piece)
}

fn next_piece(input: &mut dyn Read, left: &mut u64) -> Result<Vec<u8>, Unsent> {
    let length = usize::try_from(*left).map_or(MAX_DATA_BYTES, |left| left.min(MAX_DATA_BYTES));
    let mut piece = vec![0; length];
    input
        .read_exact(&mut piece)
        .map_err(|error| Unsent::Trouble(error.into()))?;
    *left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
    Ok(piece)
}

fn check(hash: Sha256, digest: Digest) -> Result<(), Unsent> {
    if Digest::new(hash.finalize().into()) == digest {
        Ok(())
    } else {
        Err(Unsent::Trouble(Trouble::Damaged))
    }
}
