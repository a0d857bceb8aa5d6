//! A restored volume grows while it is mounted, as `qvm-volume extend` has a running qube do it.
//! That takes a right that a container's root may lack, so it happens in an emulated machine.

use std::fs;

use crate::emulated::{Boot, Initrd, skipped_without, start};
use crate::machine::Machine;
use crate::machine::faults::add;

const NEEDED: [(&str, &str); 1] = [("e2fsprogs", "/usr/sbin/resize2fs")];
const DISK_BYTES: u64 = 3 << 30;

const SCRIPT: &str = r#"
mount -t ext4 /dev/vda /root
before=$(cat /root/home/user/* | md5sum)
free() { df -m /root | tail -1 | awk '{ print $4 }'; }
old=$(free)
resize2fs /dev/vda >/dev/null 2>&1
echo "grown with $?"
[ $(free) -gt $((old + 900)) ] && echo "there is room"
dd if=/dev/zero of=/root/new bs=1M count=$((old + 200)) 2>/dev/null && echo "it can be used"
[ "$before" = "$(cat /root/home/user/* | md5sum)" ] && echo "the files stay"
umount /root
e2fsck -f -n /dev/vda >/tmp/checked 2>&1
echo "checked with $?"
poweroff -f
"#;

#[test]
fn a_restored_volume_grows_while_it_is_mounted() {
    if skipped_without("a_restored_volume_grows_while_it_is_mounted", &NEEDED) {
        return;
    }
    let machine = Machine::new();
    add(&machine, "work", 5);
    machine.backup("work");
    machine.restore("work", &[], "again");
    let folder = machine.lab.scratch();
    let disk = folder.join("disk");
    fs::copy(machine.lab.image("again").unwrap(), &disk).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&disk).unwrap();
    assert!(file.metadata().unwrap().len() <= DISK_BYTES - (1 << 30));
    file.set_len(DISK_BYTES).unwrap();
    let initrd = folder.join("initrd");
    Initrd::new(&[], SCRIPT)
        .program("/usr/sbin/resize2fs")
        .program("/usr/sbin/e2fsck")
        .write(&initrd)
        .unwrap();
    let said = start(&disk, Boot::Kernel(&initrd));
    for line in [
        "grown with 0",
        "there is room",
        "it can be used",
        "the files stay",
        "checked with 0",
    ] {
        assert!(
            said.lines().any(|found| found.trim() == line),
            "{line}: {said}"
        );
    }
}
