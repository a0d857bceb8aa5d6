//! The recipe of `docs/format.md` restores with the stock tools alone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it fails"
)]

mod common;

use common::{Dom0, image};
use std::ffi::CString;
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::tempdir;

fn recipe() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/format.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, after) = page.split_once("```sh restore\n").unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn oddities(root: &Path) {
    fs::create_dir_all(root.join("a/b/c")).unwrap();
    fs::create_dir(root.join("empty")).unwrap();
    fs::write(root.join("a/file"), b"content\n").unwrap();
    fs::hard_link(root.join("a/file"), root.join("a/b/second")).unwrap();
    fs::write(root.join("nothing"), b"").unwrap();
    fs::write(root.join("-n"), b"a dash").unwrap();
    fs::write(root.join(".hidden"), b"a dot").unwrap();
    fs::write(root.join("..two"), b"two dots").unwrap();
    let odd: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"odd\n*\\ \xff'\"");
    fs::write(root.join(odd), b"odd").unwrap();
    fs::write(root.join("n".repeat(255)), b"long name").unwrap();
    symlink("../no where", root.join("a/dangling")).unwrap();
    symlink("x/".repeat(200), root.join("a/long")).unwrap();
    let mut large = vec![0; 6 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut large);
    fs::write(root.join("a/b/c/large"), &large).unwrap();
    let sparse = fs::File::create(root.join("sparse")).unwrap();
    sparse.write_all_at(b"end", 40 << 20).unwrap();
    sparse.set_len(50 << 20).unwrap();
    for (name, mode) in [("a/file", 0o4751), ("a/b/c", 0o1555), ("empty", 0o700)] {
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    for (name, time) in [
        ("a/file", "@-5.25"),
        ("nothing", "@9000000000.123456789"),
        ("a/b/c", "@5"),
    ] {
        run(Command::new("touch")
            .args(["-h", "-d", time])
            .arg(root.join(name)));
    }
    run(Command::new("mkfifo").arg(root.join("fifo")));
}

/// What only root can make.
fn privileges(root: &Path) {
    // Only root can read it to make the image.
    fs::set_permissions(root.join("nothing"), fs::Permissions::from_mode(0o000)).unwrap();
    for arguments in [
        &["mknod", "null", "c", "1", "3"][..],
        &["mknod", "disk", "b", "4095", "1048575"],
        &["chown", "70000:4000000000", "a/b/second"],
        &["chown", "-h", "1:2", "a/dangling"],
    ] {
        run(Command::new(arguments[0])
            .args(&arguments[1..])
            .current_dir(root));
    }
    run(Command::new("cp")
        .args(["-l", "fifo", "second fifo"])
        .current_dir(root));
    for (name, key, value) in [
        ("nothing", "user.name=%", &b"a\n1 b=c\n\0\xff"[..]),
        ("a", "trusted.x", b"folder"),
        ("nothing", "security.capability", b"\x01\0\0\x02\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        (
            "-n",
            "system.posix_acl_access",
            b"\x02\0\0\0\x01\0\x06\0\xff\xff\xff\xff\x02\0\x04\0\x05\0\0\0\x04\0\x04\0\xff\xff\xff\xff\
              \x10\0\x04\0\xff\xff\xff\xff\x20\0\x04\0\xff\xff\xff\xff",
        ),
    ] {
        let key = CString::new(key).unwrap();
        rustix::fs::setxattr(root.join(name), key, value, rustix::fs::XattrFlags::empty()).unwrap();
    }
}

/// One line for each entry, with all that a restore must bring back.
fn listing(root: &Path, whole: bool) -> Vec<String> {
    let more = if whole { " %T@ %U %G" } else { "" };
    let folder = format!("%P %y %#m{more}\\0");
    let other = format!("%P %y %#m %s %l %n{more}\\0");
    let output = Command::new("find")
        .args([
            ".",
            "-path",
            "./lost+found",
            "-o",
            "-type",
            "d",
            "-printf",
            &folder,
        ])
        .args(["-o", "-printf", &other])
        .current_dir(root)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines: Vec<String> = text.split('\0').map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Backs a volume up and follows the recipe: what comes out.
fn restored_by_hand(volume: &Path, place: &Path) -> PathBuf {
    let mut dom0 = Dom0::new(volume);
    dom0.back_up();
    let objects = place.join("objects");
    fs::create_dir(&objects).unwrap();
    for (name, bytes) in dom0.objects() {
        fs::write(objects.join(name.to_string()), bytes).unwrap();
    }
    let identity = place.join("identity");
    fs::write(&identity, common::data_identity_text()).unwrap();
    fs::write(place.join("restore.sh"), recipe()).unwrap();
    let out = place.join("out");
    run(Command::new("sh")
        .arg(place.join("restore.sh"))
        .arg(&identity)
        .arg(&objects)
        .arg(format!("snapshot-{}", dom0.last.unwrap().snapshot))
        .arg(&out));
    out
}

#[test]
fn stock_tools_restore_an_image() {
    let place = tempdir().unwrap();
    let mut bytes = vec![0; 24 << 20];
    blake3::Hasher::new()
        .finalize_xof()
        .fill(&mut bytes[..12 << 20]);
    bytes[3 << 20..5 << 20].fill(0);
    bytes[20 << 20] = 1;
    let volume = place.path().join("volume");
    fs::write(&volume, &bytes).unwrap();
    let out = restored_by_hand(&volume, place.path());
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
    assert!(fs::read(out.join("volume.img")).unwrap() == bytes);
}

#[test]
fn stock_tools_restore() {
    let root = rustix::process::geteuid().is_root();
    let place = tempdir().unwrap();
    let tree = place.path().join("tree");
    fs::create_dir(&tree).unwrap();
    oddities(&tree);
    if root {
        privileges(&tree);
    }
    let image_path = place.path().join("image");
    let by_kernel = image::make_by_kernel(&image_path, &tree, 128);
    let whole = by_kernel.is_some();
    if !whole {
        eprintln!("not root, or no loop device: times are not compared");
        image::make(&image_path, &tree, 128);
    }
    let out = restored_by_hand(&image_path, place.path());
    compare(&tree, &out, whole);
}

fn compare(tree: &Path, out: &Path, whole: bool) {
    for (before, after) in listing(tree, whole).iter().zip(&listing(out, whole)) {
        assert_eq!(before, after);
    }
    assert_eq!(listing(tree, whole).len(), listing(out, whole).len());
    let data = |folder: &Path, name: &str| fs::read(folder.join(name)).unwrap();
    for name in ["a/file", "a/b/second", "a/b/c/large", "sparse", "-n"] {
        assert!(data(tree, name) == data(out, name), "{name}");
    }
    let sparse = fs::metadata(out.join("sparse")).unwrap();
    assert!(
        std::os::unix::fs::MetadataExt::blocks(&sparse) < 100,
        "holes stay holes"
    );
    if whole {
        assert_eq!(attributes(tree), attributes(out));
        let device = |folder: &Path| {
            let disk = fs::symlink_metadata(folder.join("disk")).unwrap();
            std::os::unix::fs::MetadataExt::rdev(&disk)
        };
        assert_eq!(device(tree), device(out));
    }
}

fn attributes(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for name in ["nothing", "a", "-n"] {
        for key in [
            "user.name=%",
            "trusted.x",
            "security.capability",
            "system.posix_acl_access",
        ] {
            let mut value = vec![0; 200];
            if let Ok(length) = rustix::fs::getxattr(root.join(name), key, &mut value) {
                value.truncate(length);
                all.push((format!("{name} {key}"), value));
            }
        }
    }
    assert_eq!(all.len(), 4);
    all
}
