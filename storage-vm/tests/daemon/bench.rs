//! A daemon of our own, and the words to speak to it.

use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::{Prefix, SessionId};
use qib_rpc::limit::MAX_DATA_BYTES;
use qib_rpc::line::{LineError, Receiver, Sender};
use qib_rpc::message::Message;
use qib_rpc::message::object::{Object, PutObject, Stored};
use qib_rpc::message::permit::{
    PermitClose, PermitGranted, PermitRequest, Quota, Readable, Took, Verbs,
};
use qib_rpc::message::version::Version;
use qib_rpc::name::QubeName;
use qib_rpc::object::{Kind, ObjectName};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A running daemon; killed when dropped.
pub struct Daemon {
    child: Child,
    socket: PathBuf,
}

impl Daemon {
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    pub fn start_with(folder: &Path, options: &[&str]) -> Self {
        let socket = folder.with_extension("sock");
        let mut command = command(folder, &socket);
        Self::started(command.args(options), socket)
    }

    /// What this command starts, and that listens there.
    pub fn started(command: &mut Command, socket: PathBuf) -> Self {
        Self::tried(command, socket).expect("it began")
    }

    /// The same, or how it ended before it served anybody.
    pub fn tried(command: &mut Command, socket: PathBuf) -> Result<Self, ExitStatus> {
        let child = command.spawn().unwrap();
        let mut daemon = Self { child, socket };
        let begun = Instant::now();
        while UnixStream::connect(&daemon.socket).is_err() {
            if let Some(status) = daemon.child.try_wait().unwrap() {
                return Err(status);
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no daemon");
            std::thread::sleep(Duration::from_millis(5));
        }
        // It listens before it has looked at its place.
        let mut line = daemon.call("qib.StorageVersion+ dom0");
        match line.rx.receive::<Version>() {
            Ok(version) => assert_eq!(version, Ok(Version::OURS)),
            Err(_) => return Err(daemon.child.wait().unwrap()),
        }
        Ok(daemon)
    }

    pub fn raw(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .unwrap();
        stream
    }

    pub fn call(&self, descriptor: &str) -> Line {
        let mut stream = self.raw();
        stream.write_all(descriptor.as_bytes()).unwrap();
        stream.write_all(&[0]).unwrap();
        Line::new(stream)
    }

    pub fn put(&self, session: u8) -> Line {
        self.call(&format!("qib.Put+{} disp1", SessionId::new([session; 16])))
    }

    pub fn get(&self, session: u8) -> Line {
        self.call(&format!("qib.Get+{} disp1", SessionId::new([session; 16])))
    }

    pub fn records(&self) -> Line {
        self.call("qib.Records+ dom0")
    }

    /// A permit with plenty of quota.
    pub fn backup(&self, session: u8) -> Line {
        self.permit(request(session, backup_verbs(vec![])))
    }

    pub fn restore(&self, session: u8) -> Line {
        self.permit(request(session, Verbs::Restore))
    }

    pub fn permit(&self, request: PermitRequest) -> Line {
        let mut line = self.call("qib.Permit+ dom0");
        line.tx.send(&request).unwrap();
        line.expect::<PermitGranted>();
        line
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Kills it as hard as a machine can.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn command(folder: &Path, socket: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qib-storage"));
    command.arg("--folder").arg(folder);
    command.arg("--socket").arg(socket);
    command.stderr(Stdio::null());
    command
}

/// One call, from the caller's side.
pub struct Line {
    pub tx: Sender<UnixStream>,
    pub rx: Receiver<UnixStream>,
}

impl Line {
    pub fn new(stream: UnixStream) -> Self {
        Self {
            tx: Sender::new(stream.try_clone().unwrap()),
            rx: Receiver::new(stream),
        }
    }

    pub fn expect<M: Message>(&mut self) -> M {
        self.rx.receive().expect("line").expect("no fault")
    }

    pub fn fault(&mut self) -> Fault {
        self.rx.receive().expect("line").expect("a fault")
    }

    pub fn code(&mut self) -> Code {
        self.fault().code
    }

    pub fn ask_put(&mut self, kind: Kind, bytes: &[u8]) -> ObjectName {
        let name = ObjectName::of(kind, bytes);
        let size = bytes.len() as u64;
        self.tx.send(&PutObject { name, bytes: size }).unwrap();
        for piece in bytes.chunks(MAX_DATA_BYTES) {
            self.tx.send_data(piece).unwrap();
        }
        name
    }

    pub fn put(&mut self, kind: Kind, bytes: &[u8]) -> ObjectName {
        let name = self.ask_put(kind, bytes);
        assert_eq!(self.expect::<Stored>(), Stored { name });
        name
    }

    /// The bytes of an object that was asked for, or the fault told instead.
    pub fn take_object(&mut self) -> Result<Vec<u8>, Fault> {
        let object: Object = self.rx.receive().expect("line")?;
        let mut bytes = Vec::new();
        self.rx
            .receive_data(object.bytes, |piece| {
                bytes.extend_from_slice(piece);
                Ok::<(), LineError>(())
            })
            .expect("line")?;
        Ok(bytes)
    }

    pub fn close_permit(&mut self) -> Took {
        self.tx.send(&PermitClose {}).unwrap();
        self.expect()
    }

    pub fn is_cut(&mut self) -> bool {
        !matches!(self.rx.next_frame(), Ok(Some(_)))
    }
}

pub fn backup_verbs(readable: Vec<ObjectName>) -> Verbs {
    Verbs::Backup(Readable::try_from(readable).unwrap())
}

pub fn request(session: u8, verbs: Verbs) -> PermitRequest {
    PermitRequest {
        session: SessionId::new([session; 16]),
        helper: QubeName::parse("disp1").unwrap(),
        prefix: PREFIX,
        verbs,
        quota: Quota {
            bytes: 1 << 34,
            objects: 1 << 20,
        },
    }
}

pub const PREFIX: Prefix = Prefix::new([0xaa; 16]);
pub const OTHER_PREFIX: Prefix = Prefix::new([0xbb; 16]);

/// A folder for a daemon, which does not exist yet.
pub fn folder() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("place");
    (parent, folder)
}

/// Bytes that no two numbers share.
pub fn noise(number: u64, length: usize) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Where the daemon keeps an object of [`PREFIX`].
pub fn path_of(folder: &Path, name: ObjectName) -> PathBuf {
    let mut path = folder.join(PREFIX.to_string()).join(name.kind.word());
    if name.kind == Kind::Pack {
        path.push(&name.digest.to_string()[..2]);
    }
    path.join(name.to_string())
}

pub fn temporary_files(folder: &Path) -> usize {
    let Ok(entries) = folder.join(PREFIX.to_string()).join("tmp").read_dir() else {
        return 0;
    };
    entries.count()
}

/// Waits until it is true, at most a second.
pub fn within_a_second(mut done: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        if done() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    done()
}
