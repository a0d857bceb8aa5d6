//! Images made by mke2fs, and what both readers say about them.
#![allow(dead_code, reason = "each test program uses a part")]

pub mod aging;
pub mod churn;
pub mod compare;
pub mod crc;
pub mod device;
pub mod dice;
pub mod edit;
pub mod image;
pub mod kernel;
pub mod log;
pub mod memory;
pub mod ours;
pub mod pool;
pub mod populate;
pub mod record;
pub mod sample;
