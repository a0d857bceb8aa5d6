//! The answers to what the kernel asks.

use super::ask::Ask;
use super::shown::Shown;
use crate::number::wide;
use fuser::{Errno, FileHandle, FopenFlags, Generation, ReplyXattr};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

/// Nothing here ever changes.
const FOR_EVER: Duration = Duration::from_secs(1 << 20);

/// Answers a question.
pub fn answer<R: Read, W: Write>(shown: &mut Shown<'_, R, W>, ask: Ask) {
    match ask {
        Ask::Lookup(folder, name, reply) => match shown.look_up(folder, &name) {
            Ok(attr) => reply.entry(&FOR_EVER, &attr, Generation(0)),
            Err(errno) => reply.error(errno),
        },
        Ask::Forget(ino, times) => shown.forget(ino, times),
        Ask::Attributes(ino, reply) => match shown.attributes(ino) {
            Ok(attr) => reply.attr(&FOR_EVER, &attr),
            Err(errno) => reply.error(errno),
        },
        Ask::Target(ino, reply) => match shown.target(ino) {
            Ok(target) => reply.data(&target),
            Err(errno) => reply.error(errno),
        },
        Ask::OpenFile(ino, reply) => match shown.open_file(ino) {
            Ok(handle) => reply.opened(FileHandle(handle), FopenFlags::FOPEN_KEEP_CACHE),
            Err(errno) => reply.error(errno),
        },
        Ask::Read(handle, at, bytes, reply) => match shown.read(handle, at, bytes) {
            Ok(read) => reply.data(&read),
            Err(errno) => reply.error(errno),
        },
        Ask::OpenFolder(ino, reply) => match shown.open_folder(ino) {
            Ok(handle) => reply.opened(FileHandle(handle), FopenFlags::empty()),
            Err(errno) => reply.error(errno),
        },
        Ask::List(handle, from, mut reply) => match shown.list(handle, from, &mut reply) {
            Ok(()) => reply.ok(),
            Err(errno) => reply.error(errno),
        },
        Ask::Close(handle, reply) => {
            shown.close(handle);
            reply.ok();
        }
        Ask::Xattr(ino, name, bytes, reply) => {
            let value = shown.xattrs(ino).into_iter();
            let mut value = value.filter(|(other, _)| other == name.as_bytes());
            match value.next() {
                Some((_, value)) => give(&value, bytes, reply),
                None => reply.error(Errno::ENODATA),
            }
        }
        Ask::XattrNames(ino, bytes, reply) => {
            let names = shown.xattrs(ino).into_iter();
            let names = names.flat_map(|(name, _)| name.into_iter().chain([0]));
            give(&names.collect::<Vec<u8>>(), bytes, reply);
        }
    }
}

/// Answers with so many bytes at most; 0 asks how many there are.
fn give(value: &[u8], bytes: u32, reply: ReplyXattr) {
    let length = wide(value.len());
    match u32::try_from(length) {
        Ok(length) if bytes == 0 => reply.size(length),
        Ok(length) if length <= bytes => reply.data(value),
        _ => reply.error(Errno::ERANGE),
    }
}
