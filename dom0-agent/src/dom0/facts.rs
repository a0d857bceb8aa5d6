//! What dom0 knows that lies in no file of one's own: packages, properties, labels. Kept as
//! texts, to be looked at; nothing is ever made of them.

use super::entry::{FilePath, Status};
use super::scan::{Found, Scan, What};
use crate::admin;
use crate::error::{Error, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// Lists what is installed.
const RPM: &str = "/usr/bin/rpm";

/// Adds the texts to what is kept.
///
/// # Errors
/// When qubesd does not tell, or the program fails.
pub fn add(scan: &mut Scan) -> Result<()> {
    match packages()? {
        Some(text) => text_file(scan, b"system/packages", text),
        None => scan.leave_out(Path::new(RPM), "not there, so no list of packages is kept"),
    }
    let properties = admin::call("admin.property.GetAll", "", "dom0", b"")?;
    text_file(scan, b"system/properties", properties);
    let labels = labels()?;
    text_file(scan, b"system/labels", labels);
    Ok(())
}

/// One line a package, sorted.
fn packages() -> Result<Option<Vec<u8>>> {
    let mut command = Command::new(RPM);
    command.args(["-q", "-a"]).stdin(Stdio::null());
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::Program("rpm", error.to_string())),
    };
    if !output.status.success() {
        return Err(Error::Program("rpm", output.status.to_string()));
    }
    let mut lines: Vec<&[u8]> = output
        .stdout
        .split_inclusive(|byte| *byte == b'\n')
        .collect();
    lines.sort_unstable();
    Ok(Some(lines.concat()))
}

/// One line a label: its name and colour.
fn labels() -> Result<Vec<u8>> {
    let listed = admin::call("admin.label.List", "", "dom0", b"")?;
    let names = String::from_utf8_lossy(&listed).into_owned();
    let mut text = Vec::new();
    for name in names.lines() {
        let colour = admin::call("admin.label.Get", name, "dom0", b"")?;
        text.extend_from_slice(&[name.as_bytes(), b" ", &colour, b"\n"].concat());
    }
    Ok(text)
}

fn text_file(scan: &mut Scan, path: &[u8], text: Vec<u8>) {
    if let Ok(path) = FilePath::try_from(path.to_vec()) {
        scan.found.push(Found {
            path,
            status: Status {
                mode: 0o644,
                owner: 0,
                group: 0,
                mtime: (0, 0),
            },
            what: What::Text(text),
        });
    }
}
