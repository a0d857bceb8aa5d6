//! The first file system of such a machine, in memory: busybox, the kernel's modules, programs
//! of the machine that the test runs on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use qib_lab::tool;

pub const BUSYBOX: &str = "/bin/busybox";

/// Mounts what programs expect and loads the modules.
const BEGIN: &str = "#!/bin/busybox sh\n\
                     export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n\
                     /bin/busybox --install -s /bin\n\
                     mount -t devtmpfs dev /dev\n\
                     mount -t proc proc /proc\n\
                     mount -t sysfs sys /sys\n\
                     for module in $(cat /modules); do insmod $module; done\n";

/// One that is being put together.
pub struct Initrd {
    folder: tempfile::TempDir,
}

impl Initrd {
    /// With disks of virtio and these modules; at the end it does what `script` says.
    pub fn new(modules: &[&str], script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let initrd = Self { folder };
        for name in ["bin", "sbin", "dev", "proc", "sys", "root", "tmp", "run"] {
            fs::create_dir(initrd.root().join(name)).unwrap();
        }
        initrd.add(Path::new(BUSYBOX));
        let disks = ["virtio_pci", "virtio_blk"];
        let files = disks.iter().chain(modules).flat_map(|name| module(name));
        let mut files: Vec<String> = files.collect();
        let mut seen = std::collections::HashSet::new();
        files.retain(|file| seen.insert(file.clone()));
        files.iter().for_each(|file| initrd.add(Path::new(file)));
        fs::write(initrd.root().join("modules"), files.join("\n")).unwrap();
        executable(&initrd.root().join("init"), &format!("{BEGIN}{script}"));
        initrd
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A file of this machine, in the same place.
    fn add(&self, file: &Path) {
        let place = self.root().join(file.strip_prefix("/").unwrap());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        if !place.exists() {
            fs::copy(file, place).unwrap();
        }
    }

    /// A program of this machine, with its libraries.
    pub fn program(self, path: &str) -> Self {
        self.add(Path::new(path));
        let output = tool("ldd").arg(path).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let words = text.split_whitespace();
        for library in words.filter(|word| word.starts_with('/')) {
            self.add(Path::new(library));
        }
        self
    }

    /// A file with this text.
    pub fn file(self, path: &str, text: &str) -> Self {
        let place = self.root().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
        self
    }

    /// Writes it.
    pub fn write(&self, to: &Path) {
        let made = tool("sh")
            .args(["-c", "find . | cpio --quiet -o -H newc > \"$0\""])
            .arg(to)
            .current_dir(self.root())
            .status();
        assert!(made.unwrap().success());
    }
}

/// The files of a module and of those that it needs, these first.
fn module(name: &str) -> Vec<String> {
    let release = super::kernel().unwrap();
    let mut modprobe = tool("modprobe");
    modprobe.args(["-S", &release, "--show-depends", name]);
    let output = modprobe.output().unwrap();
    assert!(output.status.success(), "{name}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let files = text.lines().filter_map(|line| line.strip_prefix("insmod "));
    files.map(|file| file.trim().to_owned()).collect()
}

pub fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
