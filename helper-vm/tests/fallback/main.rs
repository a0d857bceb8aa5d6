//! Volumes that our own reader does not read: by the kernel's mount, or as an image.
//! Apart from the other restores, whose memory is measured.
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

mod images;
mod mounted;
