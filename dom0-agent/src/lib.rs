//! `qib`, the part in dom0: it decides; starts, feeds and ends helpers; remembers.
//!
//! It never parses, mounts or probes anything that a qube wrote. From a helper it
//! reads numbers, from storage one sealed list of fixed width.

pub mod admin;
pub mod backup;
pub mod block;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod confirm;
pub mod doctor;
pub mod dom0;
pub mod error;
pub mod flush;
pub mod helper;
pub mod keys;
pub mod ledger;
pub mod letters;
pub mod live;
pub mod lvm;
pub mod machine;
pub mod moment;
pub mod named;
pub mod network;
pub mod outcome;
pub mod packs;
pub mod part;
pub mod passphrase;
pub mod paths;
pub mod permit;
pub mod pool;
pub mod progress;
pub mod prune;
pub mod receipt;
pub mod records;
pub mod recover;
pub mod report;
pub mod restore;
pub mod retention;
pub mod revision;
pub mod scrub;
pub mod select;
pub mod settings;
pub mod setup;
pub mod size;
pub mod source;
pub mod state;
pub mod stop;
pub mod storage;
pub mod talk;
pub mod text;
pub mod trash;
pub mod unchanged;
pub mod undo;
