//! File systems that only the kernel knows: everything comes back, in an ext4.

use crate::common::Dom0;
use crate::compare::assert_restored;
use crate::restoring::{Loop, Target, last, restore};
use crate::volume::image::{Image, can_mount, run, tool};
use crate::volume::kernel;
use crate::volume::populate::{self, Wishes};
use qib_rpc::count::Counts;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::glob::PathRules;
use qib_rpc::message::restore::Fidelity;
use qib_rpc::reading::{Manner, VolumeKind};
use qib_rpc::rule::{Rule, Rules};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// Leaves nothing out but sockets.
fn no_rules() -> Rules {
    let rules = Rule::SETS.into_iter();
    rules
        .filter(|rule| *rule != Rule::Socket)
        .fold(Rules::DEFAULT, Rules::without)
}

/// A volume as an image.
struct Volume {
    folder: tempfile::TempDir,
    kind: VolumeKind,
}

impl Volume {
    fn make(kind: VolumeKind, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let volume = Self { folder, kind };
        let file = File::create(volume.path()).unwrap();
        file.set_len(400 << 20).unwrap();
        let program = match kind {
            VolumeKind::Btrfs => "mkfs.btrfs",
            VolumeKind::Xfs => "mkfs.xfs",
            _ => "mkfs.ext4",
        };
        let path = volume.path();
        run(
            program,
            &[&["-q"], options, &[path.to_str().unwrap()]].concat(),
        );
        volume
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn mount(&self, options: &str) -> Mount {
        Mount::new(&self.path(), &self.folder.path().join("mount"), options)
    }

    /// As dom0 hands it to a helper.
    fn device(&self) -> Loop {
        device(&self.path(), &["--read-only"])
    }

    fn dom0(&self, device: &Loop) -> Dom0 {
        let mut dom0 = Dom0::new(&device.0);
        dom0.rules = no_rules();
        dom0
    }
}

fn device(image: &Path, options: &[&str]) -> Loop {
    let mut losetup = tool("losetup");
    let output = losetup.args(["--find", "--show"]).args(options).arg(image);
    let output = output.output().unwrap();
    assert!(output.status.success());
    let path = String::from_utf8(output.stdout).unwrap();
    Loop(PathBuf::from(path.trim()))
}

/// A mount that nobody else sees, gone when dropped.
struct Mount {
    holder: Child,
    path: PathBuf,
}

/// The kernel may hold a volume for a moment after its last file was closed.
const HOLD: &str = "mount -o \"$1\" \"$2\" \"$3\" || exit 1; echo; read line
    for try in $(seq 100); do umount \"$3\" && exit; sleep 0.1; done; exit 1";

impl Mount {
    fn new(image: &Path, target: &Path, options: &str) -> Self {
        fs::create_dir_all(target).unwrap();
        let mut command = tool("unshare");
        let command = command
            .args([
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                HOLD,
                "sh",
            ])
            .arg(format!("loop,{options}"))
            .args([image, target]);
        let mut holder = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0];
        let output = holder.stdout.as_mut().unwrap();
        output.read_exact(&mut ready).unwrap();
        let root = PathBuf::from(format!("/proc/{}/root", holder.id()));
        let path = root.join(target.strip_prefix("/").unwrap());
        Self { holder, path }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let status = self.holder.wait();
        assert!(std::thread::panicking() || status.unwrap().success());
    }
}

/// Backs a volume up, which the kernel must read, and restores it.
fn there_and_back(volume: &Volume, dom0: &mut Dom0) -> Image {
    let said = dom0.run();
    assert_eq!(said.manner, Some(Manner::Kernel(volume.kind)));
    let stored = said.summary.unwrap();
    dom0.remember(&stored.stored.unwrap());
    restored(dom0, &stored.counts)
}

fn restored(dom0: &Dom0, stored: &Counts) -> Image {
    let target = Target::new(400);
    let device = target.device();
    let summary = restore(&last(dom0), &dom0.storage, &device.0).unwrap();
    drop(device);
    assert_eq!(summary.fidelity, Fidelity::Whole);
    let counts = summary.counts;
    assert_eq!(
        (counts.files, counts.folders, counts.others),
        (stored.files, stored.folders, stored.others)
    );
    assert_eq!(counts.file_bytes, stored.file_bytes);
    target.is_clean();
    Image {
        folder: target.into_folder(),
    }
}

