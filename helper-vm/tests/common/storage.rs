//! A storage qube in memory. It checks what the real one checks.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::Digest;
use qib_rpc::line::{LineError, Receiver, Sender};
use qib_rpc::message::object::{Finish, Finished, GetObject, GetRange, Object, PutObject, Stored};
use qib_rpc::object::{Kind, ObjectName};
use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread;

pub type Objects = BTreeMap<ObjectName, Vec<u8>>;

/// What the storage does wrong, and after how many puts.
#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    Dies,
    Refuses(Code),
    AcknowledgesAnother,
}

#[derive(Clone, Default)]
pub struct Storage {
    objects: Arc<Mutex<Objects>>,
    pub trouble: Option<(usize, Trouble)>,
    connections: Arc<Mutex<usize>>,
    sent_in_parts: Arc<Mutex<u64>>,
    gets: Arc<Mutex<Gets>>,
}

/// Objects that were got as a whole.
#[derive(Default)]
struct Gets {
    names: Vec<ObjectName>,
    /// After how many more the storage dies.
    left: Option<usize>,
    /// After how many bytes of parts it dies.
    left_of_parts: Option<u64>,
}

impl Storage {
    /// Bytes of parts of objects that were sent so far.
    pub fn sent_in_parts(&self) -> u64 {
        *self.sent_in_parts.lock().unwrap()
    }

    /// The objects that were got as a whole since this was asked last.
    pub fn got(&self) -> Vec<ObjectName> {
        std::mem::take(&mut self.gets.lock().unwrap().names)
    }

    /// Dies when so many more were got; never for none.
    pub fn die_after_gets(&self, count: Option<usize>) {
        self.gets.lock().unwrap().left = count;
    }

    /// Dies when so many bytes of parts were sent; never for none.
    pub fn die_after_parts(&self, bytes: Option<u64>) {
        self.gets.lock().unwrap().left_of_parts = bytes;
    }

    fn count_part(&self, bytes: u64) -> Option<()> {
        *self.sent_in_parts.lock().unwrap() += bytes;
        if let Some(left) = &mut self.gets.lock().unwrap().left_of_parts {
            *left = left.checked_sub(bytes)?;
        }
        Some(())
    }

    fn count_get(&self, name: ObjectName) -> Option<()> {
        let mut gets = self.gets.lock().unwrap();
        if let Some(left) = &mut gets.left {
            *left = left.checked_sub(1)?;
        }
        gets.names.push(name);
        Some(())
    }

    pub fn objects(&self) -> Objects {
        self.objects.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    pub fn remove(&self, name: ObjectName) {
        self.objects.lock().unwrap().remove(&name).unwrap();
    }

    pub fn damage(&self, name: ObjectName) {
        let mut objects = self.objects.lock().unwrap();
        let bytes = objects.get_mut(&name).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    }

    pub fn insert(&self, name: ObjectName, bytes: Vec<u8>) {
        self.objects.lock().unwrap().insert(name, bytes);
    }

    pub fn connect(&self) -> (UnixStream, UnixStream) {
        *self.connections.lock().unwrap() += 1;
        let (mine, theirs) = UnixStream::pair().unwrap();
        let storage = self.clone();
        thread::spawn(move || storage.serve(mine));
        (theirs.try_clone().unwrap(), theirs)
    }

    fn serve(&self, stream: UnixStream) -> Option<()> {
        let mut receiver = Receiver::new(stream.try_clone().ok()?);
        let mut sender = Sender::new(stream);
        let mut puts = 0;
        loop {
            let frame = receiver.next_frame().ok()??;
            if frame.is::<GetObject>() {
                let name = frame.decode::<GetObject>().ok()?.ok()?.name;
                self.count_get(name)?;
                match self.objects.lock().unwrap().get(&name) {
                    Some(bytes) => {
                        let length = u64::try_from(bytes.len()).unwrap();
                        sender.send(&Object { bytes: length }).ok()?;
                        sender.send_data(bytes).ok()?;
                    }
                    None => {
                        let missing = Fault::about(Code::Missing, name.digest);
                        sender.send(&missing).ok()?;
                    }
                }
            } else if frame.is::<GetRange>() {
                let range = frame.decode::<GetRange>().ok()?.ok()?;
                let object = self.objects.lock().unwrap().get(&range.name).cloned();
                let Some(object) = object else {
                    let missing = Fault::about(Code::Missing, range.name.digest);
                    sender.send(&missing).ok()?;
                    continue;
                };
                let from = usize::try_from(range.offset).unwrap().min(object.len());
                let most = usize::try_from(u32::from(range.bytes)).unwrap();
                let part = &object[from..object.len().min(from + most)];
                let bytes = u64::try_from(part.len()).unwrap();
                self.count_part(bytes)?;
                sender.send(&Object { bytes }).ok()?;
                sender.send_data(part).ok()?;
            } else if frame.is::<Finish>() {
                return sender.send(&Finished {}).ok();
            } else {
                let put = frame.decode::<PutObject>().ok()?.ok()?;
                let mut bytes = Vec::new();
                let taken = receiver.receive_data(put.bytes, |piece| {
                    bytes.extend_from_slice(piece);
                    Ok::<(), LineError>(())
                });
                taken.ok()?.ok()?;
                puts += 1;
                let mut name = put.name;
                assert_eq!(ObjectName::of(name.kind, &bytes), name);
                assert!(put.bytes <= name.kind.max_bytes() && name.kind.is_made_by_backup());
                match self.trouble.filter(|(after, _)| puts > *after) {
                    Some((_, Trouble::Dies)) => return None,
                    Some((_, Trouble::Refuses(code))) => {
                        return sender.send(&Fault::new(code)).ok();
                    }
                    Some((_, Trouble::AcknowledgesAnother)) => name.kind = Kind::Kit,
                    None => self.insert(name, bytes),
                }
                sender.send(&Stored { name }).ok()?;
            }
        }
    }
}

/// What dom0 reads of a list of packs: digest, change, live bytes.
pub fn packs_list(objects: &Objects, digest: Digest) -> Vec<(Digest, u8, u64)> {
    let sealed = &objects[&ObjectName {
        kind: Kind::Packs,
        digest,
    }];
    let (nonce, body) = sealed.split_first_chunk::<24>().unwrap();
    let plain = XChaCha20Poly1305::new(&Key::from([9; 32]))
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: body,
                aad: b"qib packs v1",
            },
        )
        .unwrap();
    let (head, rows) = plain.split_at(48);
    assert_eq!(head[..12], *b"qibpacks\x01\0\0\0");
    assert_eq!(head[12..28], *super::QUBE.bytes());
    assert_eq!(head[28..44], *super::SESSION.bytes());
    let count = u32::from_le_bytes(head[44..].try_into().unwrap());
    assert_eq!(rows.len(), usize::try_from(count).unwrap() * 49);
    rows.chunks(49)
        .map(|row| {
            let digest = Digest::new(row[..32].try_into().unwrap());
            (
                digest,
                row[32],
                u64::from_le_bytes(row[33..41].try_into().unwrap()),
            )
        })
        .collect()
}
