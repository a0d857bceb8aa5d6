//! rclone as a way to places that it knows: its own WebDAV server, on this machine alone and
//! behind a password of the moment, started and kept alive by us.

use crate::config::{ConfigError, RcloneConfig, Secret};
use crate::log;
use opendal::Operator;
use opendal::services::Webdav;
use qib_rpc::hex;
use std::fs::File;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::{Builder, sleep};
use std::time::{Duration, Instant};

const USER: &str = "qib";

/// rclone may ask its remote who it is before it listens.
const START_WAIT: Duration = Duration::from_secs(60);

const RESTART_WAIT: Duration = Duration::from_secs(2);

/// How rclone is called, and where it will listen.
struct Server {
    remote: String,
    config: Option<std::path::PathBuf>,
    address: SocketAddr,
    password: Secret,
}

/// Starts rclone for this remote, and keeps it alive as long as this program lives.
///
/// # Errors
/// [`ConfigError::Place`] when it does not start, or does not listen.
pub fn start(config: &RcloneConfig) -> Result<Operator, ConfigError> {
    let remote = config.remote.clone();
    if remote.starts_with('-') || !remote.contains(':') {
        let why = format!("'{remote}' is no remote of rclone, such as 'drive:backups'");
        return Err(ConfigError::Place(why));
    }
    let server = prepared(config).map_err(|error| ConfigError::Place(error.to_string()))?;
    let webdav = Webdav::default()
        .endpoint(&format!("http://{}", server.address))
        .username(USER)
        .password(server.password.reveal());
    let child = server
        .first()
        .map_err(|error| ConfigError::Place(format!("rclone: {error}")))?;
    let kept = Builder::new().spawn(move || server.keep(child));
    kept.map_err(|error| ConfigError::Place(error.to_string()))?;
    Operator::new(webdav).map_err(|error| ConfigError::Place(error.to_string()))
}

fn prepared(config: &RcloneConfig) -> io::Result<Server> {
    let mut random = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    // A free port, which somebody could take before rclone does: then it does not start.
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    Ok(Server {
        remote: config.remote.clone(),
        config: config.config.clone(),
        address,
        password: Secret::new(hex::encode(&random)),
    })
}

impl Server {
    /// It ends with us, however we end.
    fn spawn(&self) -> io::Result<Child> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "rclone", "serve", "webdav"]);
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        command
            .args(["--addr", &self.address.to_string(), &self.remote])
            .env("RCLONE_USER", USER)
            .env("RCLONE_PASS", self.password.reveal())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.spawn()
    }

    fn first(&self) -> io::Result<Child> {
        let mut child = self.spawn()?;
        let deadline = Instant::now() + START_WAIT;
        while TcpStream::connect(self.address).is_err() {
            if let Some(status) = child.try_wait()? {
                return Err(io::Error::other(format!("it ended at once: {status}")));
            }
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                return Err(io::Error::other("it does not listen"));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(child)
    }

    /// Requests that meet it dead are made again by then.
    fn keep(&self, mut child: Child) {
        loop {
            match child.wait() {
                Ok(status) => {
                    log::line(format_args!("rclone ended, {status}; it is started again"))
                }
                Err(error) => log::line(format_args!("rclone: {error}")),
            }
            child = loop {
                sleep(RESTART_WAIT);
                match self.spawn() {
                    Ok(child) => break child,
                    Err(error) => log::line(format_args!("rclone: {error}")),
                }
            };
        }
    }
}
