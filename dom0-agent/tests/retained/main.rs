//! Which snapshots are kept, and what that leaves of the packs: the ledger's part of retention.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test may stop at the first surprise"
)]

mod kept;
mod made;
mod needed;
mod policy;