fn assert_same(volume: &Volume, restored: &Image, left_out: &[&str]) {
    let mut source = kernel::tree(&volume.mount("ro,noatime").path);
    source.retain(|path, _| !left_out.iter().any(|out| path.starts_with(out.as_bytes())));
    let mut found = kernel::tree(restored.mount("ro,noatime").path());
    found.remove(b"lost+found".as_slice());
    // Each file system has its own map of what it keeps, and counts folders in its own way.
    for record in source.values_mut().chain(found.values_mut()) {
        record.data.clear();
        if record.whole_hash.is_some() {
            record.hash = 0;
        }
        if record.mode & 0o170_000 == 0o040_000 {
            record.links = 0;
        }
    }
    assert_restored(&source, &found);
}

/// XFS has no device with the largest numbers of all.
fn copy_everything(to: &Path, wishes: &Wishes) {
    let image = Image::make(400, &["-t", "ext4", "-b", "4096"]);
    let mount = image.mount("acl");
    populate::everything(mount.path(), wishes);
    for name in ["socket", "largest"] {
        fs::remove_file(mount.path().join(name)).unwrap();
    }
    let from = mount.path().join(".");
    run("cp", &["-a", from.to_str().unwrap(), to.to_str().unwrap()]);
}

fn everything_comes_back(kind: VolumeKind, options: &[&str], finish: impl FnOnce(&Volume)) {
    let volume = Volume::make(kind, options);
    let wishes = Wishes {
        pieces: 1000,
        names: 1000,
        value_max: 3000,
        link_max: 1000,
    };
    {
        let mount = volume.mount("rw");
        if kind == VolumeKind::Xfs {
            copy_everything(&mount.path, &wishes);
        } else {
            populate::everything(&mount.path, &wishes);
            fs::remove_file(mount.path.join("socket")).unwrap();
        }
        // ext4 has no part of a second at both ends of its time.
        for name in ["time -2147483648", "time 15032385535"] {
            fs::remove_file(mount.path.join(name)).unwrap();
        }
        let deep = mount.path.join("d/".repeat(600));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("bottom"), "deeper than any number of descriptors").unwrap();
        fs::write(mount.path.join("d/after"), "on the way back").unwrap();
    }
    finish(&volume);
    let device = volume.device();
    let mut dom0 = volume.dom0(&device);
    let restored = there_and_back(&volume, &mut dom0);
    let again = dom0.back_up().counts;
    assert_eq!(again.bytes_new, 0, "nothing changed");
    drop(device);
    assert_same(&volume, &restored, &["lost+found"]);
}

#[test]
fn everything_on_btrfs_comes_back() {
    if can_mount("everything_on_btrfs_comes_back") {
        everything_comes_back(VolumeKind::Btrfs, &[], |_| {});
    }
}

#[test]
fn everything_on_xfs_comes_back() {
    if can_mount("everything_on_xfs_comes_back") {
        everything_comes_back(VolumeKind::Xfs, &[], |_| {});
    }
}

#[test]
fn everything_on_an_ext4_that_we_do_not_know_comes_back() {
    if can_mount("everything_on_an_ext4_that_we_do_not_know_comes_back") {
        // A feature of the future that who only reads need not know.
        everything_comes_back(VolumeKind::Ext, &["-b", "4096"], |volume| {
            crate::common::image::debugfs(&volume.path(), "feature FEATURE_R30");
        });
    }
}

#[test]
fn subvolumes_come_back_as_folders_and_their_files_are_not_confused() {
    if !can_mount("subvolumes_come_back_as_folders_and_their_files_are_not_confused") {
        return;
    }
    let volume = Volume::make(VolumeKind::Btrfs, &[]);
    {
        let mount = volume.mount("rw");
        let path = |name: &str| mount.path.join(name).to_str().unwrap().to_owned();
        run("btrfs", &["-q", "subvolume", "create", &path("one")]);
        run("btrfs", &["-q", "subvolume", "create", &path("one/inner")]);
        fs::write(path("one/file"), vec![1; 300_000]).unwrap();
        fs::hard_link(path("one/file"), path("one/second")).unwrap();
        run(
            "btrfs",
            &["-q", "subvolume", "snapshot", &path("one"), &path("two")],
        );
        fs::write(path("two/file"), vec![2; 300_000]).unwrap();
        run("btrfs", &["-q", "subvolume", "set-default", &path("one")]);
    }
    let device = volume.device();
    let mut dom0 = volume.dom0(&device);
    let restored = there_and_back(&volume, &mut dom0);
    drop(device);
    let found = restored.mount("ro");
    let read = |name: &str| fs::read(found.path().join(name)).unwrap();
    assert!(read("one/file") == vec![1; 300_000]);
    assert!(read("two/file") == vec![2; 300_000]);
    assert!(read("two/second") == vec![2; 300_000]);
    assert!(found.path().join("one/inner").is_dir() && found.path().join("two/inner").is_dir());
}

