//! What the volumes of a qube are called, and the files that they are.

use std::path::{Path, PathBuf};

use super::{CONTAINER, Driver, Pool};

impl Pool {
    /// The folder of a qube's volumes.
    pub(crate) fn folder(&self, qube: &str) -> PathBuf {
        match self.driver {
            Driver::Reflink | Driver::File => self.dir.join("appvms").join(qube),
            Driver::LvmThin => self.dir.join("lv"),
            Driver::Zfs => self.zfs().volume(&format!("{}/{qube}", self.container())),
        }
    }

    /// The dataset that all volumes are below.
    pub(crate) fn container(&self) -> String {
        format!("{}/{CONTAINER}", self.group)
    }

    /// A volume's name in the pool.
    pub(crate) fn vid(&self, qube: &str, volume: &str) -> String {
        match self.driver {
            Driver::Reflink | Driver::File => format!("appvms/{qube}/{volume}"),
            Driver::LvmThin => format!("{}/vm-{qube}-{volume}", self.group),
            Driver::Zfs => format!("{}/{qube}/{volume}", self.container()),
        }
    }

    /// The content before the qube started, or now when it is halted.
    pub(crate) fn clean(&self, qube: &str, volume: &str) -> PathBuf {
        self.file(qube, volume, ".img", "")
    }

    /// What a running qube writes to.
    pub(crate) fn dirty(&self, qube: &str, volume: &str) -> PathBuf {
        match self.driver {
            Driver::File | Driver::Zfs => self.clean(qube, volume),
            _ => self.file(qube, volume, "-dirty.img", "-snap"),
        }
    }

    /// New content that is being brought.
    pub(crate) fn import(&self, qube: &str, volume: &str) -> PathBuf {
        match self.driver {
            Driver::Zfs => self.zfs().volume(&self.importing(qube, volume)),
            _ => self.file(qube, volume, "-import.img", "-import"),
        }
    }

    /// The dataset that new content is brought to.
    fn importing(&self, qube: &str, volume: &str) -> String {
        let vid = self.vid(qube, volume).replace('/', "_");
        format!("{}/.importing/{vid}", self.container())
    }

    /// The newest content.
    pub(crate) fn current(&self, qube: &str, volume: &str) -> PathBuf {
        Some(self.dirty(qube, volume))
            .filter(|path| path.exists())
            .unwrap_or_else(|| self.clean(qube, volume))
    }

    fn file(&self, qube: &str, volume: &str, image: &str, lv: &str) -> PathBuf {
        let name = match self.driver {
            Driver::Reflink | Driver::File => format!("{volume}{image}"),
            Driver::LvmThin => format!("vm-{qube}-{volume}{lv}"),
            Driver::Zfs => volume.to_owned(),
        };
        self.folder(qube).join(name)
    }

    /// What qubesd says of where a volume is that a qube writes to.
    pub(crate) fn path(&self, qube: &str, volume: &str) -> PathBuf {
        match self.driver {
            Driver::Reflink | Driver::File => self.dirty(qube, volume),
            Driver::LvmThin => {
                let vid = self.vid(qube, volume).replace('-', "--").replace('/', "-");
                PathBuf::from("/dev/mapper").join(vid)
            }
            Driver::Zfs => Path::new("/dev/zvol").join(self.vid(qube, volume)),
        }
    }

    /// What qubesd says of where new content is to be brought.
    pub(crate) fn import_path(&self, qube: &str, volume: &str) -> PathBuf {
        match self.driver {
            Driver::Reflink | Driver::File => self.import(qube, volume),
            Driver::LvmThin => PathBuf::from(format!("/dev/{}-import", self.vid(qube, volume))),
            Driver::Zfs => Path::new("/dev/zvol").join(self.importing(qube, volume)),
        }
    }
}
