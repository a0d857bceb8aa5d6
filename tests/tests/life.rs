//! The lab itself: it survives its daemon, and leaves nothing.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::common::{BINARY, err, good, in_qube, is_root, lab, lab_of_nobody, out, tree};
use qib_lab::Lab;
use qib_lab::tool;

/// Living processes whose command line or mounts name the lab's folder.
fn processes(dir: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let read = |part: &str| fs::read_to_string(entry.path().join(part)).unwrap_or_default();
        if read("cmdline").contains(dir) || read("mountinfo").contains(dir) {
            found.push(read("cmdline").replace('\0', " "));
        }
    }
    found
}

/// The loop devices of the machine, each with the inode and the file system below it.
fn loops() -> Vec<String> {
    let columns = [
        "--list",
        "--noheadings",
        "--output",
        "BACK-INO,BACK-MAJ:MIN",
    ];
    let listed = tool("losetup").args(columns).output().unwrap();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    out(&listed).lines().map(words).collect()
}

/// The same for these files.
fn loops_of(files: &[PathBuf]) -> Vec<String> {
    let numbers = |file: &PathBuf| {
        let file = fs::metadata(file).ok()?;
        let (major, minor) = (rustix::fs::major(file.dev()), rustix::fs::minor(file.dev()));
        Some(format!("{} {major}:{minor}", file.ino()))
    };
    files.iter().filter_map(numbers).collect()
}

/// The kernel lets go of a killed process' namespaces and devices a moment later.
fn nothing_stays(dir: &str, devices: &[String]) {
    let held = || {
        loops()
            .into_iter()
            .filter(|device| devices.contains(device))
    };
    let left = || (processes(dir), held().collect::<Vec<_>>());
    for _ in 0..100 {
        if left() == (Vec::new(), Vec::new()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("left behind: {:?}", left());
}

fn use_and_destroy(lab: Lab) {
    let dir = lab.dir().display().to_string();
    lab.add_tree("work", &tree(lab.scratch())).unwrap();
    lab.start("work").unwrap();
    let mut busy = lab.dom0(["sleep", "1000"]).spawn().unwrap();
    let file = lab.dir().join("pool/left.img");
    good(
        &lab.exec(["truncate", "-s", "1M", file.to_str().unwrap()])
            .unwrap(),
    );
    good(
        &lab.exec(["losetup", "--find", "--show", file.to_str().unwrap()])
            .unwrap(),
    );
    let devices = loops_of(&[lab.dir().join("pool.img"), file]);
    let present = loops();
    let all = devices.iter().all(|device| present.contains(device));
    assert!(
        all || !lab.dir().join("pool.img").exists(),
        "{present:?} {devices:?}"
    );
    lab.destroy().unwrap();
    assert!(!busy.wait().unwrap().success());
    assert!(!fs::exists(&dir).unwrap());
    nothing_stays(&dir, &devices);
}

#[test]
fn destroy_leaves_nothing() {
    use_and_destroy(lab());
    if is_root() {
        use_and_destroy(lab_of_nobody());
    }
}

fn kill_daemon(lab: &Lab) {
    let daemon = lab.daemon().unwrap().to_string();
    good(&Command::new("kill").args(["-9", &daemon]).output().unwrap());
    for _ in 0..100 {
        if lab.daemon().is_none() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the daemon lives");
}

#[test]
fn a_killed_daemon_comes_back() {
    let lab = lab();
    lab.add_tree("work", &tree(lab.scratch())).unwrap();
    lab.start("work").unwrap();
    lab.admin(
        "admin.vm.Create.DispVM+qib-dvm",
        "dom0",
        "name=disp1 label=red",
    )
    .unwrap();
    lab.admin("admin.vm.property.Set+auto_cleanup", "disp1", "True")
        .unwrap();
    lab.admin("admin.vm.tag.Set+kept", "work", "").unwrap();
    lab.start("disp1").unwrap();
    kill_daemon(&lab);
    good(&in_qube(&lab, "sys-backup", "true"));
    good(&in_qube(&lab, "work", "true"));
    assert_eq!(lab.admin("admin.vm.tag.Get+kept", "work", "").unwrap(), "1");
    let list = lab.admin("admin.vm.List+", "dom0", "").unwrap();
    assert!(!list.contains("disp1"), "{list}");
}

#[test]
fn destroy_after_the_daemon_was_killed() {
    let lab = lab();
    let dir = lab.dir().display().to_string();
    let file = lab.dir().join("pool/left.img");
    good(
        &lab.exec(["truncate", "-s", "1M", file.to_str().unwrap()])
            .unwrap(),
    );
    good(
        &lab.exec(["losetup", "--find", "--show", file.to_str().unwrap()])
            .unwrap(),
    );
    let devices = loops_of(&[lab.dir().join("pool.img"), file]);
    kill_daemon(&lab);
    lab.destroy().unwrap();
    nothing_stays(&dir, &devices);
}

#[test]
fn dom0_passes_everything_through() {
    let lab = lab();
    assert_eq!(
        out(&lab.exec(["qib", "backup", "a b"]).unwrap()),
        "qib backup a b\n"
    );
    let all = lab
        .exec_with(["sh", "-c", "cat; echo problem >&2; exit 7"], b"input")
        .unwrap();
    assert_eq!(
        (out(&all), err(&all)),
        ("input".to_owned(), "problem\n".to_owned())
    );
    assert_eq!(all.status.code(), Some(7));
    let conf = out(&lab.exec(["cat", "/etc/qubes/qib.conf"]).unwrap());
    assert!(
        conf.contains("storage = sys-backup\n") && conf.contains("helper_template = qib-dvm\n")
    );
    good(
        &lab.exec(["sh", "-c", "echo ledger > /var/lib/qib/ledger"])
            .unwrap(),
    );
    assert_eq!(
        out(&lab.exec(["cat", "/var/lib/qib/ledger"]).unwrap()),
        "ledger\n"
    );
    assert!(!fs::exists("/var/lib/qib/ledger").unwrap());
    let missing = lab.exec(["no-such-command"]).unwrap();
    assert!(!missing.status.success() && err(&missing).contains("no-such-command"));
}

#[test]
fn create_refuses_what_cannot_work() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let refused = |dir: &str| {
        let output = Command::new(BINARY).args(["create", dir]).output().unwrap();
        assert!(!output.status.success());
        err(&output)
    };
    assert!(refused(folder.path().to_str().unwrap()).contains("is not empty"));
    assert!(refused("/tmp/with space").contains("may hold only"));
    assert!(refused("/run/lab").contains("under /run"));
}
