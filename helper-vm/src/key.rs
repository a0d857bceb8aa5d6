//! The key helper: makes and opens identities, and never sees a volume.
//!
//! One request, one answer, then the helper ends. What the answers hold is
//! specified in `docs/format.md`, section Keys.

pub mod age_file;
mod identity;
pub mod key_text;
mod kit;
pub mod sealed_identity;
mod services;

#[cfg(test)]
mod tests;

pub use services::{init, open, qube, recover};
