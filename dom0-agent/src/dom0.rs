//! dom0 itself: what a person has put there, backed up by dom0 and restored beside.
//!
//! Files of dom0 are trusted as dom0 is; nothing of a qube is among them. They are sealed here,
//! go to storage as objects of dom0's own, and are parsed again only after they authenticated.

pub mod catalogue;
mod contents;
mod difference;
pub mod entry;
mod facts;
mod fetch;

mod places;
mod put_back;
mod scan;
pub mod seal;
mod store;

pub use difference::{Difference, differences};
pub use fetch::{contents_of, snapshot};
pub use put_back::put_back;
pub use scan::{Scan, scan};
pub use store::{Stored, store};
