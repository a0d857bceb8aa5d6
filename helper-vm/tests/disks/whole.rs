//! A root disk comes back whole, so that whatever starts it finds what it looks for.

use crate::common::Dom0;
use crate::compare::assert_restored;
use crate::restoring::{Target, last, restore};
use crate::root_disk::{DISK_MEBIBYTES, MEBIBYTE, ROOT, RootDisk, fill, mount, noise, part};
use crate::volume::image::{can_mount, tool};
use crate::volume::kernel;
use qib_rpc::message::restore::Fidelity;
use qib_rpc::reading::Manner;
use qib_rpc::rule::{Rule, Rules};
use std::fs;
use std::path::Path;

pub fn no_rules() -> Rules {
    let all = Rule::SETS.into_iter();
    let others = all.filter(|rule| *rule != Rule::Socket);
    others.fold(Rules::DEFAULT, Rules::without)
}

fn said(program: &str, arguments: &[&str], path: &Path) -> String {
    let mut command = tool(program);
    let output = command.args(arguments).arg(path).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program}: {error}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.replace(path.to_str().unwrap(), "DISK")
}

/// What the superblock says of how the file system was made.
fn made_with(disk: &Path) -> Vec<String> {
    let show = format!("{}?offset={}", disk.display(), ROOT * MEBIBYTE);
    let text = said("dumpe2fs", &["-h"], Path::new(&show));
    let kept = [
        "Filesystem volume name:",
        "Filesystem UUID:",
        "Filesystem features:",
        "Inode count:",
        "Block count:",
        "Block size:",
        "Inode size:",
    ];
    let lines = text.lines();
    let lines = lines.filter(|line| kept.iter().any(|start| line.starts_with(start)));
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    assert_eq!(lines.len(), kept.len());
    lines
}

/// Everything but the file system, byte for byte.
fn beside_files(disk: &Path) -> (Vec<u8>, Vec<u8>) {
    let last = DISK_MEBIBYTES - 1..DISK_MEBIBYTES;
    (part(disk, 0..ROOT), part(disk, last))
}

fn assert_clean(disk: &Path) {
    let name = format!("{}?offset={}", disk.display(), ROOT * MEBIBYTE);
    said("e2fsck", &["-f", "-n"], Path::new(&name));
}

/// A volume that somebody else had before.
fn used() -> Target {
    let target = Target::new(DISK_MEBIBYTES);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(target.file())
        .unwrap();
    let junk = vec![0xEE; 8 << 20];
    for mebibytes in [0, 40, ROOT, ROOT + 100, DISK_MEBIBYTES - 8] {
        std::os::unix::fs::FileExt::write_all_at(&file, &junk, mebibytes * MEBIBYTE).unwrap();
    }
    target
}

fn assert_same_disk(source: &RootDisk, target: &Target) {
    let (one, other) = (source.path(), target.file());
    let dump = |path: &Path| said("sfdisk", &["--dump"], path);
    assert_eq!(dump(&one), dump(&other));
    assert_eq!(made_with(&one), made_with(&other));
    assert!(beside_files(&one) == beside_files(&other), "other bytes");
    assert_clean(&other);
}

fn comes_back(test: &str, options: &[&str]) {
    if !can_mount(test) {
        return;
    }
    let source = RootDisk::with(options);
    fill(source.mount("acl").path());
    let mut dom0 = Dom0::new(&source.path());
    dom0.rules = no_rules();
    let run = dom0.run();
    assert_eq!(run.manner, Some(Manner::Disk));
    let summary = run.summary.unwrap();
    dom0.remember(&summary.stored.unwrap());
    let target = used();
    let device = target.device();
    let restored = restore(&last(&dom0), &dom0.storage, &device.0).unwrap();
    drop(device);
    assert_eq!((restored.fidelity, restored.skipped), (Fidelity::Whole, 0));
    let (stored, written) = (summary.counts, restored.counts);
    assert_eq!(
        (written.files, written.folders, written.others),
        (stored.files, stored.folders, stored.others)
    );
    assert_eq!(written.file_bytes, stored.file_bytes);
    assert_eq!(written.bytes_read, written.bytes_expected);
    assert_same_disk(&source, &target);
    let before = kernel::tree(source.mount("ro,noatime").path());
    let path = target.file();
    let folder = target.into_folder();
    let after = kernel::tree(mount(&path, folder.path(), "ro,noatime").path());
    assert_restored(&before, &after);
}

