//! Files of every kind, made through the kernel.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt, chown, lchown, symlink};
use std::path::Path;

use rustix::fs::{
    CWD, FallocateFlags, FileType, IFlags, Mode, Timespec, Timestamps, XattrFlags, ioctl_getflags,
    ioctl_setflags, makedev, mknodat,
};

use super::image::run;

/// What the deleted file was full of: must never be read.
pub const SECRET: &[u8] = b"SECRET OF A DELETED FILE ";

pub struct Wishes {
    /// Extents of the file in many pieces.
    pub pieces: u64,
    /// Names in the large directory.
    pub names: u32,
    /// The longest value of an attribute that fits.
    pub value_max: usize,
    pub link_max: usize,
}

pub fn everything(root: &Path, wishes: &Wishes) {
    unwritten_over_secret(root);
    sparse(root, wishes.pieces);
    names(root);
    deep(root);
    links(root, wishes.link_max);
    special(root);
    xattrs(root, wishes.value_max);
    owners_and_modes(root);
    flags(root);
    large_directory(root, wishes.names);
    times(root);
}

fn file(root: &Path, name: &str, content: &[u8]) -> File {
    let mut file = File::create(root.join(name)).unwrap();
    file.write_all(content).unwrap();
    file
}

fn unwritten_over_secret(root: &Path) {
    let secret = file(root, "secret", &SECRET.repeat(400_000));
    secret.sync_all().unwrap();
    drop(secret);
    fs::remove_file(root.join("secret")).unwrap();
    rustix::fs::syncfs(File::open(root).unwrap()).unwrap();
    let space = file(root, "unwritten", b"");
    // ext2 and ext3 can not.
    if rustix::fs::fallocate(&space, FallocateFlags::empty(), 0, 6_000_000).is_ok() {
        space.write_all_at(b"in the middle", 3_000_001).unwrap();
        let behind = file(root, "behind the end", b"12345");
        rustix::fs::fallocate(&behind, FallocateFlags::KEEP_SIZE, 0, 300_000).unwrap();
        let partly = file(root, "partly behind the end", b"");
        rustix::fs::fallocate(&partly, FallocateFlags::KEEP_SIZE, 0, 300_000).unwrap();
        partly.set_len(100_001).unwrap();
    }
}

fn sparse(root: &Path, pieces: u64) {
    let sparse = file(root, "sparse", b"start");
    sparse.write_all_at(b"at one megabyte", 1 << 20).unwrap();
    sparse.write_all_at(b"at 100 megabytes", 100 << 20).unwrap();
    sparse.write_all_at(b"at five gigabytes", 5 << 30).unwrap();
    sparse.set_len((5 << 30) + 12_345_678).unwrap();
    file(root, "only a hole", b"").set_len(3_333_333).unwrap();
    file(root, "empty", b"");
    file(
        root,
        "in one piece",
        &(0..=255).cycle().take(5_000_001).collect::<Vec<u8>>(),
    );
    let block = rustix::fs::statvfs(root).unwrap().f_bsize;
    let many = file(root, "many pieces", b"");
    for piece in 0..pieces {
        many.write_all_at(&piece.to_le_bytes(), piece * 2 * block)
            .unwrap();
    }
}

fn names(root: &Path) {
    let folder = root.join("names");
    fs::create_dir(&folder).unwrap();
    let mut names: Vec<Vec<u8>> = (1..=255_u8).map(|byte| vec![byte, b'x']).collect();
    names.extend((1..=255).map(|length| vec![b'n'; length]));
    names.push(b"...".to_vec());
    names.push(b"\xFF\xFE\x80 not UTF-8 \n\r\t\\\"'`$(x)".to_vec());
    for name in names.iter().filter(|name| !name.contains(&b'/')) {
        File::create(folder.join(OsStr::from_bytes(name)))
            .unwrap()
            .write_all(name)
            .unwrap();
    }
}

fn deep(root: &Path) {
    let mut path = root.join("deep");
    for _ in 0..250 {
        path.push("directory");
    }
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("at the bottom"), b"found").unwrap();
}

