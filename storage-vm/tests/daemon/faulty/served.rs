//! The kernel's questions, answered from the disk.

use super::disk::{Answer, Disk, Ino, Status};
use super::wrong::{Op, When, Wrong};
use fuser::{
    BsdFileFlags, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use std::ffi::OsStr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The kernel remembers nothing: each of its questions is an operation.
const FORGOTTEN: Duration = Duration::ZERO;

const GENERATION: Generation = Generation(0);

/// Long enough for whoever does not wait.
const LATE: Duration = Duration::from_millis(3);

/// The disk, and what was asked of it.
pub struct State {
    pub disk: Disk,
    pub when: When,
    /// The operations since that was said.
    pub asked: Vec<Op>,
}

/// The file system.
#[derive(Clone)]
pub struct Served(pub Arc<Mutex<State>>);

impl Served {
    fn ask<T>(&self, op: Op, work: impl FnOnce(&mut Disk, bool) -> Answer<T>) -> Answer<T> {
        let mut state = self.0.lock().unwrap();
        state.asked.push(op);
        let wrong = state.when.wrong(state.asked.len());
        let disk = &mut state.disk;
        match wrong {
            Some(Wrong::Says(errno)) => Err(errno),
            Some(Wrong::DoneButSays(errno)) => work(disk, false).and(Err(errno)),
            Some(Wrong::Short) => work(disk, true),
            Some(Wrong::Late) => {
                thread::sleep(LATE);
                work(disk, false)
            }
            None => work(disk, false),
        }
    }

    fn sync(&self, op: Op, ino: INodeNo, reply: ReplyEmpty) {
        let synced = self.ask(op, |disk, _| disk.sync(ino.0, true));
        let mut state = self.0.lock().unwrap();
        if synced.is_err() && matches!(state.when, When::At(..)) {
            let _gone = state.disk.sync(ino.0, false);
        }
        done(synced, reply);
    }

    fn named(&self, op: Op, reply: ReplyEntry, work: impl FnOnce(&mut Disk) -> Answer<Ino>) {
        match self.ask(op, |disk, _| work(disk).and_then(|ino| disk.status(ino))) {
            Ok(status) => reply.entry(&FORGOTTEN, &attributes(status), GENERATION),
            Err(errno) => reply.error(errno),
        }
    }
}

fn done(done: Answer, reply: ReplyEmpty) {
    match done {
        Ok(()) => reply.ok(),
        Err(errno) => reply.error(errno),
    }
}

/// Half of so many bytes, but never none.
fn half(bytes: usize, is_short: bool) -> usize {
    if is_short { bytes.div_ceil(2) } else { bytes }
}

fn attributes(status: Status) -> FileAttr {
    let (kind, perm) = if status.is_folder {
        (FileType::Directory, 0o700)
    } else {
        (FileType::RegularFile, 0o600)
    };
    FileAttr {
        ino: INodeNo(status.ino),
        size: status.bytes,
        blocks: status.bytes.div_ceil(512),
        atime: UNIX_EPOCH,
        mtime: UNIX_EPOCH,
        ctime: UNIX_EPOCH,
        crtime: UNIX_EPOCH,
        kind,
        perm,
        nlink: status.links,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: 4096,
        flags: 0,
    }
}

impl Filesystem for Served {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        self.named(Op::Look, reply, |disk| disk.find(parent.0, name));
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.ask(Op::Status, |disk, _| disk.status(ino.0)) {
            Ok(status) => reply.attr(&FORGOTTEN, &attributes(status)),
            Err(errno) => reply.error(errno),
        }
    }

    // Who may do what is nothing that this disk keeps.
    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let changed = self.ask(Op::Change, |disk, _| {
            size.map_or(Ok(()), |bytes| disk.cut(ino.0, bytes))?;
            disk.status(ino.0)
        });
        match changed {
            Ok(status) => reply.attr(&FORGOTTEN, &attributes(status)),
            Err(errno) => reply.error(errno),
        }
    }

    fn mkdir(&self, _: &Request, at: INodeNo, name: &OsStr, _: u32, _: u32, reply: ReplyEntry) {
        self.named(Op::MakeFolder, reply, |disk| disk.create(at.0, name, true));
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let unlinked = self.ask(Op::Unlink, |disk, _| disk.unlink(parent.0, name));
        done(unlinked, reply);
    }

    fn rmdir(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.unlink(request, parent, name, reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        other_parent: INodeNo,
        other_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let (from, to) = ((parent.0, name), (other_parent.0, other_name));
        let replaces = !flags.contains(RenameFlags::RENAME_NOREPLACE);
        let renamed = self.ask(Op::Rename, |disk, _| disk.rename(from, to, replaces));
        done(renamed, reply);
    }

    fn link(&self, _: &Request, ino: INodeNo, to: INodeNo, name: &OsStr, reply: ReplyEntry) {
        self.named(Op::Link, reply, |disk| {
            disk.link(ino.0, to.0, name).map(|()| ino.0)
        });
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        _: u32,
        _: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let created = self.ask(Op::Create, |disk, _| {
            let ino = disk.create(parent.0, name, false)?;
            disk.status(ino)
        });
        let (handle, direct) = (FileHandle(0), FopenFlags::FOPEN_DIRECT_IO);
        match created {
            Ok(status) => {
                reply.created(&FORGOTTEN, &attributes(status), GENERATION, handle, direct)
            }
            Err(errno) => reply.error(errno),
        }
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.ask(Op::Open, |disk, _| disk.status(ino.0)) {
            Ok(_) => reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO),
            Err(errno) => reply.error(errno),
        }
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        bytes: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let read = self.ask(Op::Read, |disk, is_short| {
            let bytes = disk.read(ino.0, offset, bytes as usize)?;
            Ok(bytes[..half(bytes.len(), is_short)].to_vec())
        });
        match read {
            Ok(bytes) => reply.data(&bytes),
            Err(errno) => reply.error(errno),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        bytes: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let written = self.ask(Op::Write, |disk, is_short| {
            let bytes = &bytes[..half(bytes.len(), is_short)];
            disk.write(ino.0, offset, bytes).map(|()| bytes.len())
        });
        match written {
            Ok(bytes) => reply.written(bytes as u32),
            Err(errno) => reply.error(errno),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        done(self.ask(Op::Close, |_, _| Ok(())), reply);
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.sync(Op::Sync, ino, reply);
    }

    fn opendir(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.ask(Op::Open, |disk, _| disk.status(ino.0)) {
            Ok(_) => reply.opened(FileHandle(0), FopenFlags::empty()),
            Err(errno) => reply.error(errno),
        }
    }

    fn readdir(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        from: u64,
        mut reply: ReplyDirectory,
    ) {
        let listed = self.ask(Op::List, |disk, _| {
            let names = disk.names(ino.0)?.iter();
            let kind = |ino: Ino| disk.status(ino).map(|status| attributes(status).kind);
            let known = names.map(|(name, ino)| Ok((name.clone(), *ino, kind(*ino)?)));
            known.collect::<Answer<Vec<_>>>()
        });
        let names = match listed {
            Ok(names) => names,
            Err(errno) => return reply.error(errno),
        };
        for (next, (name, ino, kind)) in (1..).zip(names).skip(from as usize) {
            if reply.add(INodeNo(ino), next, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn fsyncdir(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.sync(Op::SyncFolder, ino, reply);
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        match self.ask(Op::Room, |_, _| Ok(())) {
            Ok(()) => reply.statfs(1 << 20, 1 << 19, 1 << 19, 0, 0, 4096, 255, 4096),
            Err(errno) => reply.error(errno),
        }
    }
}
