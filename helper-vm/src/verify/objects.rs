//! Objects that stream past: several are asked for ahead, and a thread of its own hashes what
//! the line brings. Nothing of them is kept.

use crate::error::{Error, Result};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::Digest;
use qib_rpc::line::{LineError, Receiver, Sender};
use qib_rpc::message::object::{GetObject, Object};
use qib_rpc::message::verify::Verdict;
use qib_rpc::object::ObjectName;
use sha2::{Digest as _, Sha256};
use std::io::{Read, Write};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

/// Objects that are asked for before the first of them came.
const AHEAD: usize = 8;

/// Pieces that wait to be hashed: 4 MiB at most.
const PIECES: usize = 16;

/// A call over which objects stream past.
pub struct Objects<R, W> {
    receiver: Receiver<R>,
    sender: Sender<W>,
}

/// What became of an object, and its length in bytes.
pub type Proved = (Verdict, u64);

/// What hashing is told.
enum Piece {
    Of(Vec<u8>),
    /// The object is complete.
    End,
}

/// How an object came, before its digest is known.
enum Came {
    Bytes(u64),
    Not(Verdict),
}

impl<R: Read, W: Write> Objects<R, W> {
    /// Begins to talk.
    pub fn new(input: R, output: W) -> Self {
        Self {
            receiver: Receiver::new(input),
            sender: Sender::new(output),
        }
    }

    /// Proves objects, in their order; `told` hears the length of each.
    ///
    /// # Errors
    /// When the line breaks, or the storage qube refuses more than an object.
    pub fn prove(
        &mut self,
        objects: &[ObjectName],
        told: &mut dyn FnMut(u64),
    ) -> Result<Vec<Proved>> {
        let (to_hash, pieces) = mpsc::sync_channel(PIECES);
        let (came, digests) = thread::scope(|scope| {
            let hashing = thread::Builder::new()
                .spawn_scoped(scope, move || hash_all(&pieces))
                .map_err(Error::Helper)?;
            let came = self.receive_all(objects, &to_hash, told);
            drop(to_hash);
            let digests = hashing.join().map_err(|_| Error::thread_gone())?;
            came.map(|came| (came, digests))
        })?;
        let each = objects.iter().zip(came).zip(digests);
        Ok(each
            .map(|((name, came), digest)| verdict(*name, &came, digest))
            .collect())
    }

    fn receive_all(
        &mut self,
        objects: &[ObjectName],
        to_hash: &SyncSender<Piece>,
        told: &mut dyn FnMut(u64),
    ) -> Result<Vec<Came>> {
        let mut asked = objects.iter();
        for name in asked.by_ref().take(AHEAD) {
            self.ask(*name)?;
        }
        let mut all = Vec::with_capacity(objects.len());
        for name in objects {
            let came = self.receive(*name, to_hash)?;
            send(to_hash, Piece::End)?;
            told(came.bytes());
            all.push(came);
            if let Some(next) = asked.next() {
                self.ask(*next)?;
            }
        }
        Ok(all)
    }

    fn ask(&mut self, name: ObjectName) -> Result<()> {
        let asked = self.sender.send(&GetObject { name });
        asked.map_err(Error::StorageLine)
    }

    fn receive(&mut self, name: ObjectName, to_hash: &SyncSender<Piece>) -> Result<Came> {
        let answer = self.receiver.receive::<Object>();
        let bytes = match answer.map_err(Error::StorageLine)? {
            Ok(Object { bytes }) => bytes,
            Err(fault) => return lost(name, fault),
        };
        if bytes > name.kind.max_bytes() {
            return Err(Error::StorageLine(LineError::TooMuch));
        }
        let mut hashed = Ok(());
        let received = self.receiver.receive_data(bytes, |piece| {
            hashed = send(to_hash, Piece::Of(piece.to_vec()));
            match &hashed {
                Ok(()) => Ok(()),
                Err(_) => Err(LineError::Lost),
            }
        });
        hashed?;
        match received.map_err(Error::StorageLine)? {
            Ok(()) => Ok(Came::Bytes(bytes)),
            Err(fault) => lost(name, fault),
        }
    }
}

impl Came {
    fn bytes(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => *bytes,
            Self::Not(_) => 0,
        }
    }
}

/// A fault about the object is a verdict; any other ends the session.
fn lost(name: ObjectName, fault: Fault) -> Result<Came> {
    let verdict = match fault.code {
        _ if fault.object != Some(name.digest) => None,
        Code::Missing => Some(Verdict::Missing),
        Code::Damaged => Some(Verdict::Damaged),
        Code::StorageFailed => Some(Verdict::Unread),
        _ => None,
    };
    verdict.map(Came::Not).ok_or(Error::Storage(fault))
}

fn send(to_hash: &SyncSender<Piece>, piece: Piece) -> Result<()> {
    to_hash.send(piece).map_err(|_| Error::thread_gone())
}

/// The digests of all objects, until nothing more comes.
fn hash_all(pieces: &mpsc::Receiver<Piece>) -> Vec<Digest> {
    let (mut digests, mut hash) = (Vec::new(), Sha256::new());
    for piece in pieces {
        match piece {
            Piece::Of(bytes) => hash.update(bytes),
            Piece::End => digests.push(Digest::new(hash.finalize_reset().into())),
        }
    }
    digests
}

fn verdict(name: ObjectName, came: &Came, digest: Digest) -> Proved {
    let verdict = match came {
        Came::Not(verdict) => *verdict,
        Came::Bytes(_) if digest == name.digest => Verdict::Whole,
        Came::Bytes(_) => Verdict::Damaged,
    };
    (verdict, came.bytes())
}
