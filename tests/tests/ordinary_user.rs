//! Without root the lab is whole, but for what the kernel gives only to root.

use std::fs;
use std::process::Command;

use crate::common::{BINARY, err, good, in_qube, is_root, lab_of_nobody, out};

#[test]
fn an_ordinary_user_has_a_whole_lab() {
    if !is_root() {
        eprintln!("skipped: every other test runs as an ordinary user already");
        return;
    }
    let lab = lab_of_nobody();
    crate::common::add_pair(&lab);
    crate::common::service(&lab, "b", "test.Cat", "exec cat");
    let called = in_qube(&lab, "a", "echo hi | qrexec-client-vm b test.Cat");
    assert_eq!(out(&called), "hi\n", "{called:?}");
    let pool = lab
        .admin("admin.pool.Info+varlibqubes", "dom0", "")
        .unwrap();
    assert!(pool.contains("driver=file\n"));
    let refused = lab
        .add_image("late", &lab.image("a").unwrap(), true)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("late cannot be added running") && refused.contains("`file`"));

    let image = lab.image("b").unwrap();
    let find = [
        "losetup",
        "--read-only",
        "--find",
        "--show",
        image.to_str().unwrap(),
    ];
    assert_eq!(out(&lab.exec(find).unwrap()), "/dev/loop0\n");
    let associated = out(&lab
        .exec(["losetup", "-j", image.to_str().unwrap()])
        .unwrap());
    assert_eq!(
        associated,
        format!("/dev/loop0: []: ({})\n", image.display())
    );
    let mode = ["qubesdb-write", "/qubes-block-devices/loop0/mode", "r"];
    good(&lab.exec(mode).unwrap());
    lab.admin(
        "admin.vm.device.block.Attach+dom0+loop0",
        "a",
        "_frontend-dev='xvdi'",
    )
    .unwrap();
    let seen = out(&in_qube(
        &lab,
        "a",
        "debugfs -R 'cat hello' /dev/xvdi 2>/dev/null",
    ));
    assert_eq!(seen, "hello\n");
    assert!(!in_qube(&lab, "a", "echo x > /dev/xvdi").status.success());
    lab.admin("admin.vm.device.block.Detach+dom0+loop0", "a", "")
        .unwrap();
    assert!(!in_qube(&lab, "a", "ls /dev/xvdi").status.success());
    good(&lab.exec(["losetup", "-d", "/dev/loop0"]).unwrap());
}

#[test]
fn forbidden_namespaces_are_named() {
    let script = format!(
        "echo 0 > /proc/sys/user/max_user_namespaces && {BINARY} create /tmp/qib-lab-forbidden"
    );
    let tried = Command::new("unshare")
        .args(["--user", "--map-root-user", "sh", "-c", &script])
        .output();
    let tried = tried.unwrap();
    assert!(!tried.status.success());
    assert!(
        err(&tried).contains("sysctl user.max_user_namespaces="),
        "{}",
        err(&tried)
    );
    assert!(!fs::exists("/tmp/qib-lab-forbidden").unwrap());
}
