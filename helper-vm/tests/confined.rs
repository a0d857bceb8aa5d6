//! What a helper can not do any more: each case in a process of its own, which confines itself as
//! the helper does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at the first surprise"
)]

#[path = "../../rpc-services/confine/tests/cases/mod.rs"]
mod cases;

use cases::{folder, has_landlock, in_a_process, refused};
use qib_helper::confine::{Needs, confine};
use qib_helper::loop_device::{Access, LoopDevice};
use rustix::fs::{
    AtFlags, Mode, OFlags, Uid, XattrFlags, chmodat, fchown, fsetxattr, mkdirat, openat, syncfs,
};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount,
    fsopen,
};
use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, getrlimit, kill_process, setrlimit};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

const MKFS: &str = "/usr/sbin/mkfs.ext4";

/// What no helper can do, whatever it needs.
fn never(parent: Pid) {
    refused(UnixStream::pair());
    refused(TcpListener::bind("127.0.0.1:0"));
    refused(Command::new("/bin/true").status());
    refused(kill_process(parent, Signal::CONT).map_err(Into::into));
    let fewer = Rlimit {
        current: Some(9),
        maximum: Some(9),
    };
    refused(setrlimit(Resource::Nofile, fewer).map_err(Into::into));
}

/// What every helper goes on to do.
fn always(open: &File) {
    let mut text = String::new();
    let mut open = open;
    open.read_to_string(&mut text).unwrap();
    assert_eq!(text, "open before");
    let sums: Vec<_> = (0..4_u64)
        .map(|n| thread::spawn(move || vec![n; 9 << 20].len()))
        .collect();
    assert!(sums.into_iter().all(|sum| sum.join().unwrap() == 9 << 20));
    getrandom::fill(&mut [0; 32]).unwrap();
}

/// What it may take has an end.
fn bounded(file: &File) {
    let mut open = Vec::new();
    let error = loop {
        match file.try_clone() {
            Ok(file) => open.push(file),
            Err(error) => break error,
        }
        assert!(open.len() < 1024, "files without end");
    };
    assert_eq!(Errno::from_io_error(&error), Some(Errno::MFILE));
    drop(open);
    let mut memory: Vec<u8> = Vec::new();
    assert!(memory.try_reserve_exact(33 << 30).is_err());
    assert!(memory.try_reserve_exact(1 << 30).is_ok());
    let core = getrlimit(Resource::Core);
    assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
}

fn with_text(folder: &Path) -> File {
    let path = folder.join("file");
    fs::write(&path, "open before").unwrap();
    File::open(path).unwrap()
}

#[test]
fn without_needs_it_opens_no_file_no_socket_and_no_program() {
    in_a_process("nothing");
}

#[test]
#[ignore = "confines its process: a test above starts it"]
fn nothing() {
    let folder = folder();
    let open = with_text(&folder);
    let mut call = Command::new("/bin/cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let parent = getppid().unwrap();
    // Somebody has set it lower before: it stays so.
    let lower = Rlimit {
        current: Some(1024),
        maximum: Some(1024),
    };
    setrlimit(Resource::Nofile, lower).unwrap();
    confine(Needs::Nothing, &[call.id()]).unwrap();
    never(parent);
    refused(File::open(folder.join("file")));
    refused(File::create(folder.join("new")));
    refused(fs::read_dir(&folder));
    refused(fs::remove_file(folder.join("file")));
    always(&open);
    bounded(&open);
    // Its call goes on, and can be ended.
    let mut word = [0; 4];
    call.stdin.as_mut().unwrap().write_all(b"word").unwrap();
    call.stdout.as_mut().unwrap().read_exact(&mut word).unwrap();
    assert_eq!(&word, b"word");
    call.kill().unwrap();
    assert!(!call.wait().unwrap().success());
}

#[test]
fn with_a_mounted_volume_it_reads_below_that_and_nothing_else() {
    in_a_process("tree");
}

#[test]
#[ignore = "confines its process: a test above starts it"]
fn tree() {
    let (inside, outside) = (folder(), folder());
    let open = with_text(&outside);
    with_text(&inside);
    let device = outside.join("device");
    fs::write(&device, "device").unwrap();
    let root = File::open(&inside).unwrap();
    let needs = Needs::Tree {
        root: root.as_fd(),
        device: &device,
    };
    let has_landlock = has_landlock();
    let parent = getppid().unwrap();
    confine(needs, &[]).unwrap();
    never(parent);
    assert_eq!(fs::read(inside.join("file")).unwrap(), b"open before");
    assert_eq!(fs::read_dir(&inside).unwrap().count(), 1);
    assert_eq!(fs::read(&device).unwrap(), b"device");
    refused(File::create(inside.join("new")));
    refused(fs::remove_file(inside.join("file")));
    if has_landlock {
        refused(File::open(outside.join("file")));
        refused(fs::read_dir(&outside));
        refused(fs::write(&device, "other"));
    }
    always(&open);
}

#[test]
fn with_a_volume_to_fill_it_starts_the_programs_of_e2fsprogs_and_no_others() {
    in_a_process("volume");
}

#[test]
#[ignore = "confines its process: a test above starts it"]
fn volume() {
    let folder = folder();
    let open = with_text(&folder);
    let volume = folder.join("volume");
    File::create(&volume).unwrap().set_len(16 << 20).unwrap();
    let has_landlock = has_landlock();
    confine(Needs::Volume, &[]).unwrap();
    refused(UnixStream::pair());
    refused(TcpListener::bind("127.0.0.1:0"));
    if has_landlock {
        refused(Command::new("/bin/true").status());
    }
    let made = Command::new(MKFS).args(["-q", "-F"]).arg(&volume).status();
    assert!(made.unwrap().success());
    let checked = Command::new("/usr/sbin/e2fsck")
        .arg("-fn")
        .arg(&volume)
        .output();
    assert!(checked.unwrap().status.success());
    if rustix::process::geteuid().is_root() {
        filled_by_the_kernel(&volume);
    }
    fs::remove_file(&volume).unwrap();
    always(&open);
}

/// What a restore does where only the kernel can write a file system.
fn filled_by_the_kernel(volume: &Path) {
    let part = LoopDevice::attach(volume, &(0..16 << 20), Access::Write);
    let part = part.unwrap().unwrap();
    let context = fsopen("ext4", FsOpenFlags::empty()).unwrap();
    fsconfig_set_string(&context, "source", part.path()).unwrap();
    fsconfig_create(&context).unwrap();
    let tree = fsmount(&context, FsMountFlags::empty(), MountAttrFlags::empty()).unwrap();
    mkdirat(&tree, "folder", Mode::RWXU).unwrap();
    let flags = OFlags::CREATE | OFlags::WRONLY;
    let file = openat(&tree, "folder/file", flags, Mode::RUSR).unwrap();
    fchown(&file, Some(Uid::from_raw(1000)), None).unwrap();
    fsetxattr(&file, "user.name", b"value", XattrFlags::empty()).unwrap();
    chmodat(&tree, "folder", Mode::RUSR, AtFlags::empty()).unwrap();
    syncfs(&file).unwrap();
}
