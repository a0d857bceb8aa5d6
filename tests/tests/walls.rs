//! What a qube cannot reach.

use crate::common::{good, in_qube, is_root, lab_with_pair, out};

#[test]
fn a_qube_sees_neither_the_machine_nor_another_qube() {
    let lab = lab_with_pair();
    let secret = lab.scratch().join("secret");
    std::fs::write(&secret, "mine").unwrap();
    good(&in_qube(&lab, "b", "echo b > /rw/own; echo b > /tmp/own"));
    let hidden = [
        secret.display().to_string(),
        lab.dir().display().to_string(),
        lab.image("b").unwrap().display().to_string(),
        std::env::var("HOME").unwrap_or_else(|_| "/home".to_owned()) + "/.cargo",
        env!("CARGO_MANIFEST_DIR").to_owned(),
        "/rw/own".to_owned(),
        "/tmp/own".to_owned(),
        "/etc/shadow".to_owned(),
        "/etc/qubes".to_owned(),
        "/run/qubesd.sock".to_owned(),
        "/run/qib-lab".to_owned(),
        "/dev/loop-control".to_owned(),
        "/dev/xvdi".to_owned(),
        "/usr/bin/qrexec-client".to_owned(),
        "/usr/bin/qib".to_owned(),
    ];
    assert!(secret.exists() && lab.image("b").unwrap().exists());
    for path in hidden {
        let found = in_qube(&lab, "a", &format!("ls -d '{path}'"));
        assert!(!found.status.success(), "{path} is seen in the qube");
    }
}

#[test]
fn a_qube_has_no_network_and_only_its_own_processes() {
    let lab = lab_with_pair();
    let interfaces = out(&in_qube(
        &lab,
        "a",
        "tail -n +3 /proc/net/dev | cut -d: -f1",
    ));
    assert_eq!(interfaces.split_whitespace().collect::<Vec<_>>(), ["lo"]);
    assert_eq!(
        out(&in_qube(&lab, "a", "cat /proc/net/route | tail -n +2")),
        ""
    );
    let processes = out(&in_qube(&lab, "a", "ls /proc | grep -c '^[0-9]'"));
    assert!(processes.trim().parse::<u32>().unwrap() < 10, "{processes}");
    assert_eq!(out(&in_qube(&lab, "a", "hostname")), "a\n");
}

#[test]
fn a_qube_cannot_write_the_programs_it_shares() {
    let lab = lab_with_pair();
    for path in ["/usr/bin/new", "/bin/new", "/usr/lib/qib/new", "/lib/new"] {
        assert!(
            !in_qube(&lab, "a", &format!("touch {path}"))
                .status
                .success(),
            "{path}"
        );
    }
}

#[test]
fn only_helpers_have_the_helper_and_only_storage_the_storage() {
    let lab = lab_with_pair();
    let programs = |qube: &str| out(&in_qube(&lab, qube, "ls /usr/lib/qib /etc/qubes-rpc"));
    assert_eq!(
        programs("a"),
        "/etc/qubes-rpc:\nqubes.Filecopy\n\n/usr/lib/qib:\n"
    );
    let storage = programs("sys-backup");
    assert!(storage.contains("qib-storage") && storage.contains("qib.Put"));
    assert!(!storage.contains("qib-helper") && !storage.contains("qib.Backup"));
    good(&in_qube(&lab, "sys-backup", "test -e /rw/started"));
    lab.admin(
        "admin.vm.Create.DispVM+qib-dvm",
        "dom0",
        "name=disp1 label=red",
    )
    .unwrap();
    lab.start("disp1").unwrap();
    let helper = programs("disp1");
    assert!(helper.contains("qib-helper") && helper.contains("qib.Backup"));
    assert!(!helper.contains("qib-storage") && !helper.contains("qib.Put"));
    let greeting = lab.exec([
        "qrexec-client",
        "-d",
        "disp1",
        "root:QUBESRPC qib.KeyInit dom0",
    ]);
    assert_eq!(out(&greeting.unwrap()), "helper key-init\n");
}

