//! qubesd's bytes, as documented.

use crate::common::{in_qube, internal, lab, raw, tree};

#[test]
fn answers_errors_and_silence() {
    let lab = lab();
    let list = raw(&lab, "admin.vm.List+ dom0 name dom0\0");
    assert!(list.starts_with("0\0"));
    assert!(list.contains("\ndom0 class=AdminVM state=Running uuid="));
    assert!(list.contains("\nsys-backup class=AppVM state=Running uuid="));
    assert!(list.contains("qib-dvm class=AppVM state=Halted"));
    let one = raw(&lab, "admin.vm.List+ dom0 name qib-dvm\0");
    assert_eq!(one.lines().count(), 1);
    let missing = raw(&lab, "admin.vm.CurrentState+ dom0 name nope\0");
    assert_eq!(
        missing,
        "2\0QubesVMNotFoundError\0\0No such domain: 'nope'\0"
    );
    for silent in [
        "admin.vm.Nonsense+ dom0 name dom0\0",
        "admin.vm.List+ dom0 name dom0",
        "admin.vm.List+ dom0 strange dom0\0",
        "admin.vm.List+argument dom0 name dom0\0",
        "internal.GetSystemInfo+ dom0 name dom0\0",
    ] {
        assert_eq!(raw(&lab, silent), "", "{silent:?}");
    }
    let long = format!(
        "admin.vm.feature.Set+x dom0 name qib-dvm\0{}",
        "x".repeat(70_000)
    );
    assert_eq!(raw(&lab, &long), "");
    assert!(internal(&lab, "internal.GetSystemInfo+ dom0 name dom0\0").contains("\"qib-storage\""));
    assert!(raw(&lab, "admin.vm.List+ dom0 keyword adminvm\0").starts_with("0\0"));
    let log = std::fs::read_to_string(lab.dir().join("qubesd.log")).unwrap();
    assert!(log.contains("admin.vm.Nonsense+ dom0 dom0"));
}

#[test]
fn properties_features_tags() {
    let lab = lab();
    let get = |name: &str| {
        lab.admin(&format!("admin.vm.property.Get+{name}"), "qib-dvm", "")
            .unwrap()
    };
    assert_eq!(get("memory"), "default=True type=int 400");
    assert_eq!(get("netvm"), "default=False type=vm ");
    assert_eq!(get("template"), "default=False type=vm debian-12-xfce");
    lab.admin("admin.vm.property.Set+memory", "qib-dvm", "600")
        .unwrap();
    assert_eq!(get("memory"), "default=False type=int 600");
    lab.admin("admin.vm.property.Reset+memory", "qib-dvm", "")
        .unwrap();
    assert_eq!(get("memory"), "default=True type=int 400");
    assert!(
        raw(&lab, "admin.vm.property.Set+memory dom0 name qib-dvm\0many")
            .starts_with("2\0QubesValueError")
    );
    let wrong = raw(&lab, "admin.vm.property.Get+colour dom0 name qib-dvm\0");
    assert!(wrong.starts_with("2\0QubesNoSuchPropertyError\0"));
    let all = lab
        .admin("admin.vm.property.GetAll+", "qib-dvm", "")
        .unwrap();
    assert!(
        all.lines()
            .any(|line| line == "vcpus default=True type=int 2")
    );
    assert_eq!(
        lab.admin("admin.property.Get+default_pool", "dom0", "")
            .unwrap(),
        "default=False type=str varlibqubes"
    );

    lab.admin("admin.vm.feature.Set+gui", "qib-dvm", "")
        .unwrap();
    assert_eq!(
        lab.admin("admin.vm.feature.Get+gui", "qib-dvm", "")
            .unwrap(),
        ""
    );
    assert_eq!(
        lab.admin("admin.vm.feature.List+", "qib-dvm", "").unwrap(),
        "gui\n"
    );
    lab.admin("admin.vm.feature.Remove+gui", "qib-dvm", "")
        .unwrap();
    assert!(
        raw(&lab, "admin.vm.feature.Get+gui dom0 name qib-dvm\0")
            .starts_with("2\0QubesFeatureNotFoundError")
    );

    lab.admin("admin.vm.tag.Set+one", "qib-dvm", "").unwrap();
    assert_eq!(
        lab.admin("admin.vm.tag.Get+one", "qib-dvm", "").unwrap(),
        "1"
    );
    assert_eq!(
        lab.admin("admin.vm.tag.List+", "qib-dvm", "").unwrap(),
        "created-by-dom0\none\n"
    );
    lab.admin("admin.vm.tag.Remove+one", "qib-dvm", "").unwrap();
    assert!(
        raw(&lab, "admin.vm.tag.Remove+one dom0 name qib-dvm\0")
            .starts_with("2\0QubesTagNotFoundError")
    );
}

#[test]
fn a_disposable_lives_and_goes() {
    let lab = lab();
    lab.admin("admin.vm.feature.Set+inherited", "qib-dvm", "1")
        .unwrap();
    let name = "disp-qib-0123abcd";
    lab.admin(
        "admin.vm.Create.DispVM+qib-dvm",
        "dom0",
        &format!("name={name} label=red"),
    )
    .unwrap();
    assert_eq!(
        lab.admin("admin.vm.feature.Get+inherited", name, "")
            .unwrap(),
        "1"
    );
    lab.admin("admin.vm.property.Set+auto_cleanup", name, "True")
        .unwrap();
    lab.admin("admin.vm.property.Set+netvm", name, "").unwrap();
    lab.admin("admin.vm.Start+", name, "").unwrap();
    lab.admin("admin.vm.Start+", name, "").unwrap();
    assert!(
        lab.admin("admin.vm.CurrentState+", name, "")
            .unwrap()
            .ends_with("power_state=Running")
    );
    let devices = lab
        .admin("admin.vm.device.block.Attached+", name, "")
        .unwrap();
    assert_eq!(devices, "");
    lab.admin("admin.vm.Kill+", name, "").unwrap();
    assert!(
        !lab.admin("admin.vm.List+", "dom0", "")
            .unwrap()
            .contains(name)
    );
    let twice = raw(&lab, "admin.vm.Kill+ dom0 name qib-dvm\0");
    assert!(twice.starts_with("2\0QubesVMNotStartedError\0"));
    let wrong = raw(
        &lab,
        "admin.vm.Create.DispVM+qib-dvm dom0 name dom0\0name=x label=red netvm=y",
    );
    assert_eq!(wrong, "");
}

#[test]
fn a_qube_that_dies_is_halted() {
    let lab = lab();
    lab.add_tree("work", &tree(lab.scratch())).unwrap();
    lab.start("work").unwrap();
    in_qube(&lab, "work", "kill -9 -1; kill -9 $PPID");
    let dead = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        lab.admin("admin.vm.CurrentState+", "work", "")
            .unwrap()
            .ends_with("Halted")
    });
    assert!(dead);
    lab.start("work").unwrap();
}
