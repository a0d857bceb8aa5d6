//! What the daemon can not do any more: each case in a process of its own, which confines itself as
//! the daemon does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at the first surprise"
)]

#[path = "../../rpc-services/confine/tests/cases/mod.rs"]
mod cases;

use cases::{folder, has_landlock, in_a_process, refused};
use qib_storage::config::Config;
use qib_storage::confine;
use rustix::fs::{AtFlags, Mode, linkat, mkdirat, renameat, unlinkat};
use rustix::process::{Resource, Rlimit, Signal, getppid, getrlimit, kill_process, setrlimit};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::thread;

fn configured(text: &str) -> Config {
    let path = folder().join("storage.toml");
    fs::write(&path, text).unwrap();
    Config::read(&path).unwrap()
}

fn of_folder(path: &Path) -> String {
    format!("type = \"folder\"\npath = {path:?}\n")
}

fn place(path: &Path) -> String {
    format!("[place]\n{}", of_folder(path))
}

/// Files come, get another name, and go.
fn works(folder: &Path) {
    fs::write(folder.join("one"), "text").unwrap();
    let at = &File::open(folder).unwrap();
    linkat(at, "one", at, "other", AtFlags::empty()).unwrap();
    mkdirat(at, "new", Mode::RWXU).unwrap();
    renameat(at, "other", at, "new/name").unwrap();
    assert_eq!(fs::read(folder.join("new/name")).unwrap(), b"text");
    unlinkat(at, "one", AtFlags::empty()).unwrap();
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
}

#[test]
fn with_a_folder_it_opens_no_other_file_no_socket_and_no_program() {
    in_a_process("a_folder");
}

#[test]
#[ignore = "confines its process: a test above starts it"]
fn a_folder() {
    let (own, outside) = (folder(), folder());
    fs::write(outside.join("file"), "text").unwrap();
    let socket = outside.join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut caller = UnixStream::connect(&socket).unwrap();
    let (has_landlock, parent) = (has_landlock(), getppid().unwrap());
    let _places = confine::open(&configured(&place(&own))).unwrap();

    refused(UnixStream::pair());
    refused(UnixStream::connect(&socket));
    refused(TcpListener::bind("127.0.0.1:0"));
    refused(Command::new("/bin/true").status());
    refused(kill_process(parent, Signal::CONT).map_err(Into::into));
    let fewer = Rlimit {
        current: Some(9),
        maximum: Some(9),
    };
    refused(setrlimit(Resource::Nofile, fewer).map_err(Into::into));
    refused(std::os::unix::fs::symlink("a", own.join("link")));
    if has_landlock {
        refused(File::open(outside.join("file")));
        refused(File::create(outside.join("new")));
        refused(fs::read_dir(&outside));
        refused(fs::remove_file(outside.join("file")));
    }
    works(&own);
    let most = |resource| getrlimit(resource).maximum;
    assert_eq!(most(Resource::Core), Some(0));
    assert_eq!(most(Resource::Nofile), Some(4096));
    assert!(Vec::<u8>::new().try_reserve_exact(5 << 30).is_err());
    let call = thread::spawn(move || {
        let (mut call, _) = listener.accept().unwrap();
        let mut word = [0; 4];
        call.read_exact(&mut word).unwrap();
        word
    });
    caller.write_all(b"word").unwrap();
    assert_eq!(&call.join().unwrap(), b"word");
}

#[test]
fn with_two_folders_it_works_in_both_and_opens_no_other_file() {
    in_a_process("two_folders");
}

#[test]
#[ignore = "confines its process: a test above starts it"]
fn two_folders() {
    let (own, second, outside) = (folder(), folder(), folder());
    let has_landlock = has_landlock();
    let config = format!(
        "{}[named.second.place]\n{}",
        place(&own),
        of_folder(&second)
    );
    let _places = confine::open(&configured(&config)).unwrap();
    refused(TcpListener::bind("127.0.0.1:0"));
    if has_landlock {
        refused(File::create(outside.join("new")));
        refused(fs::read_dir(&outside));
    }
    works(&own);
    works(&second);
}

#[test]
fn with_a_folder_beside_a_place_by_http_it_writes_to_it_too() {
    in_a_process("a_folder_beside_http");
}

#[test]
#[ignore = "confines its process: a test above starts it"]
fn a_folder_beside_http() {
    let (own, spool, outside) = (folder(), folder(), folder());
    let has_landlock = has_landlock();
    let missing = outside.join("qib");
    let config = format!(
        "{}[named.usb.place]\n{}mounted = {outside:?}\n[named.cloud.place]\ntype = \"webdav\"\nurl = \"http://127.0.0.1:9\"\n\
         [named.cloud.transfer]\nspool = {spool:?}\ncache = {spool:?}\n",
        place(&own),
        of_folder(&missing)
    );
    confine::before_opening(&configured(&config)).unwrap();
    assert!(!missing.exists(), "made below an empty mount point");
    if has_landlock {
        refused(Command::new("/bin/true").status());
        refused(File::create(outside.join("new")));
    }
    works(&own);
    works(&spool);
}

#[test]
fn with_a_place_by_http_it_starts_no_program_and_writes_to_its_spool_alone() {
    in_a_process("http");
}

#[test]
#[ignore = "confines its process: a test above starts it"]
fn http() {
    let (spool, cache, outside) = (folder(), folder().join("made"), folder());
    fs::write(outside.join("file"), "text").unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let has_landlock = has_landlock();
    confine::to_http(&[spool.clone(), cache.clone()]).unwrap();
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"text");
    assert!(TcpStream::connect(address).is_ok());
    if has_landlock {
        refused(Command::new("/bin/true").status());
        refused(File::create(outside.join("new")));
        refused(fs::remove_file(outside.join("file")));
        refused(fs::write(outside.join("file"), "other"));
    }
    works(&spool);
    works(&cache);
}
