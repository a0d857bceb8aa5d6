//! SeaweedFS, with one node or with three that keep everything twice.

use super::servers::{Server, found, free_port, listening, write_secret};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A store of several programs; they are killed when this is dropped, as they take their time to
/// end and hold their ports until then.
pub struct Store {
    pub server: Server,
    nodes: Vec<Child>,
    others: Vec<Child>,
}

impl Drop for Store {
    fn drop(&mut self) {
        for child in self.nodes.iter_mut().chain(&mut self.others) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Store {
    /// One of the nodes dies.
    pub fn lose_a_node(&mut self) {
        let mut node = self.nodes.pop().unwrap();
        node.kill().unwrap();
        node.wait().unwrap();
    }
}

/// Starts so many nodes, a master, and what speaks S3.
pub fn store(nodes: usize) -> Option<Store> {
    let weed = found("weed")?;
    let mut server = Server::new(String::new());
    let here = server.folder.path().to_owned();
    let (key, identities) = (here.join("key"), here.join("identities"));
    write_secret(&key, "secret of the test");
    let text = r#"{"identities": [{"name": "qib", "actions": ["Admin", "Read", "Write", "List"],
        "credentials": [{"accessKey": "qib", "secretKey": "secret of the test"}]}]}"#;
    fs::write(&identities, text).unwrap();
    let start = |name: &str, words: &[String]| {
        let log = fs::File::create(here.join(format!("{name}.log"))).unwrap();
        fs::create_dir_all(here.join(name)).unwrap();
        let mut command = Command::new(&weed);
        command.args(words).current_dir(here.join(name));
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap());
        command.stderr(log).spawn().unwrap()
    };
    let [master, filer, port] = [(); 3].map(|()| free_port());
    let words = |line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    // Each object twice where there is a second node.
    let copies = if nodes > 1 { "001" } else { "000" };
    let mut others = vec![start(
        "master",
        &words(format!(
            "master -ip=127.0.0.1 -port={master} -mdir=. -volumeSizeLimitMB=64 -defaultReplication={copies}"
        )),
    )];
    listening(master);
    let volumes = (0..nodes).map(|number| {
        let port = free_port();
        let line =
            format!("volume -ip=127.0.0.1 -port={port} -master=127.0.0.1:{master} -dir=. -max=20");
        let child = start(&format!("node{number}"), &words(line));
        listening(port);
        child
    });
    let nodes = volumes.collect();
    let line = format!(
        "filer -ip=127.0.0.1 -port={filer} -master=127.0.0.1:{master} -s3 -s3.port={port} -s3.config={}",
        identities.display()
    );
    others.push(start("filer", &words(line)));
    listening(port);
    bucket(&weed, master, filer);
    server.port = port;
    server.place = format!(
        "type = \"s3\"\nendpoint = \"http://127.0.0.1:{port}\"\nbucket = \"backups\"\n\
         folder = \"qib\"\naccess_key_id = \"qib\"\nsecret_access_key_file = {key:?}"
    );
    Some(Store {
        server,
        nodes,
        others,
    })
}

/// As soon as all of them know each other.
fn bucket(weed: &Path, master: u16, filer: u16) {
    let begun = Instant::now();
    while !made(weed, master, filer) {
        assert!(begun.elapsed() < Duration::from_secs(60), "no bucket");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn made(weed: &Path, master: u16, filer: u16) -> bool {
    let mut shell = Command::new(weed)
        .arg("shell")
        .arg(format!("-master=127.0.0.1:{master}"))
        .arg(format!("-filer=127.0.0.1:{filer}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut words = shell.stdin.take().unwrap();
    // A shell that ended reads nothing.
    let _ended = words.write_all(b"s3.bucket.create -name backups\n");
    drop(words);
    shell.wait().unwrap().success()
}
