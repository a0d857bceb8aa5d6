//! Removing what objects left that never got their names: only names that we give ourselves.

use super::trouble::trouble;
use super::{Remote, paths};
use crate::backend::Trouble;
use crate::config::Way;
use crate::layout;

/// Removes the temporary files of every prefix.
pub fn temporary_files(remote: &Remote) -> Result<(), Trouble> {
    if remote.way == Way::Put {
        return Ok(());
    }
    for place in paths::folders(remote, &[], layout::is_place_folder)? {
        let folder = [place, layout::TEMPORARY.to_owned()];
        for (name, _) in paths::entries(remote, &folder)? {
            if layout::is_temporary_name(&name) {
                remote
                    .store
                    .delete(&paths::file(&folder, &name))
                    .map_err(trouble)?;
            }
        }
    }
    Ok(())
}
