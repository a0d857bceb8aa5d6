//! `qib kit`: a folder with all that a person needs who has the passphrase and the stored objects.

use super::Ended;
use crate::cli::Kit as Arguments;
use crate::error::{Error, Result, at};
use crate::kit;
use crate::machine::Installation;
use crate::state;
use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;

pub(super) fn run(arguments: &Arguments) -> Result<Ended> {
    let installation = Installation::open()?;
    let files = kit::files(&installation)?;
    let to = &arguments.folder;
    let made = DirBuilder::new().mode(0o700).create(to);
    made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            let to = to.display();
            Error::Usage(format!("{to} exists; name a folder that does not"))
        }
        _ => at(to)(error),
    })?;
    for (name, bytes) in &files {
        state::write_file(&to.join(name), bytes)?;
    }
    println!("{}: the recovery kit; begin with README.txt", to.display());
    println!(
        "keep it away from this machine, and from the storage; without the passphrase it opens nothing"
    );
    Ok(Ended::Well)
}
