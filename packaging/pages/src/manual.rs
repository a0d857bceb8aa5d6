//! Man pages: `qib` and each of its commands has one, in section 1; the programs that only
//! qrexec and systemd start have one each, in section 8.

use clap::Command;
use clap_mangen::Man;
use std::fs;
use std::io;
use std::path::Path;

/// Writes all of them into `folder`.
///
/// # Errors
/// When they can not be written.
pub fn write_manual(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let qib = crate::qib();
    for command in qib.get_subcommands() {
        write(command.clone(), "1", folder)?;
    }
    write(qib, "1", folder)?;
    write(crate::helper(), "8", folder)?;
    write(crate::storage(), "8", folder)
}

fn write(command: Command, section: &str, folder: &Path) -> io::Result<()> {
    // Of a command 'qib-COMMAND'.
    let name = command
        .get_display_name()
        .unwrap_or(command.get_name())
        .to_owned();
    let mut page = Vec::new();
    Man::new(command)
        .title(name.to_uppercase())
        .section(section)
        .source(concat!("qib ", env!("CARGO_PKG_VERSION")))
        .manual("qib")
        .render(&mut page)?;
    fs::write(folder.join(format!("{name}.{section}")), page)
}
