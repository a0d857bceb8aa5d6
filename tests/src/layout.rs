//! Where things lie in a lab's folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// The folder of one lab; every path the lab uses outside the qubes comes from here.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    dir: PathBuf,
}

impl Layout {
    /// A lab that does not exist yet.
    pub(crate) fn planned(dir: &Path) -> Result<Self> {
        let dir = std::path::absolute(dir)?;
        let text = dir.to_str().unwrap_or("");
        // The path becomes part of mount options and of answers of qubesd, where a space ends it.
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
        ensure!(
            !text.is_empty() && text.chars().all(plain),
            "{}: a lab's path may hold only letters, digits and / . _ - + @",
            dir.display()
        );
        let covered = [
            "/run", "/etc", "/usr", "/var/lib", "/var/run", "/dev", "/proc", "/sys",
        ];
        for prefix in covered {
            ensure!(
                !dir.starts_with(prefix),
                "{}: a lab cannot lie under {prefix}, which its dom0 covers",
                dir.display()
            );
        }
        Ok(Self { dir })
    }

    /// A lab that was created before.
    pub(crate) fn existing(dir: &Path) -> Result<Self> {
        let dir = dir
            .canonicalize()
            .with_context(|| dir.display().to_string())?;
        let layout = Self::planned(&dir)?;
        ensure!(layout.id_file().exists(), "{}: not a lab", dir.display());
        Ok(layout)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    fn join(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    pub(crate) fn id_file(&self) -> PathBuf {
        self.join("id")
    }
    /// While it is there, the person at the desk says yes when policy asks.
    pub(crate) fn agrees(&self) -> PathBuf {
        self.join("agrees")
    }
    pub(crate) fn state(&self) -> PathBuf {
        self.join("state.json")
    }
    pub(crate) fn lock(&self) -> PathBuf {
        self.join("daemon.lock")
    }
    pub(crate) fn control_socket(&self) -> PathBuf {
        self.join("control.sock")
    }
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.join(&format!("{name}.log"))
    }
    /// Our own binary, copied so that a later build does not change a living lab.
    pub(crate) fn lab_program(&self) -> PathBuf {
        self.join("bin/qib-lab")
    }
    /// What helpers that are machines start with.
    pub(crate) fn initrd(&self) -> PathBuf {
        self.join("initrd")
    }
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.join("bin").join(name)
    }
    /// How full qubesd says that the pool is, in percent, if not as it is.
    pub(crate) fn full(&self) -> PathBuf {
        self.join("full")
    }
    /// What pools of the driver `callback` wrap.
    pub(crate) fn callback(&self) -> PathBuf {
        self.dom0("layer/etc/qubes_callback.json")
    }
    pub(crate) fn dom0(&self, part: &str) -> PathBuf {
        self.join("dom0").join(part)
    }
    /// What a kind of qube has over the machine's own /usr and as its /etc.
    pub(crate) fn kind(&self, kind: &str, part: &str) -> PathBuf {
        self.join("kinds").join(kind).join(part)
    }
    pub(crate) fn qube(&self, name: &str, part: &str) -> PathBuf {
        self.join("qubes").join(name).join(part)
    }
    pub(crate) fn disk(&self, name: &str) -> PathBuf {
        self.join("disks").join(name)
    }
    pub(crate) fn mount_point(&self) -> PathBuf {
        self.join("mnt")
    }
    /// The machine's own /usr, seen without what dom0 has over it.
    pub(crate) fn host_usr(&self) -> PathBuf {
        self.join("usr")
    }
    pub(crate) fn pool_image(&self) -> PathBuf {
        self.join("pool.img")
    }
    /// The file system that holds the pool.
    pub(crate) fn pool_mount(&self) -> PathBuf {
        self.join("pool")
    }
    /// The pool's `dir_path`; a folder below the mount, so that a snapshot can lie beside it.
    pub(crate) fn pool_dir(&self) -> PathBuf {
        self.join("pool/qubes")
    }

    /// This lab's random name, by which its processes are recognised.
    pub(crate) fn id(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.id_file())?.trim().to_owned())
    }
}
