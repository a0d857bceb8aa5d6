//! Every decoder at a boundary of qib, what it must hold whatever its input is, and inputs to
//! begin with. Shared by the fuzz targets in `tests/fuzz` and by this crate's own test.
//!
//! One module for each boundary; its first lines are its law. `check` panics when that is
//! broken, `seeds` are inputs that qib's own encoders make.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a law that is broken panics"
)]

#[path = "../../../helper-vm/ext4/tests/common/dice.rs"]
mod dice;
mod fixed;
mod mutate;
mod repair;
mod sample;

pub use dice::Dice;
pub use mutate::mutate;

/// A decoder, or several at the same boundary.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    /// Its name, which is that of its module and of its fuzz target.
    pub name: &'static str,
    /// Panics when the input breaks its law.
    pub check: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! decoders {
    ($($name:ident)*) => {
        $(pub mod $name;)*

        /// All of them.
        pub const ALL: &[Decoder] = &[$(Decoder {
            name: stringify!($name),
            check: $name::check,
            seeds: $name::seeds,
        }),*];
    };
}

decoders! {
    frames messages names patterns
    sealed archive manifest snapshot index pack keys volumes
    packs_list records settings qubesd configuration
    calls
}
