//! Landlock: which files, programs and networks are left.

use super::Needs;
use crate::loop_device::LOSETUP;
use crate::restore::{E2FSCK, MKFS};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};

/// The newest that is made use of: what a kernel does not know of it, it leaves out.
const KNOWN: ABI = ABI::V6;

/// What starts every program of a distribution that is linked to libraries.
const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";

/// Restricts this thread, and those that it starts.
///
/// # Errors
/// When the kernel knows Landlock and refuses.
pub fn restrict(needs: Needs<'_>) -> Result<(), RulesetError> {
    let all = AccessFs::from_all(KNOWN);
    match needs {
        Needs::Nothing => rules(all)?,
        Needs::Tree { root, device } => rules(all)?
            .add_rule(PathBeneath::new(
                root,
                AccessFs::from_read(KNOWN) & !AccessFs::Execute,
            ))?
            .add_rules(files(&[device], AccessFs::ReadFile))?,
        // A mount that comes later can not be named here: its files stay open to be written.
        Needs::Volume => {
            let programs = [MKFS, E2FSCK, LOSETUP, LOADER];
            rules(AccessFs::Execute.into())?.add_rules(files(&programs, AccessFs::Execute))?
        }
    }
    .restrict_self()
    .map(drop)
}

/// Nothing of `files`, no network and no abstract socket.
fn rules(files: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .handle_access(files)?
        .handle_access(AccessNet::from_all(KNOWN))?
        .scope(Scope::AbstractUnixSocket)?
        .create()
}

/// A rule for each that is there.
fn files<'a>(
    paths: &'a [impl AsRef<std::path::Path>],
    access: AccessFs,
) -> impl Iterator<Item = Result<PathBeneath<PathFd>, RulesetError>> + 'a {
    let opened = paths.iter().filter_map(|path| PathFd::new(path).ok());
    opened.map(move |file| Ok(PathBeneath::new(file, access)))
}
