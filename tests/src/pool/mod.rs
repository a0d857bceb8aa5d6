//! Where private volumes lie, laid out as Qubes' own drivers do it.

mod driver;
pub(crate) mod group;
pub(crate) mod image;
mod isodate;
pub(crate) mod mounted;
mod names;
mod revisions;
mod volume;

use std::path::PathBuf;

use anyhow::Result;

use crate::layout::Layout;
pub use driver::Driver;
pub(crate) use volume::clone_file;

/// The lab's one pool.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) driver: Driver,
    pub(crate) dir: PathBuf,
    /// The volume group, of a thin pool.
    pub(crate) group: String,
}

/// The pool's name.
pub(crate) const NAME: &str = "varlibqubes";

impl Pool {
    /// The pool of a lab.
    pub(crate) fn new(driver: Driver, layout: &Layout) -> Result<Self> {
        Ok(Self {
            driver,
            dir: layout.pool_dir(),
            group: group::name(layout)?,
        })
    }
}
