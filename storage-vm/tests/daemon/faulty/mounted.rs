//! The disk where the daemon finds it.

use super::disk::{Disk, Left};
use super::served::{Served, State};
use super::wrong::{Op, When};
use crate::bench::{Daemon, command};
use fuser::{BackgroundSession, Config, MountOption, Session};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A mounted disk; unmounted when dropped.
pub struct Mounted {
    state: Arc<Mutex<State>>,
    session: Option<BackgroundSession>,
    around: TempDir,
}

impl Mounted {
    /// An empty one, or nothing where none can be mounted.
    pub fn new(test: &str) -> Option<Self> {
        let around = tempfile::tempdir().unwrap();
        fs::create_dir(around.path().join("disk")).unwrap();
        let (when, asked) = (When::Never, Vec::new());
        let disk = Disk::new();
        let state = Arc::new(Mutex::new(State { disk, when, asked }));
        match mount(&state, &around.path().join("disk")) {
            Ok(session) => Some(Self {
                state,
                session: Some(session),
                around,
            }),
            Err(error) => {
                eprintln!("skipped: {test} needs /dev/fuse and root: {error}");
                None
            }
        }
    }

    /// Begins to count anew.
    pub fn set(&self, when: When) {
        let mut state = self.state.lock().unwrap();
        state.when = when;
        state.asked.clear();
    }

    /// What was asked of the disk since then.
    pub fn asked(&self) -> Vec<Op> {
        self.state.lock().unwrap().asked.clone()
    }

    /// The daemon's folder: not on top, and not there before it begins.
    pub fn folder(&self) -> PathBuf {
        self.around.path().join("disk/backups/place")
    }

    /// Starts the daemon; if it does not begin, its last words.
    pub fn started(&self) -> Result<Daemon, String> {
        let socket = self.beside("socket");
        let mut command = command(&self.folder(), &socket);
        command.args(["--trash-days", "0"]);
        command.stderr(File::create(self.beside("words")).unwrap());
        Daemon::tried(&mut command, socket).map_err(|status| {
            let said = self.said();
            assert_eq!(status.code(), Some(1), "{said}");
            said
        })
    }

    /// What the last daemon wrote to its log.
    pub fn said(&self) -> String {
        fs::read_to_string(self.beside("words")).unwrap()
    }

    /// The power fails, with nobody there who writes, and comes back.
    pub fn cut_power(&mut self, left: Left) {
        self.unmount();
        let mut state = self.state.lock().unwrap();
        state.when = When::Never;
        state.disk.lose_power(left);
        drop(state);
        self.session = Some(mount(&self.state, &self.beside("disk")).unwrap());
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.around.path().join(name)
    }

    fn unmount(&mut self) {
        if let Some(session) = self.session.take() {
            session.umount_and_join().unwrap();
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The daemon may still be there.
            let at = self.beside("disk");
            let _gone = Command::new("umount").arg("-l").arg(at).status();
        } else {
            self.unmount();
        }
    }
}

fn mount(state: &Arc<Mutex<State>>, at: &Path) -> std::io::Result<BackgroundSession> {
    let mut config = Config::default();
    config.mount_options = vec![MountOption::FSName("qib-test".to_owned())];
    Session::new(Served(Arc::clone(state)), at, &config)?.spawn()
}
