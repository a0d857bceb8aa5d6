//! Writes what each fuzz target begins with into a folder.

#![allow(clippy::unwrap_used, reason = "it ends where it can not go on")]

use qib_decoders::ALL;
use std::env;
use std::fs;
use std::path::PathBuf;

fn main() {
    let corpus = PathBuf::from(env::args_os().nth(1).unwrap());
    for decoder in ALL {
        let folder = corpus.join(decoder.name);
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in (decoder.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:02}")), seed).unwrap();
        }
    }
}
