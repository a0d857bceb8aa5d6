//! Volumes as qubesd keeps them: running, stopped, imported.

use crate::common::{internal, is_root, lab, out, raw};

#[test]
fn an_import_is_whole_or_nothing() {
    let lab = lab();
    lab.admin(
        "admin.vm.Create.AppVM+debian-12-xfce",
        "dom0",
        "name=new label=blue",
    )
    .unwrap();
    let begin = internal(
        &lab,
        "internal.vm.volume.ImportBegin+private dom0 name new\x001048576",
    );
    let path = begin.strip_prefix("0\x001048576 ").unwrap().to_owned();
    assert!(path.ends_with("/appvms/new/private-import.img"));
    std::fs::write(&path, b"new content").unwrap();
    assert_eq!(
        internal(
            &lab,
            "internal.vm.volume.ImportEnd+private dom0 name new\0ok"
        ),
        "0\0"
    );
    assert_eq!(
        std::fs::read(lab.image("new").unwrap()).unwrap(),
        b"new content"
    );

    internal(
        &lab,
        "internal.vm.volume.ImportBegin+private dom0 name new\x004096",
    );
    let failed = internal(
        &lab,
        "internal.vm.volume.ImportEnd+private dom0 name new\0fail\nno luck",
    );
    assert_eq!(failed, "2\0QubesException\0\0Data import failed: no luck\0");
    assert_eq!(
        std::fs::read(lab.image("new").unwrap()).unwrap(),
        b"new content"
    );
    assert_eq!(
        internal(
            &lab,
            "internal.vm.volume.ImportEnd+private dom0 name new\0ok"
        ),
        ""
    );

    lab.start("new").unwrap();
    let running = internal(
        &lab,
        "internal.vm.volume.ImportBegin+private dom0 name new\x004096",
    );
    assert!(running.starts_with("2\0QubesVMNotHaltedError\0"));
    lab.stop("new").unwrap();
    lab.admin("admin.vm.tag.Set+backup-restore-in-progress", "new", "")
        .unwrap();
    let guarded = raw(&lab, "admin.vm.Start+ dom0 name new\0");
    assert_eq!(
        guarded,
        "2\0QubesVMError\0\0Restore of this domain in progress, cannot start\0"
    );
    lab.admin("admin.vm.Remove+", "new", "").unwrap();
    assert!(!std::path::Path::new(&path).parent().unwrap().exists());
}

#[test]
fn a_running_volume_has_a_dirty_image() {
    if !is_root() {
        eprintln!("skipped: a running qube's volume needs root");
        return;
    }
    let lab = lab();
    let halted = lab.scratch().join("image");
    std::fs::write(&halted, vec![7; 1 << 20]).unwrap();
    lab.add_image("work", &halted, true).unwrap();
    let dirty = lab.image("work").unwrap();
    assert!(dirty.ends_with("appvms/work/private-dirty.img"));
    assert_eq!(
        std::fs::read(&dirty).unwrap(),
        std::fs::read(&halted).unwrap()
    );
    let info = lab
        .admin("admin.vm.volume.Info+private", "work", "")
        .unwrap();
    assert!(info.starts_with("pool=varlibqubes\nvid=appvms/work/private\nsize=1048576\n"));
    assert!(info.contains(&format!("\npath={}\n", dirty.display())));
    std::fs::write(&dirty, vec![8; 1 << 20]).unwrap();
    lab.stop("work").unwrap();
    assert_eq!(
        std::fs::read(lab.image("work").unwrap()).unwrap(),
        vec![8; 1 << 20]
    );
    assert_eq!(
        lab.admin("admin.vm.volume.ListSnapshots+private", "work", "")
            .unwrap(),
        "1\n"
    );
    let pool = lab
        .admin("admin.pool.Info+varlibqubes", "dom0", "")
        .unwrap();
    assert!(pool.contains("driver=file-reflink\n"));
    let listed = out(&lab
        .command(["qube", "list"])
        .arg(lab.dir())
        .output()
        .unwrap());
    assert!(listed.contains("work AppVM Halted"));
}