fn sum(path: &Path) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path).unwrap()).unwrap();
    hasher.finalize()
}

/// A volume of files that nobody changed for long, and of one that is new: only a
/// copy made by mkfs keeps the time of the last change.
fn calm() -> Volume {
    let old = "/usr/share/common-licenses";
    let volume = Volume::make(VolumeKind::Btrfs, &["--rootdir", old]);
    fs::write(volume.mount("rw").path.join("new"), "just now").unwrap();
    volume
}

#[test]
fn an_old_file_is_not_read_again_and_a_changed_one_is() {
    if !can_mount("an_old_file_is_not_read_again_and_a_changed_one_is") {
        return;
    }
    let volume = calm();
    let mut dom0 = volume.dom0(&volume.device());
    let mut back_up = || {
        let device = volume.device();
        dom0.device.clone_from(&device.0);
        dom0.back_up().counts
    };
    let first = back_up();
    assert!(first.files > 5 && first.files_read > 5, "{first:?}");
    let second = back_up();
    assert_eq!((second.files_read, second.files_racy), (1, 1), "{second:?}");
    assert_eq!(second.bytes_new, 0);
    {
        let mount = volume.mount("rw");
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).open(mount.path.join("GPL-2")).unwrap();
        file.write_all_at(b"changed", 10).unwrap();
    }
    let third = back_up();
    assert_eq!(
        (third.files_read, third.files),
        (2, first.files),
        "{third:?}"
    );
    assert!(third.bytes_new > 0);
    let restored = restored(&dom0, &third);
    assert_same(&volume, &restored, &[]);
}

#[test]
fn a_file_whose_pack_is_gone_is_read_again() {
    if !can_mount("a_file_whose_pack_is_gone_is_read_again") {
        return;
    }
    let volume = calm();
    let device = volume.device();
    let mut dom0 = volume.dom0(&device);
    let first = dom0.back_up().counts;
    dom0.packs.clear();
    let second = dom0.back_up().counts;
    assert_eq!(second.files_read, first.files_read);
    let restored = restored(&dom0, &second);
    drop(device);
    assert_same(&volume, &restored, &[]);
}

#[test]
fn a_log_that_is_not_clean_is_refused_by_name() {
    if !can_mount("a_log_that_is_not_clean_is_refused_by_name") {
        return;
    }
    let dirty = Err(Fault::new(Code::VolumeDirty));
    for kind in [VolumeKind::Xfs, VolumeKind::Btrfs] {
        let volume = Volume::make(kind, &[]);
        let copy = volume.folder.path().join("copy");
        {
            let mount = volume.mount("rw");
            fs::write(mount.path.join("old"), "old").unwrap();
            rustix::fs::syncfs(File::open(&mount.path).unwrap()).unwrap();
            let mut file = File::create(mount.path.join("file")).unwrap();
            file.write_all(b"in the log alone").unwrap();
            file.sync_all().unwrap();
            // What a snapshot of a running qube is.
            fs::copy(volume.path(), &copy).unwrap();
        }
        let device = device(&copy, &["--read-only"]);
        let before = sum(&copy);
        let said = volume.dom0(&device).run();
        assert_eq!(said.summary.map(drop), dirty, "{kind:?}");
        assert_eq!(sum(&copy), before, "the volume was written to");
    }
}

#[test]
fn a_device_that_could_be_written_is_not_mounted() {
    if !can_mount("a_device_that_could_be_written_is_not_mounted") {
        return;
    }
    let volume = Volume::make(VolumeKind::Xfs, &[]);
    let device = device(&volume.path(), &[]);
    let said = volume.dom0(&device).run();
    assert_eq!(said.manner, Some(Manner::Image(VolumeKind::Xfs)));
    assert!(said.summary.is_ok());
}

