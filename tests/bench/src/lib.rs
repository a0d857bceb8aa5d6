//! Measures qib and its peers on the same volume, in turn.
//!
//! `docs/benchmarks.md` says what is measured, and how to read it.

mod bars;
mod blocks;
mod bytes;
mod cgroup;
mod change;
mod command;
mod corpus;
mod folder;
mod leftovers;
mod meter;
mod mount;
mod noise;
mod number;
mod peer;
mod pipeline;
mod plot;
mod programs;
mod qib;
mod results;
mod run;
mod scale;
mod session;
mod summary;
mod table;
mod temperature;
mod tool;
mod turn;
mod workload;

use std::process::ExitCode;

/// Runs the program.
pub fn run() -> ExitCode {
    command::main().unwrap_or_else(|error| {
        eprintln!("qib-bench: {error:#}");
        ExitCode::FAILURE
    })
}
