//! qemu's monitor: disks are plugged in and out of a machine that runs.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// A conversation with qemu, in lines of JSON.
pub(super) struct Monitor {
    line: BufReader<UnixStream>,
}

impl Monitor {
    pub(super) fn new(line: UnixStream) -> Result<Self> {
        let line = BufReader::new(line);
        let mut monitor = Self { line };
        monitor.hear().context("qemu does not start")?;
        monitor.execute("qmp_capabilities", json!({}))?;
        Ok(monitor)
    }

    /// The disk has this name in the guest.
    pub(super) fn plug(&mut self, device: &Path, name: &str, read_only: bool) -> Result<()> {
        let is_block = std::fs::metadata(device)?.file_type().is_block_device();
        let driver = if is_block { "host_device" } else { "file" };
        let file = json!({ "driver": driver, "filename": device, "read-only": read_only });
        let volume = json!({
            "driver": "raw", "node-name": node(name), "read-only": read_only, "file": file,
        });
        self.execute("blockdev-add", volume)?;
        let sector = sector_bytes(device);
        let disk = json!({
            "driver": "virtio-blk-pci", "drive": node(name), "id": name, "serial": name,
            "logical_block_size": sector, "physical_block_size": sector,
        });
        self.execute("device_add", disk)
    }

    /// Takes it away; the guest has to let it go.
    pub(super) fn unplug(&mut self, name: &str) -> Result<()> {
        self.execute("device_del", json!({ "id": name }))?;
        loop {
            let said = self.hear()?;
            let is_told = |place, word: &str| said.pointer(place).is_some_and(|at| at == word);
            if is_told("/event", "DEVICE_DELETED") && is_told("/data/device", name) {
                break;
            }
        }
        self.execute("blockdev-del", json!({ "node-name": node(name) }))
    }

    fn execute(&mut self, command: &str, arguments: Value) -> Result<()> {
        let request = json!({ "execute": command, "arguments": arguments });
        writeln!(self.line.get_mut(), "{request}")?;
        loop {
            let said = self.hear()?;
            if let Some(error) = said.get("error") {
                bail!("{command}: {error}");
            }
            if said.get("return").is_some() {
                return Ok(());
            }
        }
    }

    fn hear(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.line.read_line(&mut line)? == 0 {
            bail!("qemu is gone");
        }
        Ok(serde_json::from_str(&line)?)
    }
}

fn node(name: &str) -> String {
    format!("volume-{name}")
}

/// The sectors that a device of this machine has; what is no device has none.
fn sector_bytes(device: &Path) -> u64 {
    let name = device.file_name().unwrap_or_default();
    let place = Path::new("/sys/class/block").join(name);
    let text = std::fs::read_to_string(place.join("queue/logical_block_size"));
    text.ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(512)
}
