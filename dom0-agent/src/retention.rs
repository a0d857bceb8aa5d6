//! Retention: which snapshots a policy keeps, and what goes with the others. By dom0's recorded
//! times and sequence alone; nothing here does I/O.

mod calendar;
pub mod keep;
pub mod needed;
pub mod plan;
pub mod policy;
pub mod space;
pub mod span;
