//! The helper: reads a hostile volume, makes and reads qib's formats, restores.
//!
//! `docs/format.md` is the specification of everything that is stored; the
//! modules are named as it names things.

mod aligned;
pub mod answer;
pub mod archive;
pub mod backup;
mod bits;
pub mod browse;
pub mod chunk_id;
pub mod cli;
pub mod confine;
pub mod cut;
pub mod device;
pub mod disk;
mod dom0;
pub mod error;
pub mod fields;
pub mod format_error;
pub mod index;
pub mod key;
pub mod known;
pub mod loop_device;
pub mod manifest;
pub mod name_pattern;
pub mod number;
pub mod pack;
mod packing;
pub mod packs_list;
pub mod padding;
pub mod path_pattern;
pub mod patient;
pub mod probe;
pub mod restore;
pub mod seal;
pub mod snapshot;
mod storage;
mod unmounting;
pub mod verify;
