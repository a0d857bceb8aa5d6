//! Start and end of the daemon.

use super::bench::{Daemon, command, folder};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::process::Command;

#[test]
fn the_socket_is_for_its_owner_and_group() {
    let (parent, _) = folder();
    let daemon = Daemon::start(&parent.path().join("a/b/place"));
    let mode = fs::metadata(daemon.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let folder = fs::metadata(parent.path().join("a/b/place")).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_second_daemon_is_refused() {
    let (parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let other_socket = parent.path().join("other.sock");
    let same_folder = command(&folder, &other_socket).output().unwrap();
    assert_eq!(same_folder.status.code(), Some(1));
    let same_socket = command(&parent.path().join("other"), daemon.socket())
        .output()
        .unwrap();
    assert_eq!(same_socket.status.code(), Some(1));
    daemon.backup(1);
}

#[test]
fn a_dead_socket_is_replaced_and_another_file_is_not() {
    let (parent, folder) = folder();
    let socket = folder.with_extension("sock");
    drop(UnixListener::bind(&socket).unwrap());
    Daemon::start(&folder).kill();
    let file = parent.path().join("file");
    fs::write(&file, "precious").unwrap();
    let refused = command(&folder, &file).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(fs::read(&file).unwrap(), b"precious");
}

#[test]
fn sigterm_ends_it_and_it_starts_again() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let pid = daemon.pid().to_string();
    let ended = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(ended.success());
    drop(daemon);
    Daemon::start(&folder).backup(1);
}
