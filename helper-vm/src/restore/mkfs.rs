//! How the programs of e2fsprogs are told which file system to make.

use super::identity::Identity;
use super::survey::Survey;
use super::target::Target;
use crate::snapshot::{BlockSize, Disk};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Makes ext4 file systems with the features that everyone gets.
pub const MKFS: &str = "/usr/sbin/mkfs.ext4";

/// Up to this size mkfs makes an inode for every 4 KiB, above for every 16 KiB.
const SMALL_BYTES: u64 = 512 << 20;

/// The arguments for a file system in its place, on the target.
pub fn in_place(target: &Target, survey: &Survey) -> Vec<OsString> {
    let disk = target.disk();
    let extended = disk.map(|disk| format!("offset={}", disk.facts().fs_offset));
    arguments(
        target.path(),
        target.bytes(),
        target.disk(),
        survey,
        extended,
    )
}

/// The arguments for a file system of so many bytes in a file of its own. Inode tables stay
/// as they are until they are used.
pub fn apart(
    path: &Path,
    bytes: u64,
    target: &Target,
    survey: &Survey,
    identity: &Identity,
) -> Vec<OsString> {
    let seed = uuid(&identity.hash_seed);
    let extended = Some(format!("lazy_itable_init=1,hash_seed={seed}"));
    let mut options = arguments(path, bytes, target.disk(), survey, extended);
    if target.disk().is_none() {
        options.splice(0..0, ["-U".into(), uuid(&identity.uuid).into()]);
    }
    options
}

fn arguments(
    path: &Path,
    bytes: u64,
    disk: Option<&Disk>,
    survey: &Survey,
    extended: Option<String>,
) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["-q", "-F", "-b"].map(Into::into).into();
    arguments.push(survey.block_size.bytes().to_string().into());
    match disk {
        None => arguments.extend(new_options(bytes, survey)),
        Some(disk) => arguments.extend(same_options(disk)),
    }
    arguments.extend(
        extended
            .into_iter()
            .flat_map(|text| ["-E".into(), text.into()]),
    );
    arguments.push(path.as_os_str().to_owned());
    if let Some(disk) = disk {
        let blocks = disk.facts().fs_bytes.checked_div(survey.block_size.bytes());
        arguments.push(blocks.unwrap_or(0).to_string().into());
    }
    arguments
}

/// What Qubes uses beside mkfs's defaults; short blocks if those were so, so that all fits
/// as it did there; and more inodes when there are more small files than mkfs expects.
fn new_options(bytes: u64, survey: &Survey) -> Vec<OsString> {
    let mut options: Vec<OsString> = ["-m", "0"].map(Into::into).into();
    if survey.block_size != BlockSize::default() {
        // A folder of short blocks is full at some 600,000 names otherwise.
        options.extend(["-O", "large_dir"].map(Into::into));
    }
    let per_inode = if bytes < SMALL_BYTES { 4096 } else { 16384 };
    let needed = survey.inodes.saturating_add(survey.inodes / 4);
    if needed > bytes / per_inode {
        options.extend(["-N".into(), needed.to_string().into()]);
    }
    options
}

/// What makes a file system by whose names and features the rest of the disk finds it as before.
fn same_options(disk: &Disk) -> Vec<OsString> {
    let facts = disk.facts();
    let features = ["none"].into_iter().chain(facts.features.names());
    [
        ("-I", facts.inode_bytes.to_string().into()),
        ("-N", facts.inodes.to_string().into()),
        ("-U", uuid(&facts.uuid).into()),
        ("-L", OsStr::from_bytes(facts.label.bytes()).to_owned()),
        ("-O", features.collect::<Vec<_>>().join(",").into()),
    ]
    .into_iter()
    .flat_map(|(option, value): (&str, OsString)| [option.into(), value])
    .collect()
}

fn uuid(bytes: &[u8; 16]) -> String {
    let mut text = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
