//! Volumes that the writer has made, and what others say of them.
#![allow(dead_code, reason = "each test program uses a part")]

#[path = "../../../ext4/tests/common/mod.rs"]
pub mod reading;

pub mod check;
pub mod content;
pub mod copy;
pub mod expected;
pub mod model;
pub mod sample;
pub mod strategy;
pub mod volume;
