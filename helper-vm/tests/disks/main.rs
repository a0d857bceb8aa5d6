//! Disks with partitions: read file by file, and restored with everything that lies beside.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that fails says so by panicking, and uses a part of what tests share"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../restore/compare.rs"]
mod compare;
#[path = "../restore/restoring.rs"]
mod restoring;
#[path = "../restore/snapshots.rs"]
mod snapshots;
#[path = "../../ext4/tests/common/mod.rs"]
mod volume;

mod doubtful;
mod lies;
mod recipe;
mod root_disk;
mod spoiled;
mod whole;
