//! The guest's disks, by the names that they have in a qube: a disk's serial number is its name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;
use std::time::Duration;

const OFTEN: Duration = Duration::from_millis(50);

/// Names disks as they come and go, for ever.
pub(super) fn keep_named() {
    let mut named = BTreeMap::new();
    loop {
        if let Err(error) = name_all(&mut named) {
            eprintln!("naming disks: {error}");
        }
        thread::sleep(OFTEN);
    }
}

/// `named` has those of before: the name by the kernel's own.
fn name_all(named: &mut BTreeMap<OsString, String>) -> io::Result<()> {
    let mut found = BTreeMap::new();
    for disk in fs::read_dir("/sys/block")? {
        let disk = disk?;
        let serial = fs::read_to_string(disk.path().join("serial")).unwrap_or_default();
        if serial.starts_with("xvd") {
            found.insert(disk.file_name(), serial.trim().to_owned());
        }
    }
    for name in named.iter().filter(|(disk, _)| !found.contains_key(*disk)) {
        fs::remove_file(Path::new("/dev").join(name.1))?;
    }
    for (disk, name) in found.iter().filter(|(disk, _)| !named.contains_key(*disk)) {
        symlink(disk, Path::new("/dev").join(name))?;
    }
    *named = found;
    Ok(())
}
