//! Which files, programs and networks are left to a helper.

use super::Needs;
use crate::loop_device::LOSETUP;
use crate::restore::{E2FSCK, MKFS};
use qib_confine::files::{
    AccessFs, PathBeneath, RulesetCreatedAttr, RulesetError, all, at, none_of, reading,
};

/// What starts every program of a distribution that is linked to libraries.
const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";

/// Restricts this thread, and those that it starts.
///
/// # Errors
/// When the kernel knows Landlock and refuses.
pub fn restrict(needs: Needs<'_>) -> Result<(), RulesetError> {
    match needs {
        Needs::Nothing => none_of(all())?,
        Needs::Tree { root, device } => none_of(all())?
            .add_rule(PathBeneath::new(root, reading()))?
            .add_rules(at(&[device], AccessFs::ReadFile.into()))?,
        // A mount that comes later can not be named here: its files stay open to be written.
        Needs::Volume => {
            let programs = [MKFS, E2FSCK, LOSETUP, LOADER];
            let run = AccessFs::Execute.into();
            none_of(run)?.add_rules(at(&programs, run))?
        }
    }
    .restrict_self()
    .map(drop)
}
