//! dom0's block devices, as udev and QubesDB know them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::devices::Offered;
use super::machine::{Loop, Machine};
use crate::layout::Layout;
use crate::userns;

const KEY: &str = "/qubes-block-devices/";

/// The node of a device, such as `/dev/loop3` for `loop3`.
pub(crate) fn node(name: &str) -> PathBuf {
    Path::new("/dev").join(name.replace('_', "/"))
}

/// All devices that dom0 offers: loops that udev exports, and what QubesDB names by hand.
pub(crate) fn offered(layout: &Layout, machine: &Machine) -> Result<BTreeMap<String, Offered>> {
    let mut devices = BTreeMap::new();
    let all = all(machine)?;
    for (name, device) in &all {
        if is_exported(layout, &device.file) {
            devices.insert(name.clone(), offer(name, device)?);
        }
    }
    for name in by_hand(machine) {
        let Some(device) = all.get(&name) else {
            continue;
        };
        let mut offered = offer(&name, device)?;
        let key = |part: &str| machine.qubesdb.get(&format!("{KEY}{name}/{part}"));
        if let Some(description) = key("desc") {
            offered.description.clone_from(description);
        }
        if let Some(size) = key("size").and_then(|size| size.parse().ok()) {
            offered.size = size;
        }
        offered.read_only |= key("mode").is_some_and(|mode| mode == "r");
        devices.insert(name, offered);
    }
    Ok(devices)
}

/// Devices with a mode in QubesDB; the mode is what makes an entry complete.
fn by_hand(machine: &Machine) -> Vec<String> {
    let keys = machine
        .qubesdb
        .keys()
        .filter_map(|key| key.strip_prefix(KEY));
    keys.filter_map(|rest| rest.strip_suffix("/mode"))
        .map(str::to_owned)
        .collect()
}

fn offer(name: &str, device: &Loop) -> Result<Offered> {
    Ok(Offered {
        name: name.to_owned(),
        description: device.file.display().to_string(),
        size: fs::metadata(&device.file).map_or(0, |file| file.len()),
        read_only: device.read_only,
        file: device.file.clone(),
    })
}

/// udev exports no loop over a VM's image, and none that is mounted, as the pool's own is.
fn is_exported(layout: &Layout, file: &Path) -> bool {
    let text = file.display().to_string();
    let is_image = ["/appvms/", "/vm-templates/"].iter().any(|folder| {
        text.split_once(folder).is_some_and(|(_, rest)| {
            rest.split_once('/')
                .is_some_and(|(_, rest)| rest.contains(".img"))
        })
    });
    !is_image && file != layout.pool_image()
}

fn all(machine: &Machine) -> Result<BTreeMap<String, Loop>> {
    if userns::is_root() {
        kernel()
    } else {
        Ok(stand_ins(machine))
    }
}

fn stand_ins(machine: &Machine) -> BTreeMap<String, Loop> {
    machine
        .loops
        .iter()
        .map(|(number, device)| (format!("loop{number}"), device.clone()))
        .collect()
}

/// The loop devices of the machine.
pub(crate) fn kernel() -> Result<BTreeMap<String, Loop>> {
    let mut loops = BTreeMap::new();
    for entry in fs::read_dir("/sys/block")? {
        let entry = entry?;
        let read = |part: &str| fs::read_to_string(entry.path().join(part));
        let Ok(file) = read("loop/backing_file") else {
            continue;
        };
        let read_only = read("ro").is_ok_and(|ro| ro.trim() == "1");
        let file = PathBuf::from(file.trim_end_matches('\n'));
        loops.insert(
            entry.file_name().display().to_string(),
            Loop { file, read_only },
        );
    }
    Ok(loops)
}
