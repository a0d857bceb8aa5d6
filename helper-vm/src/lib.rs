//! The helper: reads a hostile volume, makes and reads qib's formats, restores.
//!
//! `docs/format.md` is the specification of everything that is stored; the
//! modules are named as it names things.

pub mod archive;
pub mod chunk_id;
pub mod cut;
pub mod fields;
pub mod format_error;
pub mod index;
pub mod manifest;
pub mod number;
pub mod pack;
pub mod packs_list;
pub mod padding;
pub mod seal;
pub mod snapshot;
