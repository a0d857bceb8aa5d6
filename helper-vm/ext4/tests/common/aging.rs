//! A volume in use for a while: a real tree, then files that come, grow, shrink and go.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, XattrFlags};

use super::dice::Dice;
use super::image::run;

/// Fills a volume; what the file system can not do is left out.
pub fn age(root: &Path, seed: u64) {
    real_tree(root);
    every_size(root);
    small_directories(root);
    links(root);
    attributes(root);
    large_directory(root);
    changing_files(root, &mut Dice(seed));
    special(root);
}

/// The source of this crate.
pub fn real_tree(root: &Path) {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    run("cp", &["-a", source, root.to_str().unwrap()]);
}

/// Files around every border of what fits in an inode; some of them changed their size.
fn every_size(root: &Path) {
    let folder = root.join("sizes");
    fs::create_dir(&folder).unwrap();
    for size in (0..=200_u64).chain([450, 900, 1000, 3000, 3900, 5000]) {
        let path = folder.join(size.to_string());
        fs::write(&path, vec![b's'; size.try_into().unwrap()]).unwrap();
        if size % 4 == 1 {
            let shorter = OpenOptions::new().write(true).open(&path).unwrap();
            shorter.set_len(size / 2).unwrap();
        }
        if size % 6 == 2 {
            let longer = OpenOptions::new().append(true).open(&path).unwrap();
            longer.set_len(size + 70).unwrap();
            (&longer).write_all(b"behind").unwrap();
        }
    }
    let far = File::create(folder.join("far")).unwrap();
    far.write_all_at(b"start", 0).unwrap();
    far.set_len(1 << 33).unwrap();
}

/// Directories from empty to more than fits in an inode, with names gone again.
fn small_directories(root: &Path) {
    for names in 0..24_usize {
        let folder = root.join(format!("names {names}"));
        fs::create_dir(&folder).unwrap();
        for number in 0..names {
            let name = format!("{number}{}", "n".repeat(number * names % 40));
            if number % 5 == 4 {
                fs::create_dir(folder.join(name)).unwrap();
            } else {
                File::create(folder.join(name)).unwrap();
            }
        }
        for number in (0..names).filter(|number| number % 7 == 3) {
            let name = format!("{number}{}", "n".repeat(number * names % 40));
            _ = fs::remove_file(folder.join(name));
        }
    }
}

fn links(root: &Path) {
    let folder = root.join("links");
    fs::create_dir(&folder).unwrap();
    for length in (1..=170).chain([500, 1000]) {
        symlink("t".repeat(length), folder.join(length.to_string())).unwrap();
    }
    for length in [10, 59, 60, 100] {
        set(&folder.join(length.to_string()), "trusted.link", &[7; 200]);
    }
    for length in [11, 58, 61, 101] {
        let path = folder.join(length.to_string());
        set(&path, "trusted.link", &[7; 5000]);
    }
}

fn set(path: &Path, name: &str, value: &[u8]) -> bool {
    rustix::fs::lsetxattr(path, name, value, XattrFlags::empty()).is_ok()
}

/// Values of all sizes, on files, directories and links. Returns how many there was room for.
fn attributes(root: &Path) {
    let folder = root.join("attributes");
    fs::create_dir(&folder).unwrap();
    let mut made = 0;
    for size in [0, 1, 30, 100, 500, 900, 3000, 5000, 20_000, 60_000, 65_536] {
        let path = folder.join(size.to_string());
        fs::write(&path, b"inline").unwrap();
        made += usize::from(set(&path, "user.value", &vec![b'v'; size]));
        set(&path, "user.n\u{e4}me", &vec![b'w'; size]);
        set(&path, "trusted.shared", &[9; 300]);
        let inner = folder.join(format!("in {size}"));
        fs::create_dir(&inner).unwrap();
        set(&inner, "user.value", &vec![b'v'; size]);
        fs::write(inner.join("file"), b"").unwrap();
    }
    assert!(made >= 4);
    let acl = folder.join("30");
    run(
        "setfacl",
        &["-m", "u:70000:rw,g:5:r", acl.to_str().unwrap()],
    );
}

fn large_directory(root: &Path) {
    let folder = root.join("large");
    fs::create_dir(&folder).unwrap();
    File::create(folder.join("first")).unwrap();
    let name = |number: u32| folder.join(format!("{number:0>100}"));
    for number in 0..600 {
        fs::hard_link(folder.join("first"), name(number)).unwrap();
    }
    for number in (0..600).filter(|number| number % 3 == 0) {
        fs::remove_file(name(number)).unwrap();
    }
}

/// Forty files under hundreds of changes.
fn changing_files(root: &Path, dice: &mut Dice) {
    let folder = root.join("changing");
    fs::create_dir(&folder).unwrap();
    for round in 0..400 {
        let path = folder.join(dice.below(40).to_string());
        change(&path, round, dice);
    }
}

fn change(path: &PathBuf, round: u32, dice: &mut Dice) {
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).read(true).open(path);
    let mut file = file.unwrap();
    let length = file.metadata().unwrap().len();
    let place = u64::try_from(dice.below(300_000)).unwrap().min(length);
    let bytes = vec![round.to_le_bytes()[0]; dice.below(60_000)];
    let count = u64::try_from(bytes.len()).unwrap() + 1;
    let allocate = |flags| _ = rustix::fs::fallocate(&file, flags, place, count);
    match dice.below(9) {
        0 => fs::remove_file(path).unwrap(),
        1 => file.set_len(place).unwrap(),
        2 => file.set_len(length + count).unwrap(),
        3 => allocate(FallocateFlags::KEEP_SIZE | FallocateFlags::PUNCH_HOLE),
        4 => allocate(FallocateFlags::KEEP_SIZE),
        5 => allocate(FallocateFlags::empty()),
        6 => allocate(FallocateFlags::ZERO_RANGE),
        _ => file.write_all(&bytes).unwrap(),
    }
    if round.is_multiple_of(16) {
        // So that changes meet what is on disk, not only what is in memory.
        rustix::fs::syncfs(&file).unwrap();
    }
}

fn special(root: &Path) {
    run(
        "mknod",
        &[root.join("disk").to_str().unwrap(), "b", "259", "70000"],
    );
    run("mkfifo", &[root.join("fifo").to_str().unwrap()]);
}