#[test]
fn a_root_disk_comes_back_whole() {
    comes_back("a_root_disk_comes_back_whole", &["-b", "4096"]);
}

#[test]
fn a_root_disk_with_old_features_comes_back_with_them() {
    let features = "^64bit,^metadata_csum,uninit_bg,^huge_file,^dir_index";
    let options = ["-I", "128", "-b", "1024", "-N", "20000", "-O", features];
    comes_back(
        "a_root_disk_with_old_features_comes_back_with_them",
        &options,
    );
}

#[test]
fn a_root_disk_with_new_features_comes_back_with_them() {
    let features = "metadata_csum_seed,orphan_file,inline_data,large_dir,ea_inode";
    let options = ["-O", features, "-I", "512"];
    comes_back(
        "a_root_disk_with_new_features_comes_back_with_them",
        &options,
    );
}

#[test]
fn a_file_as_volume_is_restored_with_or_without_the_right_to_mount() {
    let tree = tempfile::tempdir().unwrap();
    fs::create_dir(tree.path().join("boot")).unwrap();
    fs::write(tree.path().join("boot/vmlinuz"), noise(300_000, 1)).unwrap();
    let source = RootDisk::with(&["-d", tree.path().to_str().unwrap()]);
    let mut dom0 = Dom0::new(&source.path());
    dom0.back_up();
    let target = used();
    let summary = restore(&last(&dom0), &dom0.storage, &target.file()).unwrap();
    let may = rustix::process::geteuid().is_root();
    let whole = summary.fidelity == Fidelity::Whole;
    assert!(whole || !may, "{:?}", summary.fidelity);
    assert_same_disk(&source, &target);
    let mut again = Dom0::new(&target.file());
    again.back_up();
    let paths = |dom0: &Dom0| {
        let snapshot = dom0.last.unwrap().snapshot;
        let tree = crate::common::tree::Tree::open(&dom0.objects(), snapshot, 1);
        let leaves = tree.leaves().into_iter();
        let files = leaves.map(|(path, leaf)| (path, leaf.entry.meta.mode, leaf.content.len()));
        files.collect::<Vec<_>>()
    };
    assert_eq!(paths(&dom0), paths(&again));
    let names: Vec<_> = paths(&dom0).into_iter().map(|(path, ..)| path).collect();
    let expected: [&[u8]; 4] = [
        b"/files",
        b"/files/boot",
        b"/files/boot/vmlinuz",
        b"/volume.img",
    ];
    assert_eq!(names, expected);
}

#[test]
fn an_unchanged_root_disk_stores_nearly_nothing_and_a_change_only_itself() {
    if !can_mount("an_unchanged_root_disk_stores_nearly_nothing_and_a_change_only_itself") {
        return;
    }
    let source = RootDisk::with(&[]);
    fill(source.mount("acl").path());
    source.settle();
    let mut dom0 = Dom0::new(&source.path());
    dom0.back_up();
    let second = dom0.back_up().counts;
    assert_eq!((second.bytes_new, second.files_read), (0, 1), "{second:?}");
    let beside = (ROOT + 1) * MEBIBYTE;
    assert!(second.bytes_read <= beside, "{second:?}");
    assert!(second.bytes_stored < 16 << 10, "{second:?}");
    fs::write(source.mount("acl").path().join("etc/hostname"), "anew").unwrap();
    source.settle();
    source.put((1 + 30) * MEBIBYTE, &noise(100_000, 9));
    let third = dom0.back_up().counts;
    assert!(third.files_read <= 3, "{third:?}");
    assert!(third.bytes_new < 3 << 20, "{third:?}");
    let target = used();
    let device = target.device();
    restore(&last(&dom0), &dom0.storage, &device.0).unwrap();
    drop(device);
    assert_same_disk(&source, &target);
    let path = target.file();
    let folder = target.into_folder();
    let restored = mount(&path, folder.path(), "ro");
    let name = fs::read_to_string(restored.path().join("etc/hostname"));
    assert_eq!(name.unwrap(), "anew");
}

#[test]
fn no_loop_device_is_left() {
    if !can_mount("no_loop_device_is_left") {
        return;
    }
    let source = RootDisk::with(&[]);
    let mut dom0 = Dom0::new(&source.path());
    dom0.back_up();
    let target = used();
    restore(&last(&dom0), &dom0.storage, &target.file()).unwrap();
    let output = tool("losetup").arg("-j").arg(target.file()).output();
    assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), "");
}
