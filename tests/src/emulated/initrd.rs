//! The first file system of such a machine, in memory: busybox, the kernel's modules, programs
//! of the machine that the lab runs on.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::tool;

/// Where it is here, and there.
pub const BUSYBOX: &str = "/bin/busybox";

/// Disks of virtio.
const DISKS: [&str; 2] = ["virtio_pci", "virtio_blk"];

/// Mounts what programs expect and loads the modules.
const BEGIN: &str = "#!/bin/busybox sh\n\
                     export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n\
                     /bin/busybox --install -s /bin\n\
                     mount -t devtmpfs dev /dev\n\
                     mount -t proc proc /proc\n\
                     mount -t sysfs sys /sys\n\
                     for module in $(cat /modules); do insmod $module; done\n";

/// What the kernel starts when it lacks a module: `modprobe -q -- NAME`.
const MODPROBE: &str = "#!/bin/busybox sh\n\
                        for module in $(cat /later/$3); do insmod $module; done\n";

/// One that is being put together.
#[derive(Debug)]
pub struct Initrd {
    modules: Vec<String>,
    later: Vec<String>,
    /// Where each file is here, and there.
    copies: Vec<(PathBuf, PathBuf)>,
    texts: Vec<(PathBuf, String)>,
    script: String,
}

impl Initrd {
    /// With disks of virtio and these modules; at the end it does what `script` says.
    pub fn new(modules: &[&str], script: &str) -> Self {
        let names = DISKS.iter().chain(modules);
        Self {
            modules: names.map(ToString::to_string).collect(),
            later: Vec::new(),
            copies: Vec::new(),
            texts: Vec::new(),
            script: script.to_owned(),
        }
    }

    /// A file system's module, which the kernel loads when it has one to mount.
    pub fn file_system(mut self, name: &str) -> Self {
        self.later.push(name.to_owned());
        self
    }

    /// A program of this machine, in the same place, with its libraries.
    pub fn program(self, path: &str) -> Self {
        self.copy(Path::new(path), path)
    }

    /// A file of this machine in another place; a program comes with its libraries.
    pub fn copy(mut self, from: &Path, to: &str) -> Self {
        self.copies.push((from.to_owned(), PathBuf::from(to)));
        self
    }

    /// A file with this text.
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.texts.push((PathBuf::from(path), text.to_owned()));
        self
    }

    /// Writes it.
    pub fn write(&self, to: &Path) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let root = folder.path();
        for name in ["bin", "sbin", "dev", "proc", "sys", "root", "tmp", "run"] {
            fs::create_dir(root.join(name))?;
        }
        add(root, Path::new(BUSYBOX), Path::new(BUSYBOX))?;
        let now = modules(&self.modules)?;
        add_all(root, &now)?;
        for (from, to) in &self.copies {
            add_all(root, &libraries(from)?)?;
            add(root, from, to)?;
        }
        for (place, text) in &self.texts {
            fs::write(place_for(root, place)?, text)?;
        }
        fs::write(root.join("modules"), now.join("\n"))?;
        for name in &self.later {
            let files = modules(std::slice::from_ref(name))?;
            add_all(root, &files)?;
            let place = format!("/later/fs-{name}");
            fs::write(place_for(root, Path::new(&place))?, files.join("\n"))?;
        }
        executable(&root.join("sbin/modprobe"), MODPROBE)?;
        executable(&root.join("init"), &format!("{BEGIN}{}", self.script))?;
        pack(root, to)
    }
}

/// A path there, whose folder is made.
fn place_for(root: &Path, path: &Path) -> Result<PathBuf> {
    let place = root.join(path.strip_prefix("/").unwrap_or(path));
    fs::create_dir_all(place.parent().context("a file needs a folder")?)?;
    Ok(place)
}

fn executable(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    Ok(fs::set_permissions(path, Permissions::from_mode(0o755))?)
}

fn add_all(root: &Path, files: &[String]) -> Result<()> {
    let mut files = files.iter().map(Path::new);
    files.try_for_each(|file| add(root, file, file))
}

fn add(root: &Path, from: &Path, to: &Path) -> Result<()> {
    let place = place_for(root, to)?;
    if !place.exists() {
        fs::copy(from, place).with_context(|| from.display().to_string())?;
    }
    Ok(())
}

fn pack(root: &Path, to: &Path) -> Result<()> {
    let made = tool("sh")
        .args(["-c", "find . | cpio --quiet -o -H newc > \"$0\""])
        .arg(to)
        .current_dir(root)
        .status()?;
    ensure!(made.success(), "{}: cpio failed", to.display());
    Ok(())
}

/// What a program is linked to; other files to nothing.
fn libraries(program: &Path) -> Result<Vec<String>> {
    let output = tool("ldd").arg(program).output().context("ldd is needed")?;
    let text = String::from_utf8(output.stdout)?;
    let words = text.split_whitespace().filter(|word| word.starts_with('/'));
    Ok(words.map(str::to_owned).collect())
}

/// The files of modules and of those that they need, in an order in which they can be loaded.
fn modules(names: &[String]) -> Result<Vec<String>> {
    let release = super::kernel()?;
    let mut files: Vec<String> = Vec::new();
    for name in names {
        let mut modprobe = tool("modprobe");
        modprobe.args(["-S", &release, "--show-depends", name]);
        let output = modprobe.output().context("modprobe is needed")?;
        ensure!(output.status.success(), "{name}: no such module");
        let text = String::from_utf8(output.stdout)?;
        let new = text.lines().filter_map(|line| line.strip_prefix("insmod "));
        let new = new.map(|file| file.trim().to_owned());
        files.extend(new.filter(|file| !files.contains(file)).collect::<Vec<_>>());
    }
    Ok(files)
}
