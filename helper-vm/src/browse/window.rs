//! The kernel's side: a read-only mount, whose questions go to the thread that talks to storage.

use super::ask::Ask;
use crate::error::{Error, Result};
use fuser::{
    Config, FileHandle, Filesystem, INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr,
    ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyXattr, Request, Session,
    SessionACL,
};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};

/// Passes every question on.
pub struct Window(Sender<Ask>);

impl Window {
    /// Mounts it on a folder, which is made; returns what runs it, and the questions.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn open(folder: &Path) -> Result<(Session<Self>, Receiver<Ask>)> {
        fs::create_dir_all(folder).map_err(Error::Helper)?;
        let (asks, asked) = mpsc::channel();
        let mut config = Config::default();
        config.mount_options = vec![
            MountOption::FSName("qib".to_owned()),
            MountOption::RO,
            MountOption::NoSuid,
            MountOption::NoDev,
            MountOption::NoExec,
        ];
        // Whoever is in this disposable may see everything, whose it ever was.
        config.acl = SessionACL::All;
        let session = Session::new(Self(asks), folder, &config).map_err(Error::Helper)?;
        Ok((session, asked))
    }

    /// A question that nobody takes any more is answered with an error as it is dropped.
    fn ask(&self, ask: Ask) {
        let _taken = self.0.send(ask);
    }
}

impl Filesystem for Window {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        self.ask(Ask::Lookup(parent.0, name.to_owned(), reply));
    }

    fn forget(&self, _: &Request, ino: INodeNo, times: u64) {
        self.ask(Ask::Forget(ino.0, times));
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        self.ask(Ask::Attributes(ino.0, reply));
    }

    fn readlink(&self, _: &Request, ino: INodeNo, reply: ReplyData) {
        self.ask(Ask::Target(ino.0, reply));
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        self.ask(Ask::OpenFile(ino.0, reply));
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        at: u64,
        bytes: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        self.ask(Ask::Read(handle.0, at, bytes, reply));
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.ask(Ask::Close(handle.0, reply));
    }

    fn opendir(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        self.ask(Ask::OpenFolder(ino.0, reply));
    }

    fn readdir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        from: u64,
        reply: ReplyDirectory,
    ) {
        self.ask(Ask::List(handle.0, from, reply));
    }

    fn releasedir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.ask(Ask::Close(handle.0, reply));
    }

    fn getxattr(&self, _: &Request, ino: INodeNo, name: &OsStr, bytes: u32, reply: ReplyXattr) {
        self.ask(Ask::Xattr(ino.0, name.to_owned(), bytes, reply));
    }

    fn listxattr(&self, _: &Request, ino: INodeNo, bytes: u32, reply: ReplyXattr) {
        self.ask(Ask::XattrNames(ino.0, bytes, reply));
    }
}