#[test]
fn a_device_is_seen_by_one_qube_and_read_only() {
    let lab = lab_with_pair();
    let pool = lab.dir().join("pool/qubes/snapshot.img");
    std::fs::write(&pool, vec![1; 1 << 20]).unwrap();
    let find = [
        "losetup",
        "--read-only",
        "--find",
        "--show",
        pool.to_str().unwrap(),
    ];
    let device = out(&lab.exec(find).unwrap()).trim().to_owned();
    let name = device.strip_prefix("/dev/").unwrap();
    let offered = lab
        .admin(
            &format!("admin.vm.device.block.Available+{name}"),
            "dom0",
            "",
        )
        .unwrap();
    assert!(offered.contains("_size='1048576' _mode='r'\n"), "{offered}");
    let attach = format!("admin.vm.device.block.Attach+dom0+{name}");
    assert!(
        lab.admin(&attach, "a", "_frontend-dev='xvdi' _read-only='no'")
            .is_err()
    );
    lab.admin(&attach, "a", "_frontend-dev='xvdi' _read-only='yes'")
        .unwrap();
    let attached = lab
        .admin("admin.vm.device.block.Attached+", "a", "")
        .unwrap();
    assert!(attached.starts_with(&format!("dom0+{name}:")), "{attached}");
    assert_eq!(
        out(&in_qube(&lab, "a", "head -c 2 /dev/xvdi | od -An -tu1")),
        "   1   1\n"
    );
    let write = "dd if=/dev/zero of=/dev/xvdi bs=1M count=1 conv=notrunc,fsync";
    assert!(!in_qube(&lab, "a", write).status.success());
    assert!(!in_qube(&lab, "b", "ls /dev/xvdi").status.success());
    assert!(lab.admin(&attach, "b", "").is_err(), "attached twice");
    lab.admin(
        &format!("admin.vm.device.block.Detach+dom0+{name}"),
        "a",
        "",
    )
    .unwrap();
    assert!(!in_qube(&lab, "a", "ls /dev/xvdi").status.success());
    good(&lab.exec(["losetup", "-d", &device]).unwrap());
    assert_eq!(std::fs::read(pool).unwrap(), vec![1; 1 << 20]);
}

#[test]
fn an_image_of_a_qube_is_offered_only_by_hand() {
    let lab = lab_with_pair();
    lab.stop("b").unwrap();
    let image = lab.image("b").unwrap();
    let find = ["losetup", "--find", "--show", image.to_str().unwrap()];
    let device = out(&lab.exec(find).unwrap()).trim().to_owned();
    let name = device.strip_prefix("/dev/").unwrap().to_owned();
    let offered = || {
        lab.admin(
            &format!("admin.vm.device.block.Available+{name}"),
            "dom0",
            "",
        )
        .unwrap()
    };
    assert_eq!(offered(), "");
    let key = |part: &str| format!("/qubes-block-devices/{name}/{part}");
    let (desc, size, mode) = (key("desc"), key("size"), key("mode"));
    let words = [
        "qubesdb-write",
        &desc,
        "by hand",
        &size,
        "4096",
        &mode,
        "w",
        "/qubes-block-devices/",
        "",
    ];
    good(&lab.exec(words).unwrap());
    assert!(offered().contains("name='by hand'"));
    let attach = format!("admin.vm.device.block.Attach+dom0+{name}");
    lab.admin(&attach, "a", "_frontend-dev='xvdi' _read-only='no'")
        .unwrap();
    let write = "printf new | dd of=/dev/xvdi bs=512 conv=notrunc,fsync,sync";
    good(&in_qube(&lab, "a", write));
    good(&lab.exec(["qubesdb-rm", &key("")]).unwrap());
    assert_eq!(offered(), "");
    lab.stop("a").unwrap();
    good(&lab.exec(["losetup", "-d", &device]).unwrap());
    assert!(std::fs::read(image).unwrap().starts_with(b"new"));
}

#[test]
fn root_s_helper_mounts_with_the_kernel() {
    if !is_root() {
        eprintln!("skipped: a kernel mount needs root");
        return;
    }
    let lab = lab_with_pair();
    let copy = lab.dir().join("pool/qubes/copy.img");
    std::fs::copy(lab.image("b").unwrap(), &copy).unwrap();
    let find = ["losetup", "--find", "--show", copy.to_str().unwrap()];
    let device = out(&lab.exec(find).unwrap()).trim().to_owned();
    let attach = format!(
        "admin.vm.device.block.Attach+dom0+{}",
        device.strip_prefix("/dev/").unwrap()
    );
    lab.admin(&attach, "a", "_frontend-dev='xvdi' _read-only='no'")
        .unwrap();
    let work = "mkdir /tmp/m && mount /dev/xvdi /tmp/m && cat /tmp/m/hello && \
                mknod /tmp/m/node c 1 3 && chown 70000:70000 /tmp/m/hello && umount /tmp/m";
    let worked = in_qube(&lab, "a", work);
    assert_eq!(out(&worked), "hello\n", "{worked:?}");
    lab.stop("a").unwrap();
    good(&lab.exec(["losetup", "-d", &device]).unwrap());
}
