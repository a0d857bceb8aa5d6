//! Restores of real volumes, compared by kernel mounts, and of snapshots that lie.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that fails says so by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../ext4/tests/common/mod.rs"]
mod volume;

mod bombs;
mod browsing;
mod compare;
mod deep;
mod differing;
mod finding;
mod handing;
mod lies;
mod losses;
mod odd;
mod packs;
mod parts;
mod read_back;
mod restoring;
mod resuming;
mod size;
mod snapshots;
mod told;
mod whole;
