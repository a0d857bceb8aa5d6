//! The commands that qib gives LVM, which the lab's stand-in wrote down, given to LVM itself and
//! the kernel's own thin pools, in an emulated machine. While they run something writes to the
//! volume that a running qube would have.

use std::fs;
use std::path::Path;

use crate::emulated::{Boot, Initrd, skipped_without, start};
use crate::machine::faults::add;
use crate::machine::{BINARY, Machine, skipped_without_root};
use qib_lab::{Driver, LabBuilder};

const NEEDED: [(&str, &str); 2] = [
    ("lvm2", "/usr/sbin/lvm"),
    ("thin-provisioning-tools", "/usr/sbin/thin_check"),
];

/// No udev is there, and nobody watches.
const LVM_CONF: &str = "activation { udev_sync=0 udev_rules=0 monitoring=0 }\n\
                        devices { obtain_device_list_from_udev=0 use_devicesfile=0 }\n";

/// What qubesd does to create a volume and to start its qube, then qib's commands in two parts.
const SCRIPT: &str = r#"
group=$(cat /group)
volume=vm-work-private
lvm vgcreate -q $group /dev/vda
lvm lvcreate -q --type=thin-pool --size=200M --poolmetadatasize=4M --name=vm-pool $group
lvm lvcreate -q --thin --setactivationskip=n --activate=y --name=$volume \
    --virtualsize=67108864B -- $group/vm-pool
echo before | dd of=/dev/$group/$volume bs=4096 conv=notrunc,sync
lvm lvcreate -q --setactivationskip=n --activate=y --snapshot \
    --name=$volume-snap -- $group/$volume
while :; do
    i=$((i + 1))
    echo "live $i" | dd of=/dev/$group/$volume-snap bs=4096 conv=notrunc,sync,fsync 2>/dev/null
done &
writer=$!
sleep 1

while read -r line; do $line >/dev/null; echo "ended with $?: ${line%% --*}"; done < /make
snapshot=$(cd /dev/$group && ls | grep vm-qib)
device=/dev/$group/$snapshot
one=$(md5sum < $device)
live=$(md5sum < /dev/$group/$volume-snap)
sleep 1
[ "$one" = "$(md5sum < $device)" ] && echo "the snapshot stays as it is"
[ "$live" != "$(md5sum < /dev/$group/$volume-snap)" ] && echo "the volume goes on"
echo "it begins with $(head -c 4 $device)"
echo "tagged:$(lvm lvs --noheadings --options=lv_tags -- $group/$snapshot)"
exec 3<$device
while read -r line; do $line >/dev/null; echo "in use, ended with $?: ${line%% --*}"; done < /remove
exec 3<&-
/usr/sbin/blkdiscard --step 1G $device
echo "discarded with $?"
while read -r line; do $line >/dev/null; echo "ended with $?: ${line%% --*}"; done < /remove
kill $writer
echo "left:" $(lvm lvs --noheadings --options=lv_name -- $group)
poweroff -f
"#;

/// The commands of a backup of a running qube.
fn commands() -> Vec<String> {
    let machine = Machine::before_init(LabBuilder::new(BINARY).driver(Driver::LvmThin));
    machine.init();
    add(&machine, "work", 1);
    machine.lab.start("work").unwrap();
    machine.backup("work");
    let calls = machine.lab.calls().unwrap().into_iter();
    let lines = calls.map(|call| call.lines().next().unwrap_or_default().to_owned());
    let commands = lines.filter_map(|line| Some(line.strip_prefix("dom0 ")?.to_owned()));
    commands.filter(|line| line.starts_with("lvm ")).collect()
}

fn lines(commands: &[String]) -> String {
    commands.iter().map(|line| format!("{line}\n")).collect()
}

fn run_for_real(folder: &Path, commands: &[String]) -> String {
    let group = commands[0].rsplit(' ').next().unwrap();
    let (make, remove) = commands.split_at(3);
    let initrd = folder.join("initrd");
    Initrd::new(&["dm-thin-pool", "dm-snapshot"], SCRIPT)
        .program("/usr/sbin/lvm")
        .program("/usr/sbin/thin_check")
        .program("/usr/sbin/blkdiscard")
        .file("etc/lvm/lvm.conf", LVM_CONF)
        .file("group", group)
        .file("make", &lines(make))
        .file("remove", &lines(remove))
        .write(&initrd)
        .unwrap();
    let disk = folder.join("disk");
    fs::File::create(&disk).unwrap().set_len(256 << 20).unwrap();
    start(&disk, Boot::Kernel(&initrd))
}

#[test]
fn lvm_itself_takes_the_commands_that_the_stand_in_takes() {
    const TEST: &str = "lvm_itself_takes_the_commands_that_the_stand_in_takes";
    if skipped_without_root(TEST) || skipped_without(TEST, &NEEDED) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let said = run_for_real(folder.path(), &commands());
    let said = said.replace('\r', "");
    for line in [
        "ended with 0: lvm lvcreate",
        "the snapshot stays as it is",
        "the volume goes on",
        "it begins with live",
        "tagged:  qib",
        "in use, ended with 5: lvm lvremove",
        "discarded with 0",
        "ended with 0: lvm lvremove",
        "left: vm-pool vm-work-private vm-work-private-snap",
    ] {
        assert!(
            said.lines().any(|found| found.trim() == line),
            "{line}: {said}"
        );
    }
}