fn links(root: &Path, link_max: usize) {
    let folder = root.join("links");
    fs::create_dir(&folder).unwrap();
    for length in [1, 2, 58, 59, 60, 61, 62, 200, link_max] {
        symlink(
            OsStr::from_bytes(&vec![b't'; length]),
            folder.join(length.to_string()),
        )
        .unwrap();
    }
    let with_xattr = folder.join("59");
    lchown(&with_xattr, Some(70_000), Some(80_000)).unwrap();
    for name in ["59", "60"] {
        let path = folder.join(name);
        let value = vec![7; 500];
        rustix::fs::lsetxattr(path, "trusted.link", &value, XattrFlags::empty()).unwrap();
    }
    for name in ["a", "b", "c"] {
        fs::hard_link(root.join("in one piece"), folder.join(name)).unwrap();
    }
}

fn special(root: &Path) {
    let node = |name: &str, kind, device| {
        mknodat(
            CWD,
            root.join(name),
            kind,
            Mode::from_bits_retain(0o640),
            device,
        )
        .unwrap();
    };
    node("fifo", FileType::Fifo, 0);
    node("socket", FileType::Socket, 0);
    node("disk", FileType::BlockDevice, makedev(8, 1));
    node("newer disk", FileType::BlockDevice, makedev(259, 70_000));
    node("null", FileType::CharacterDevice, makedev(1, 3));
    node(
        "largest",
        FileType::CharacterDevice,
        makedev(4095, 0xF_FFFF),
    );
}

fn xattrs(root: &Path, value_max: usize) {
    let set = |name: &str, key: &str, value: &[u8]| {
        rustix::fs::lsetxattr(root.join(name), key, value, XattrFlags::empty()).unwrap();
    };
    for number in 0..5 {
        let name = format!("attributes {number}");
        file(root, &name, b"");
        set(&name, "user.small", b"x");
        set(&name, "user.empty", b"");
        set(&name, "trusted.shared", &[9; 300]);
        let key = format!("user.{}", "k".repeat(100));
        set(&name, &key, b"a long name");
    }
    file(root, "large attribute", b"");
    set("large attribute", "user.large", &vec![0xA5; value_max]);
    file(root, "capable", b"");
    set(
        "capable",
        "security.capability",
        &[
            1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ],
    );
    let path = |name: &str| root.join(name).to_str().unwrap().to_owned();
    file(root, "acl", b"");
    run(
        "setfacl",
        &["-m", "u:70000:rwx,u:5:r,g:123456:r,m:rw", &path("acl")],
    );
    fs::create_dir(root.join("acl folder")).unwrap();
    run(
        "setfacl",
        &["-m", "u:1000:rx,d:u:1001:rwx,d:g::-", &path("acl folder")],
    );
    fs::write(root.join("acl folder/inherits"), b"x").unwrap();
}

fn owners_and_modes(root: &Path) {
    for (name, uid, gid) in [("o1", 65_534, 65_537), ("o2", 4_294_967_294, 4_000_000_000)] {
        file(root, name, b"");
        chown(root.join(name), Some(uid), Some(gid)).unwrap();
    }
    for mode in [0, 0o7777, 0o4755, 0o2755, 0o1777, 0o644] {
        let path = root.join(format!("mode {mode:o}"));
        File::create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

fn flags(root: &Path) {
    for (name, flag) in [
        ("immutable", IFlags::IMMUTABLE),
        ("append", IFlags::APPEND),
        ("nodump", IFlags::NODUMP),
    ] {
        let file = file(root, name, b"flagged");
        ioctl_setflags(&file, ioctl_getflags(&file).unwrap() | flag).unwrap();
    }
}

/// Names of one inode, a third of them removed again.
fn large_directory(root: &Path, names: u32) {
    let folder = root.join("large");
    fs::create_dir(&folder).unwrap();
    file(root, "large/first", b"");
    let name = |number| folder.join(format!("{number:0>190}"));
    for number in 0..names {
        fs::hard_link(folder.join("first"), name(number)).unwrap();
    }
    for number in (0..names).filter(|number| number % 3 == 0) {
        fs::remove_file(name(number)).unwrap();
    }
}

fn times(root: &Path) {
    let seconds = [
        -0x8000_0000,
        -1_500_000_000,
        -1,
        0,
        1,
        0x7FFF_FFFF,
        0x8000_0000,
        0xFFFF_FFFF,
        0x1_0000_0000,
        0x1_7FFF_FFFF,
        0x2_8000_0000,
        0x3_7FFF_FFFF,
    ];
    for second in seconds {
        let file = file(root, &format!("time {second}"), b"");
        let time = |tv_nsec| Timespec {
            tv_sec: second,
            tv_nsec,
        };
        let times = Timestamps {
            last_access: time(1),
            last_modification: time(999_999_999),
        };
        rustix::fs::futimens(&file, &times).unwrap();
    }
}
