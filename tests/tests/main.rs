//! Everything is tested in labs: one program, so that it is linked once and tests of different
//! files run beside each other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

mod bootable;
mod common;
mod emulated;
mod machine;

mod boots;
mod browse;
mod choice;
mod confined;
mod crates;
mod damage;
mod dangers;
mod deaths;
mod destinations;
mod destinations_lost;
mod destinations_places;
mod diff;
mod disks;
mod doctor;
mod dom0;
mod due;
mod faults;
mod fidelity;
mod flush;
mod going_on;
mod grown;
mod half_restored;
mod handed;
mod hygiene;
mod images;
mod jobs;
mod kernel_mounts;
mod life;
mod machines;
mod machines_of_the_lab;
mod main_job;
mod matrix;
mod moments;
mod network;
mod ordinary_user;
mod places;
mod policy;
mod pools_and_labels;
mod progress;
mod proved;
mod qrexec;
mod qrexec_streams;
mod qubesd;
mod racy;
mod real_lvm;
mod receipt;
mod recipe;
mod recover;
mod rekey;
mod releases;
mod restore_choices;
mod restored_machine;
mod resume;
mod retention;
mod revisions;
mod rules;
mod scale;
mod settings;
mod setup;
mod sizes;
mod storage_full;
mod terminal;
mod thin_pools;
mod unchanged;
mod verify;
mod volumes;
mod walls;
mod watch;
