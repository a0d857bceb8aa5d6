//! The first file system of such a machine, in memory: busybox, the kernel's modules, programs
//! of the machine that the lab runs on.

use std::collections::BTreeSet;
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

/// One that is being put together.
#[derive(Debug)]
pub struct Initrd {
    modules: Vec<String>,
    programs: Vec<PathBuf>,
    /// Copies, by their places.
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
            programs: Vec::new(),
            copies: Vec::new(),
            texts: Vec::new(),
            script: script.to_owned(),
        }
    }

    /// A program of this machine, in the same place, with its libraries.
    pub fn program(self, path: &str) -> Self {
        self.copy(Path::new(path), path)
    }

    /// A file of this machine in another place; a program comes with its libraries.
    pub fn copy(mut self, from: &Path, to: &str) -> Self {
        self.programs.push(from.to_owned());
        self.copies.push((PathBuf::from(to), from.to_owned()));
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
        let modules = modules(&self.modules)?;
        for file in modules.iter().chain(&libraries(&self.programs)?) {
            add(root, Path::new(file), Path::new(file))?;
        }
        for (place, from) in &self.copies {
            add(root, from, place)?;
        }
        for (place, text) in &self.texts {
            fs::write(place_for(root, place)?, text)?;
        }
        fs::write(root.join("modules"), modules.join("\n"))?;
        let init = root.join("init");
        fs::write(&init, format!("{BEGIN}{}", self.script))?;
        fs::set_permissions(&init, Permissions::from_mode(0o755))?;
        pack(root, to)
    }
}

/// A path there, whose folder is made.
fn place_for(root: &Path, path: &Path) -> Result<PathBuf> {
    let place = root.join(path.strip_prefix("/").unwrap_or(path));
    fs::create_dir_all(place.parent().context("a file needs a folder")?)?;
    Ok(place)
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

/// What these programs are linked to.
fn libraries(programs: &[PathBuf]) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for program in programs {
        // What is not a program has none.
        let output = tool("ldd").arg(program).output().context("ldd is needed")?;
        let text = String::from_utf8(output.stdout)?;
        let words = text.split_whitespace();
        found.extend(
            words
                .filter(|word| word.starts_with('/'))
                .map(str::to_owned),
        );
    }
    Ok(found)
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
