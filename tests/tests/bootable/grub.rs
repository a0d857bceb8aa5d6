//! GRUB for a PC's BIOS, where `grub-install` puts it: its first sector before the
//! partition table, the rest in a partition of its own.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use qib_lab::tool;

pub(super) const BOOT_SECTOR: &str = "/usr/lib/grub/i386-pc/boot.img";
const MODULES: [&str; 8] = [
    "biosdisk",
    "part_gpt",
    "ext2",
    "linux",
    "normal",
    "configfile",
    "serial",
    "terminal",
];
const CONFIG: &str = "serial --unit=0\n\
                      terminal_output serial\n\
                      set root=(hd0,gpt2)\n\
                      configfile /boot/grub/grub.cfg\n";

const SECTOR: u64 = 512;
/// Where the boot sector has the number of the next one to read.
const NEXT: usize = 0x5c;
/// Where that one has the number of the first sector of the rest.
const REST: usize = 0x1f4;
/// The boot sector's code ends here: a disk's signature and its partitions follow.
const CODE: usize = 440;

/// Writes it to a disk, the rest to this place.
pub(super) fn install(folder: &Path, disk: &fs::File, place: u64) {
    let config = folder.join("grub-config");
    fs::write(&config, CONFIG).unwrap();
    let image = folder.join("grub-core");
    let mut mkimage = tool("grub-mkimage");
    mkimage.args(["-O", "i386-pc", "-p", "/boot/grub", "-c"]);
    mkimage.arg(&config).arg("-o").arg(&image).args(MODULES);
    assert!(mkimage.status().unwrap().success());

    let sector = place / SECTOR;
    let mut boot = fs::read(BOOT_SECTOR).unwrap();
    boot[NEXT..NEXT + 8].copy_from_slice(&sector.to_le_bytes());
    disk.write_all_at(&boot[..CODE], 0).unwrap();
    let mut core = fs::read(image).unwrap();
    core[REST..REST + 8].copy_from_slice(&(sector + 1).to_le_bytes());
    disk.write_all_at(&core, place).unwrap();
}
