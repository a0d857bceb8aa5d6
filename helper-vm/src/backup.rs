//! `qib.Backup`: reads the volume, stores what is new, reports numbers.

mod contents;
mod disk;
mod fingerprint;
mod finish;
mod folders_ahead;
mod image;
mod image_ahead;
mod index_part;
mod job;
mod look;
mod manifest_walk;
mod merge_plan;
mod mounted;
mod names_walk;
mod partial;
pub mod paths;
mod piece;
mod racy;
mod read_ahead;
mod read_data;
mod read_plan;
mod readers;
mod reading_list;
mod run;
mod runs;
mod selection;
mod session;
mod stand;
mod store;
pub mod suggestions;
mod survey;
mod trial;
mod unchanged;
mod volume;
mod window;

pub use run::run;
