//! Everything that a file system can hold comes back, and holes stay holes.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt, chown, lchown, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use crate::machine::{Machine, assert_same, skipped_without_root};
use qib_lab::compare::{self, Mounted};
use qib_lab::tool;
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, Timespec, Timestamps, XattrFlags, makedev, mkdirat,
    mknodat, openat, setxattr, utimensat,
};

fn run(program: &str, arguments: &[&OsStr]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn set_time(path: &Path, seconds: i64, nanoseconds: i64) {
    let time = Timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

fn files(home: &Path) {
    fs::write(home.join("empty"), "").unwrap();
    fs::write(home.join("one byte"), "x").unwrap();
    fs::write(home.join("a block"), vec![b'b'; 4096]).unwrap();
    fs::write(home.join("large"), vec![b'l'; (9 << 20) + 17]).unwrap();
    fs::write(home.join("zeros"), vec![0; 300_000]).unwrap();
    fs::hard_link(home.join("large"), home.join("large again")).unwrap();
    fs::create_dir(home.join("folder")).unwrap();
    fs::hard_link(home.join("large"), home.join("folder/and again")).unwrap();
    symlink("nowhere/at all", home.join("dangling")).unwrap();
    symlink("/etc/passwd", home.join("absolute")).unwrap();
    symlink("x".repeat(4000), home.join("long link")).unwrap();
    symlink("y".repeat(59), home.join("link of 59")).unwrap();
    symlink("y".repeat(60), home.join("link of 60")).unwrap();
}

fn sparse(home: &Path) {
    let sparse = File::create(home.join("sparse")).unwrap();
    sparse.set_len(5 << 30).unwrap();
    sparse.write_all_at(b"start", 0).unwrap();
    sparse.write_all_at(&[7; 5000], 1 << 30).unwrap();
    sparse.write_all_at(b"end", (5 << 30) - 3).unwrap();
    File::create(home.join("only a hole"))
        .unwrap()
        .set_len(100 << 20)
        .unwrap();
    let reserved = home.join("reserved");
    run(
        "fallocate",
        &["-l".as_ref(), "3M".as_ref(), reserved.as_os_str()],
    );
    let reserved = OpenOptions::new().write(true).open(reserved).unwrap();
    reserved.write_all_at(b"in the middle", 1 << 20).unwrap();
    reserved.sync_all().unwrap();
}

fn extents(home: &Path) {
    // Every second block of 200,000: each a piece of its own.
    let file = File::create(home.join("100,000 extents")).unwrap();
    for block in 0..100_000u64 {
        file.write_all_at(&block.to_le_bytes(), block * 8192)
            .unwrap();
    }
}

fn special(home: &Path) {
    let make = |name: &str, kind, device| {
        mknodat(
            CWD,
            home.join(name),
            kind,
            Mode::from_raw_mode(0o640),
            device,
        )
        .unwrap();
    };
    make("fifo", FileType::Fifo, 0);
    make("null", FileType::CharacterDevice, makedev(1, 3));
    make("loop", FileType::BlockDevice, makedev(7, 300));
    make(
        "far device",
        FileType::CharacterDevice,
        makedev(4000, 1_000_000),
    );
    UnixListener::bind(home.join("socket")).unwrap();
}

fn metadata(home: &Path) {
    let file = |name: &str| {
        let path = home.join(name);
        fs::write(&path, name).unwrap();
        path
    };
    for (name, mode) in [
        ("setuid", 0o4755),
        ("setgid", 0o2750),
        ("none", 0),
        ("sticky", 0o1777),
    ] {
        let path = file(name);
        chown(&path, Some(1000), Some(100_000)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    chown(file("far owner"), Some(4_000_000_000), Some(70_000)).unwrap();
    lchown(home.join("dangling"), Some(70_001), Some(5)).unwrap();
    let attribute = |path: &Path, name: &str, value: &[u8]| {
        setxattr(path, name, value, XattrFlags::empty()).unwrap();
    };
    attribute(&file("attributes"), "user.small", b"value");
    attribute(&home.join("attributes"), "user.empty", b"");
    attribute(&home.join("attributes"), "user.large", &[b'v'; 3000]);
    attribute(&home.join("attributes"), "trusted.bytes", &[0, 255, 10, 13]);
    attribute(&home.join("folder"), "user.on a folder", b"yes");
    let acl = file("acl");
    run(
        "setfacl",
        &["-m".as_ref(), "u:1234:rwx,g:99:r".as_ref(), acl.as_os_str()],
    );
    run(
        "setfacl",
        &[
            "-d".as_ref(),
            "-m".as_ref(),
            "u:1234:r".as_ref(),
            home.join("folder").as_os_str(),
        ],
    );
    run(
        "setcap",
        &["cap_net_raw+ep".as_ref(), file("capability").as_os_str()],
    );
}

fn times(home: &Path) {
    for (name, seconds, nanoseconds) in [
        ("before 1970", -1_000_000, 1),
        ("1901", -0x8000_0000, 0),
        ("after 2038", 5_000_000_000, 999_999_999),
        ("2446", 15_032_385_535, 5),
        ("zero", 0, 0),
    ] {
        fs::write(home.join(name), "").unwrap();
        set_time(&home.join(name), seconds, nanoseconds);
    }
    set_time(&home.join("dangling"), 1_000_000_000, 123_456_789);
    set_time(&home.join("folder"), 1_111_111_111, 1);
}

fn names(home: &Path) {
    let folder = home.join("names");
    fs::create_dir(&folder).unwrap();
    let mut all: Vec<Vec<u8>> = (1..=255u8)
        .filter(|byte| *byte != b'/' && *byte != b'.')
        .map(|byte| vec![byte])
        .collect();
    all.extend([
        vec![b'n'; 255],
        vec![0xff; 255],
        b"...".to_vec(),
        b" ".to_vec(),
        b"-rf".to_vec(),
    ]);
    all.extend([
        b"new\nline".to_vec(),
        "\u{1b}[2J".as_bytes().to_vec(),
        "ä€𝄞".as_bytes().to_vec(),
    ]);
    for name in all {
        fs::write(folder.join(OsStr::from_bytes(&name)), &name).unwrap();
    }
}

/// Paths of more than 4,096 bytes can be made only step by step.
fn deep(home: &Path) {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    let mut folder = openat(CWD, home, flags, Mode::empty()).unwrap();
    for level in 0..40 {
        let name = format!("{level:0>250}");
        mkdirat(&folder, &name, Mode::from_raw_mode(0o755)).unwrap();
        folder = openat(&folder, &name, flags, Mode::empty()).unwrap();
    }
    let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file =
        File::from(openat(&folder, "at the bottom", flags, Mode::from_raw_mode(0o600)).unwrap());
    file.write_all_at(b"deep", 0).unwrap();
}

fn volume(machine: &Machine, gibibytes: u64) -> std::path::PathBuf {
    let image = machine.lab.scratch().join("nasty.img");
    File::create(&image)
        .unwrap()
        .set_len(gibibytes << 30)
        .unwrap();
    run(
        "mkfs.ext4",
        &[
            "-q".as_ref(),
            "-m".as_ref(),
            "0".as_ref(),
            image.as_os_str(),
        ],
    );
    image
}

#[test]
fn a_nasty_tree_comes_back_whole() {
    if skipped_without_root("a_nasty_tree_comes_back_whole") {
        return;
    }
    let machine = Machine::new();
    let image = volume(&machine, 3);
    {
        let mounted = Mounted::writable(&image).unwrap();
        let home = mounted.path().join("home");
        fs::create_dir(&home).unwrap();
        files(&home);
        sparse(&home);
        extents(&home);
        special(&home);
        metadata(&home);
        times(&home);
        names(&home);
        deep(&home);
    }
    machine.lab.add_image("work", &image, true).unwrap();
    let report = machine.backup("work");
    assert_eq!(report["left_out"]["socket"]["entries"], 1);
    machine.restore("work", &[], "again");
    let source = compare::without(machine.tree("work"), &["home/socket"]);
    assert_same(&source, &machine.tree("again"));
    assert!(source.len() > 330, "{}", source.len());
    let sound = tool("e2fsck")
        .args(["-fn"])
        .arg(machine.lab.image("again").unwrap())
        .output()
        .unwrap();
    assert!(
        sound.status.success(),
        "{}",
        String::from_utf8_lossy(&sound.stdout)
    );
}

#[test]
fn a_volume_in_use_is_read_as_its_journal_says() {
    if skipped_without_root("a_volume_in_use_is_read_as_its_journal_says") {
        return;
    }
    let machine = Machine::new();
    let image = volume(&machine, 1);
    let dirty = machine.lab.scratch().join("dirty.img");
    {
        let mounted = Mounted::writable(&image).unwrap();
        for number in 0..200 {
            let folder = mounted.path().join(format!("folder {}", number % 7));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("file {number}")), "in use").unwrap();
        }
        rustix::fs::sync();
        fs::remove_dir_all(mounted.path().join("folder 3")).unwrap();
        rustix::fs::sync();
        // A copy of a file system that is mounted.
        run(
            "cp",
            &[
                "--sparse=always".as_ref(),
                image.as_os_str(),
                dirty.as_os_str(),
            ],
        );
    }
    machine.lab.add_image("work", &dirty, true).unwrap();
    machine.backup("work");
    machine.restore("work", &[], "again");
    // The kernel replays the journal of a copy that it may write.
    let source = {
        let mounted = Mounted::writable(&dirty).unwrap();
        compare::read_folder(mounted.path()).unwrap()
    };
    let source = compare::without(source, &["lost+found"]);
    assert_same(&source, &machine.tree("again"));
    assert!(source.len() > 170, "{}", source.len());
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}
