//! `qib.Restore`: fills an empty volume from a snapshot.
//!
//! The manifest is walked three times, each time in the same order, so that
//! little is held in memory:
//!
//! 1. `survey` checks all of it and counts, before anything is written;
//! 2. `make` makes folders and empty files; then `fill` writes their data, as it
//!    comes out of the packs that `opening` opens on all processors;
//! 3. `complete` makes hard links, devices, FIFOs and symbolic links, and sets
//!    metadata, folders after what is in them.
//!
//! Of a part of a snapshot, `part` fetches only what is needed, by ranges, and makes a
//! smaller snapshot of it, which is then restored as any other.
//!
//! An image is the volume itself: `image` writes its bytes where they were. A `disk` is
//! both: an image, and a tree that is written to a part of the volume.
//!
//! Where it is for a qube that takes files, `hand_out` sends the part there, and no volume is
//! written.
//!
//! Two snapshots are compared by `difference`, which walks them `side_by_side`: what is the same is not read.
//! What is `affected` where packs are lost is counted without reading a file.
//!
//! To `nowhere` means: everything is opened and compared as ever, and nothing written.
//!
//! **Invariant:** nothing is ever opened by a path of more than one name, and
//! while data is written there is no symbolic link to follow.

mod affected;
mod asked;
mod complete;
mod difference;
mod disk;
mod files;
mod fill;
mod filling;
mod fresh;
mod hand_out;
mod held;
mod identity;
mod image;
mod job;
mod kernel;
mod links;
mod make;
mod metadata;
mod mkfs;
mod mounted;
mod names;
mod nowhere;
mod opening;
mod outside;
mod packs;
mod part;
mod place;
mod resume;
mod run;
mod runs;
mod session;
mod side_by_side;
mod spool;
mod steps;
mod survey;
mod tally;
mod target;
mod tree;
mod verify;
mod walk;
mod wants;
mod whole;
mod zeros;

pub use asked::{affected, compare, to_nowhere};
pub use mkfs::MKFS;
pub use outside::Outside;
pub(crate) use part::{Finder, Frames, Line};
pub use run::run;
pub(crate) use runs::{Run, each_run};
pub(crate) use side_by_side::{Hears, walk_both};
pub use spool::Spool;
pub(crate) use tally::Tally;
pub use target::E2FSCK;
pub(crate) use walk::{Manifest, Step, Stopped, chunk, list};
