//! What any volume must not do to the reader, and volumes to begin with. Shared by the fuzz
//! targets and the crate's own tests.

pub mod counting;
pub mod law;
pub mod mutate;
pub mod packed;
pub mod places;
pub mod repair;
pub mod seeds;
