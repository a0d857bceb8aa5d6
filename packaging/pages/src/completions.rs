//! Completions of `qib` for the shells that dom0 has, each under the name by which its shell
//! finds it.

use clap_complete::{Generator, Shell, generate};
use std::fs;
use std::io;
use std::path::Path;

const FILES: [(Shell, &str); 3] = [
    (Shell::Bash, "bash/qib"),
    (Shell::Zsh, "zsh/_qib"),
    (Shell::Fish, "fish/qib.fish"),
];

/// Writes all of them into `folder`.
///
/// # Errors
/// When they can not be written.
pub fn write_completions(folder: &Path) -> io::Result<()> {
    FILES
        .iter()
        .try_for_each(|(shell, name)| write(*shell, &folder.join(name)))
}

fn write(shell: impl Generator, path: &Path) -> io::Result<()> {
    let mut script = Vec::new();
    generate(shell, &mut crate::qib(), "qib", &mut script);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, script)
}
