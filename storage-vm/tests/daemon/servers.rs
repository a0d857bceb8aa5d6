//! Real servers on this machine alone, with folders and keys of their own.

use super::bench::Daemon;
use super::proxy::Proxy;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// A place for a daemon: a server, if there is one, and what the daemon must be told.
pub struct Server {
    /// Where it all lies.
    pub folder: tempfile::TempDir,
    child: Option<Child>,
    pub port: u16,
    seconds: u32,
    retries: u32,
    pub cache_bytes: u64,
    /// What comes before the usual programs, for the daemon.
    path: String,
    pub place: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Server {
    pub fn new(place: String) -> Self {
        Self {
            folder: tempfile::tempdir_in("/var/tmp").unwrap(),
            child: None,
            port: 0,
            seconds: 60,
            retries: 8,
            cache_bytes: 1 << 30,
            path: String::new(),
            place,
        }
    }

    /// What the daemon keeps of indexes.
    pub fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// What an SFTP server of ours has.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("place")
    }

    /// The daemon for this place.
    pub fn daemon(&self) -> Command {
        let config = self.folder.path().join("storage.toml");
        let spool = self.folder.path().join("spool");
        fs::create_dir_all(&spool).unwrap();
        let Self {
            seconds,
            retries,
            cache_bytes,
            ..
        } = self;
        let cache = self.cache();
        let transfer = format!(
            "[transfer]\nspool = {spool:?}\ncache = {cache:?}\ncache_bytes = {cache_bytes}\n\
             retries = {retries}\ntimeout_seconds = {seconds}\n"
        );
        fs::write(&config, format!("[place]\n{}\n{transfer}", self.place)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_qib-storage"));
        command.arg("--config").arg(config);
        let path = format!("{}:{}", self.path, std::env::var("PATH").unwrap());
        command.env("PATH", path);
        command
    }

    /// That daemon, at work.
    pub fn started(&self) -> Daemon {
        let socket = self.folder.path().join("storage.sock");
        let mut command = self.daemon();
        command.arg("--socket").arg(&socket);
        Daemon::started(command.args(["--trash-days", "0"]), socket)
    }

    /// The same server, reached by a network that can fail, and by a daemon of little patience.
    pub fn behind_a_proxy(&mut self) -> Proxy {
        let proxy = Proxy::before(self.port);
        let [theirs, ours] = [self.port, proxy.port].map(|port| format!("127.0.0.1:{port}"));
        self.place = self.place.replace(&theirs, &ours);
        (self.seconds, self.retries) = (1, 2);
        proxy
    }

    fn start(&mut self, command: &mut Command, port: u16) {
        let log = fs::File::create(self.folder.path().join("server.log")).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap());
        self.child = Some(command.stderr(log).spawn().unwrap());
        self.port = port;
        listening(port);
    }
}

pub fn folder() -> Option<Server> {
    let mut server = Server::new(String::new());
    let path = server.folder.path().join("place");
    server.place = format!("type = \"folder\"\npath = {path:?}");
    Some(server)
}

/// OpenSSH's, with a key of its own, and reached by a user with a key and a list of known hosts.
pub fn sftp() -> Option<Server> {
    let sshd = found("sshd")?;
    found("ssh")?;
    let mut server = Server::new(String::new());
    let here = server.folder.path().to_owned();
    for name in ["host", "user"] {
        let key = here.join(name);
        run(Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(key));
    }
    let read = |name: &str| fs::read_to_string(here.join(name)).unwrap();
    fs::write(here.join("authorized"), read("user.pub")).unwrap();
    let port = free_port();
    let known = format!("[127.0.0.1]:{port} {}", read("host.pub"));
    fs::write(here.join("known"), known).unwrap();
    let at = |name: &str| here.join(name).display().to_string();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n\
         PidFile none\nSubsystem sftp internal-sftp\n",
        at("host"),
        at("authorized")
    );
    fs::write(here.join("sshd_config"), config).unwrap();
    let client = format!(
        "Host nas\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {}\n  \
         IdentitiesOnly yes\n  UserKnownHostsFile {}\n",
        at("user"),
        at("known")
    );
    fs::write(here.join("ssh_config"), client).unwrap();
    // ssh reads its user's own configuration by the user, whatever HOME says.
    let ssh = here.join("bin/ssh");
    fs::create_dir(here.join("bin")).unwrap();
    let text = format!(
        "#!/bin/sh\nexec /usr/bin/ssh -F {} \"$@\"\n",
        at("ssh_config")
    );
    fs::write(&ssh, text).unwrap();
    fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).unwrap();
    server.path = at("bin");
    server.place = format!(
        "type = \"sftp\"\nhost = \"nas\"\nfolder = {:?}",
        here.join("place")
    );
    // Where it locks its unprivileged part in.
    let _there = fs::create_dir("/run/sshd");
    server.start(
        Command::new(sshd)
            .arg("-D")
            .arg("-e")
            .arg("-f")
            .arg(here.join("sshd_config")),
        port,
    );
    Some(server)
}

/// rclone's, behind a password.
pub fn webdav() -> Option<Server> {
    let rclone = found("rclone")?;
    let mut server = Server::new(String::new());
    let here = server.folder.path().to_owned();
    let (port, password) = (free_port(), here.join("password"));
    write_secret(&password, "password of the test");
    fs::create_dir(here.join("data")).unwrap();
    let mut command = Command::new(rclone);
    command.args(["serve", "webdav", "--addr", &format!("127.0.0.1:{port}")]);
    command.args([
        "--user",
        "me",
        "--pass",
        "password of the test",
        "--config",
        "/dev/null",
    ]);
    server.start(command.arg(here.join("data")), port);
    server.place = format!(
        "type = \"webdav\"\nurl = \"http://127.0.0.1:{port}\"\nfolder = \"/qib\"\nuser = \"me\"\n\
         password_file = {password:?}"
    );
    Some(server)
}

/// A remote of rclone's that is a folder; the daemon starts rclone by itself.
pub fn rclone() -> Option<Server> {
    found("rclone")?;
    let mut server = Server::new(String::new());
    let here = server.folder.path().to_owned();
    let config = here.join("rclone.conf");
    let remote = here.join("data");
    fs::create_dir(&remote).unwrap();
    let text = format!("[there]\ntype = alias\nremote = {}\n", remote.display());
    fs::write(&config, text).unwrap();
    server.place = format!("type = \"rclone\"\nremote = \"there:\"\nconfig = {config:?}");
    Some(server)
}

pub fn write_secret(path: &Path, text: &str) {
    fs::write(path, format!("{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// A program by its name, where users and administrators have them.
pub fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin"]).map(Path::new);
    let mut paths = folders.map(|folder| folder.join(program));
    paths.find(|path| path.is_file())
}

/// Below those that connections take, and with the one that is 10,000 higher, which SeaweedFS
/// takes as well.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() % 9000;
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    loop {
        let number = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(10_000 + (first + number) % 12_000).unwrap();
        if is_free(port) && is_free(port + 10_000) {
            return port;
        }
    }
}

pub fn listening(port: u16) {
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no server");
        std::thread::sleep(Duration::from_millis(20));
    }
}