#[test]
fn a_file_system_that_the_kernel_refuses_is_an_image() {
    if !can_mount("a_file_system_that_the_kernel_refuses_is_an_image") {
        return;
    }
    let volume = Volume::make(VolumeKind::Btrfs, &[]);
    // A mark, and nothing behind it.
    let file = fs::OpenOptions::new()
        .write(true)
        .open(volume.path())
        .unwrap();
    file.write_all_at(&[0; 64], 64 << 10).unwrap();
    drop(file);
    let device = volume.device();
    let said = volume.dom0(&device).run();
    assert_eq!(said.manner, Some(Manner::Image(VolumeKind::Btrfs)));
    assert!(said.summary.is_ok());
}

/// Things that rules leave out, and things that look like them.
fn caches(root: &Path) {
    for folder in [
        "home/user/.cache/deep/er",
        "home/user/.local/share/Trash",
        "home/user/built/x",
    ] {
        fs::create_dir_all(root.join(folder)).unwrap();
        fs::write(root.join(folder).join("file"), vec![7; 5000]).unwrap();
    }
    let tag = "Signature: 8a477f597d28d172789f06886806bc55\n";
    fs::write(root.join("home/user/built/CACHEDIR.TAG"), tag).unwrap();
    fs::write(root.join("home/user/CACHEDIR.TAG"), "no signature").unwrap();
    fs::write(root.join("home/user/kept"), "kept").unwrap();
    for folder in [".cache/kept/x", "large/x", "src/target/x", "sparse"] {
        fs::create_dir_all(root.join("home/user").join(folder)).unwrap();
        let file = root.join("home/user").join(folder).join("file");
        fs::write(file, vec![7; 5001]).unwrap();
    }
    fs::create_dir(root.join("lost+found")).unwrap_or_default();
    fs::write(root.join("lost+found/file"), vec![7; 5000]).unwrap();
    for name in ["nodump", "nodump folder"] {
        let path = root.join(name);
        if name == "nodump" {
            fs::write(&path, vec![7; 5000]).unwrap();
        } else {
            fs::create_dir(&path).unwrap();
            fs::write(path.join("file"), vec![7; 5000]).unwrap();
        }
        run("chattr", &["+d", path.to_str().unwrap()]);
    }
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("socket"),
        rustix::fs::FileType::Socket,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
}

#[test]
fn the_rules_leave_out_what_they_leave_out_of_our_own_ext4() {
    if !can_mount("the_rules_leave_out_what_they_leave_out_of_our_own_ext4") {
        return;
    }
    let mut said = Vec::new();
    for kind in [VolumeKind::Ext, VolumeKind::Btrfs, VolumeKind::Xfs] {
        let volume = Volume::make(kind, &[]);
        caches(&volume.mount("rw").path);
        let device = volume.device();
        let mut dom0 = volume.dom0(&device);
        dom0.rules = Rules::DEFAULT.with(Rule::BuildFolders);
        dom0.rules.max_file_bytes = Some(5000);
        let globs = |text: &str| vec![text.parse().unwrap()].try_into().unwrap();
        dom0.paths = PathRules {
            exclude: globs("home/user/large/**"),
            include: globs("home/user/.cache/kept/"),
            obey_suggestions: false,
        };
        let summary = dom0.back_up();
        let left_out: Vec<(Rule, u64, u64)> = summary
            .left_out
            .iter()
            .map(|(rule, out)| (rule, out.entries, out.bytes))
            .collect();
        let snapshot = dom0.last.unwrap().snapshot;
        let tree = crate::common::tree::Tree::open(&dom0.objects(), snapshot, 1);
        let paths: Vec<Vec<u8>> = tree.leaves().into_keys().collect();
        let counts = summary.counts;
        let counted = (
            counts.files,
            counts.folders,
            counts.others,
            counts.file_bytes,
        );
        said.push((left_out, paths, counted));
    }
    assert_eq!(said[0].0.len(), 9, "{:?}", said[0].0);
    assert_eq!(said[0], said[1]);
    assert_eq!(said[0], said[2]);
}
