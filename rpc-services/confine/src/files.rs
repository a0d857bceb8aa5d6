//! Landlock: which files, programs and networks are left.

use landlock::{ABI, Access, AccessNet, PathFd, Ruleset, RulesetAttr, RulesetCreated, Scope};
pub use landlock::{AccessFs, BitFlags, PathBeneath, RulesetCreatedAttr, RulesetError};
use std::path::Path;

/// The newest that is made use of: what a kernel does not know of it, it leaves out.
const KNOWN: ABI = ABI::V6;

/// All that can be done with files.
pub fn all() -> BitFlags<AccessFs> {
    AccessFs::from_all(KNOWN)
}

/// To read files and folders, and no more.
pub fn reading() -> BitFlags<AccessFs> {
    AccessFs::from_read(KNOWN) & !AccessFs::Execute
}

/// None of these things, on any file that a rule does not name; no network, and no abstract socket.
///
/// # Errors
/// When the kernel knows Landlock and refuses; so with the next.
pub fn none_of(access: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .handle_access(access)?
        .handle_access(AccessNet::from_all(KNOWN))?
        .scope(Scope::AbstractUnixSocket)?
        .create()
}

/// The same, with the network.
///
/// # Errors
/// As [`none_of`].
pub fn none_of_but_the_network(access: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
    Ruleset::default().handle_access(access)?.create()
}

/// A rule for each path that is there: what can be done with it, and below it.
pub fn at<'a>(
    paths: &'a [impl AsRef<Path>],
    access: BitFlags<AccessFs>,
) -> impl Iterator<Item = Result<PathBeneath<PathFd>, RulesetError>> + 'a {
    let opened = paths.iter().filter_map(|path| PathFd::new(path).ok());
    opened.map(move |file| Ok(PathBeneath::new(file, access)))
}
