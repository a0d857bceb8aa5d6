//! dom0 of the lab: its file system, and the stand-ins for its programs.

pub(crate) mod enter;
pub(crate) mod files;
pub(crate) mod losetup;
pub(crate) mod lvm;
pub(crate) mod mounts;
pub(crate) mod notify;
pub(crate) mod overlay;
pub(crate) mod qubesdb;
pub(crate) mod tool;
pub(crate) mod zfs;
