//! What a helper is that is a machine of its own: as the lab's other qubes, and less of this
//! machine.

use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::{BINARY, err, good, in_qube, is_root, out, policy, service, stand_ins};
use qib_lab::{Lab, LabBuilder};

const NAME: &str = "disp-qib-0123abcd";

fn lab() -> Lab {
    let programs = stand_ins();
    let builder = LabBuilder::new(BINARY).programs(programs.path());
    let lab = builder.vm_helpers().create().unwrap();
    let created = format!("name={NAME} label=red");
    for (method, qube, payload) in [
        ("admin.vm.Create.DispVM+qib-dvm", "dom0", created.as_str()),
        ("admin.vm.property.Set+auto_cleanup", NAME, "True"),
        ("admin.vm.Start+", NAME, ""),
    ] {
        lab.admin(method, qube, payload).unwrap();
    }
    lab
}

fn says(lab: &Lab, command: &str) -> String {
    let output = in_qube(lab, NAME, command);
    good(&output);
    out(&output)
}

/// Attaches a new device of four MiB that begin with `hello`; its name in dom0.
fn attach(lab: &Lab, frontend: &str, read_only: bool) -> String {
    let file = lab.scratch().join(frontend);
    let mut bytes = vec![0; 4 << 20];
    bytes[..5].copy_from_slice(b"hello");
    fs::write(&file, bytes).unwrap();
    let device = lab.exec(["losetup", "--find", "--show", file.to_str().unwrap()]);
    let device = out(&device.unwrap()).trim().replace("/dev/", "");
    let method = format!("admin.vm.device.block.Attach+dom0+{device}");
    let ro = if read_only { "yes" } else { "no" };
    let options = format!("_frontend-dev='{frontend}' _read-only='{ro}'");
    lab.admin(&method, NAME, &options).unwrap();
    device
}

const WAIT: &str = "until [ -e /dev/xvdi ]; do sleep 0.1; done;";

fn has_disks_only_as_attached(lab: &Lab) {
    let device = attach(lab, "xvdi", true);
    assert_eq!(says(lab, &format!("{WAIT} head -c 5 /dev/xvdi")), "hello");
    let write = in_qube(lab, NAME, "echo other | dd of=/dev/xvdi conv=fsync");
    assert!(!write.status.success(), "{write:?}");
    let detach = format!("admin.vm.device.block.Detach+dom0+{device}");
    lab.admin(&detach, NAME, "").unwrap();
    says(lab, "while [ -e /dev/xvdi ]; do sleep 0.1; done");
    assert_eq!(says(lab, "ls /sys/block | grep -v loop | wc -l"), "0\n");

    attach(lab, "xvdi", false);
    says(
        lab,
        &format!("{WAIT} echo other | dd of=/dev/xvdi conv=fsync"),
    );
    let file = fs::read(lab.scratch().join("xvdi")).unwrap();
    assert_eq!(&file[..6], b"other\n");
}

fn calls_as_policy_lets_it(lab: &Lab) {
    policy(lab, "30-test.policy", "test.Cat * @anyvm @anyvm allow\n");
    service(
        lab,
        "sys-backup",
        "test.Cat",
        "cat; echo of $QREXEC_REMOTE_DOMAIN",
    );
    let expected = format!("of {NAME}\n");
    let end = expected.len();
    let there = "head -c 3000000 /dev/zero | qrexec-client-vm sys-backup test.Cat";
    assert_eq!(says(lab, &format!("{there} | tail -c {end}")), expected);
    let refused = in_qube(lab, NAME, "qrexec-client-vm sys-backup test.Dog </dev/null");
    assert_eq!(refused.status.code(), Some(126));
    let other = in_qube(lab, NAME, "echo on its other stream >&2; exit 7");
    assert_eq!(
        (other.status.code(), err(&other)),
        (Some(7), "on its other stream\n".into())
    );
}

#[test]
fn a_machine_has_its_own_kernel_no_network_and_the_disks_that_it_was_given() {
    const TEST: &str = "a_machine_has_its_own_kernel_no_network_and_the_disks_that_it_was_given";
    if crate::emulated::skipped_without(TEST, &[]) {
        return;
    }
    if !is_root() {
        println!("skipped: {TEST} needs root");
        return;
    }
    let lab = lab();
    let kernel = crate::emulated::kernel_image()
        .unwrap()
        .display()
        .to_string();
    assert!(kernel.ends_with(says(&lab, "uname -r").trim()), "{kernel}");
    assert_eq!(says(&lab, "ls /sys/class/net"), "lo\n");
    // Nor a card that only lacks a driver.
    let cards = "cat /sys/bus/pci/devices/*/class | grep -c ^0x02 || true";
    assert_eq!(says(&lab, cards), "0\n");
    has_disks_only_as_attached(&lab);
    calls_as_policy_lets_it(&lab);
    ends_with_the_daemon(&lab);
}

/// Is there a qemu that started what lies in the lab's folder?
fn runs(lab: &Lab) -> bool {
    let initrd = lab.dir().join("initrd").display().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let mut lines = processes.filter_map(|one| fs::read(one.path().join("cmdline")).ok());
    lines.any(|line| {
        let line = String::from_utf8_lossy(&line).into_owned();
        line.starts_with("qemu-system-x86_64\0") && line.contains(&initrd)
    })
}

fn ends_with_the_daemon(lab: &Lab) {
    assert!(runs(lab));
    let daemon = lab.daemon().unwrap().to_string();
    good(&Command::new("kill").args(["-9", &daemon]).output().unwrap());
    let end = Instant::now() + Duration::from_secs(5);
    while runs(lab) {
        assert!(Instant::now() < end, "a machine outlives the daemon");
        sleep(Duration::from_millis(20));
    }
    let listed = lab.command(["qube", "list"]).arg(lab.dir()).output();
    let listed = out(&listed.unwrap());
    assert!(
        listed.contains("sys-backup") && !listed.contains(NAME),
        "{listed}"
    );
}

#[test]
fn a_lab_that_can_not_emulate_machines_says_what_is_missing() {
    if !is_root() {
        println!("skipped: a_lab_that_can_not_emulate_machines_says_what_is_missing needs root");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("machine");
    let programs = stand_ins();
    let script = "mount -t tmpfs none /boot && exec \"$@\"";
    let mut create = Command::new("unshare");
    create.args(["--mount", "sh", "-c", script, "sh", BINARY, "create"]);
    create.arg(&place).args(["--helpers", "vm", "--programs"]);
    let output = create.arg(programs.path()).output().unwrap();
    assert!(!output.status.success());
    let said = err(&output);
    assert!(
        said.contains("need") && said.contains("linux-image-cloud-amd64"),
        "{said}"
    );
    assert!(!place.exists());
}
