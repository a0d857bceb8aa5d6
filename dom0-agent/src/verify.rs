//! Proving what is stored, under a permit that lets a helper get objects and nothing else.
//!
//! * `digests`: a helper without any key streams past every object that the ledger names;
//! * `own`: dom0 looks at its own objects itself;
//! * `open`: a helper with the keys of one qube opens a snapshot and compares all of it;
//! * `compare`: such a helper compares two snapshots with each other;
//! * `affected`: such a helper counts what can not be restored where packs are lost.

mod affected;
mod compare;
mod digests;
mod named;
mod note;
mod open;
mod own;

pub use affected::affected;
pub use compare::compare;
pub use digests::{Checked, Lost, digests};
pub use named::{Amount, Named, named, needed_by};
pub use note::{lost, note};
pub use open::open;
pub use own::own;
