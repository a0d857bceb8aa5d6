//! The real daemon, spoken to over its real socket.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that fails says so by panicking"
)]

mod bench;
mod calls;
mod crash;
mod faulty;
mod forget;
mod full;
mod get;
mod hostile;
mod indexes;
mod link;
mod memory;
mod named;
mod network;
mod permit;
mod places;
mod proxy;
mod put;
mod records;
mod scrub;
mod seaweed;
mod servers;
mod speed;
mod start;
