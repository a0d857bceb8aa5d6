//! The packages: made twice, they are the same bytes; and each is installed, run, upgraded and
//! removed in a fresh root.
//!
//! As root, with network for the root's own packages; without root only the first holds.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod fresh_root;
mod made;

use fresh_root::Root;
use made::{Made, cargo_version, read};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

/// What dom0 of Qubes 4.2 has, which is Fedora 37; all others have a newer one.
const OLDEST_GLIBC: (u32, u32) = (2, 36);

#[test]
fn a_version_is_the_same_wherever_it_is_written() {
    let version = read("version");
    assert_eq!(version.trim(), cargo_version());
    let changelog = read("debian/changelog");
    let newest = format!("qib ({}-{}) ", version.trim(), read("rel").trim());
    assert!(changelog.starts_with(&newest), "{newest}");
}

#[test]
fn packages_made_in_two_places_are_the_same_bytes() {
    let one = Made::packages();
    let other = Made::elsewhere();
    assert_eq!(one.names().len(), 5, "{:?}", one.names());
    assert_eq!(one.names(), other.names());
    for name in one.names() {
        assert!(one.bytes(&name) == other.bytes(&name), "{name} differs");
    }
}

#[test]
fn programs_run_with_the_oldest_glibc_that_they_will_find() {
    let made = Made::packages();
    for name in made.names().iter().filter(|name| name.ends_with(".rpm")) {
        let requires = made::said(
            Command::new("rpm")
                .args(["-qp", "--requires"])
                .arg(made.path(name)),
        );
        let versions = requires
            .lines()
            .filter_map(|line| line.split_once("(GLIBC_")?.1.split_once(')'));
        let versions: Vec<(u32, u32)> = versions
            .map(|(version, _)| {
                let mut numbers = version.split('.').map(|number| number.parse().unwrap());
                (numbers.next().unwrap(), numbers.next().unwrap())
            })
            .collect();
        let newest = versions.iter().max().unwrap();
        assert!(*newest <= OLDEST_GLIBC, "{name} needs glibc {newest:?}");
    }
}

#[test]
fn debs_are_installed_run_upgraded_and_removed() {
    let Some(root) = Root::fresh() else { return };
    let (made, newer) = (Made::packages(), Made::newer());
    let old = [
        "qib-helper_0.1.0-1_amd64.deb",
        "qib-storage_0.1.0-1_amd64.deb",
    ];
    let new = [
        "qib-helper_9.9.9-1_amd64.deb",
        "qib-storage_9.9.9-1_amd64.deb",
    ];

    root.dpkg(&["--install"], &[fresh_root::stand_in_for_qrexec(&root)]);
    root.dpkg(&["--install"], &old.map(|name| made.path(name)));
    let version = format!(" {}\n", cargo_version());
    assert!(
        root.run("/usr/lib/qib/qib-helper --version")
            .ends_with(&version)
    );
    assert!(
        root.run("/usr/lib/qib/qib-storage --help")
            .contains("--folder")
    );
    assert_eq!(
        root.link("etc/qubes-rpc/qib.Put"),
        Path::new("/run/qib/storage.sock")
    );
    let wanted = "etc/systemd/system/multi-user.target.wants/qib-storage.service";
    assert!(root.path(wanted).is_symlink());

    root.append("etc/qubes-rpc/qib.Backup", "# mine\n");
    root.append("rw/qib/object", "stored");
    root.dpkg(
        &["--force-confold", "--install"],
        &new.map(|name| newer.path(name)),
    );
    assert!(root.run("dpkg-query -W qib-helper").contains("9.9.9-1"));
    assert!(root.read("etc/qubes-rpc/qib.Backup").ends_with("# mine\n"));
    assert!(
        root.read("etc/qubes-rpc/qib.Restore")
            .ends_with("# newer\n")
    );

    root.dpkg(&["--remove", "qib-helper", "qib-storage"], &[]);
    assert!(!root.path("usr/lib/qib").exists());
    assert!(root.read("etc/qubes-rpc/qib.Backup").ends_with("# mine\n"));
    root.dpkg(&["--purge", "qib-helper", "qib-storage"], &[]);
    assert_eq!(root.list("etc/qubes-rpc"), Vec::<String>::new());
    assert!(!root.path(wanted).is_symlink());
    assert_eq!(root.read("rw/qib/object"), "stored");
}

/// Fedora's packages are not to be had here: the root is of Debian 12, whose glibc is that of
/// Fedora 37, and nothing is asked about what a package requires.
#[test]
fn the_rpm_for_dom0_is_installed_run_upgraded_and_removed() {
    let Some(root) = Root::fresh() else { return };
    let (made, newer) = (Made::packages(), Made::newer());
    root.append("etc/group", "qubes:x:98:\n");

    root.rpm(&["--install"], &[made.path("qib-dom0-0.1.0-1.x86_64.rpm")]);
    let version = format!("qib {}\n", cargo_version());
    assert_eq!(root.run("qib --version"), version);
    assert!(root.run("qib --help").contains("backup"));
    let policy = fs::metadata(root.path("etc/qubes/policy.d/10-qib.policy")).unwrap();
    assert_eq!(
        (policy.mode() & 0o7777, policy.uid(), policy.gid()),
        (0o664, 0, 98)
    );
    let state = fs::metadata(root.path("var/lib/qib")).unwrap();
    assert_eq!(state.mode() & 0o7777, 0o700);
    assert!(
        root.path("usr/lib/systemd/system/qib-backup.timer")
            .exists()
    );
    assert!(root.path("usr/share/man/man1/qib-backup.1").exists());

    root.append("etc/qubes/qib.conf", "# mine\n");
    root.append("var/lib/qib/ledger", "kept");
    root.rpm(&["--upgrade"], &[newer.path("qib-dom0-9.9.9-1.x86_64.rpm")]);
    assert!(root.rpm_query("qib-dom0").contains("9.9.9-1"));
    assert!(root.read("etc/qubes/qib.conf").ends_with("# mine\n"));
    assert!(
        root.read("etc/qubes/qib.conf.rpmnew")
            .ends_with("# newer\n")
    );

    root.rpm(&["--erase", "qib-dom0"], &[]);
    assert!(!root.path("usr/bin/qib").exists());
    assert!(!root.path("etc/qubes/policy.d/10-qib.policy").exists());
    assert!(
        root.read("etc/qubes/qib.conf.rpmsave")
            .ends_with("# mine\n")
    );
    assert_eq!(root.read("var/lib/qib/ledger"), "kept");
}

/// As with dom0's.
#[test]
fn the_rpms_for_qubes_are_installed_run_upgraded_and_removed() {
    let Some(root) = Root::fresh() else { return };
    let (made, newer) = (Made::packages(), Made::newer());
    let files = |version: &str, made: &Made| {
        ["qib-helper", "qib-storage"]
            .map(|name| made.path(&format!("{name}-{version}-1.x86_64.rpm")))
    };

    root.rpm(&["--install"], &files("0.1.0", made));
    let version = format!(" {}\n", cargo_version());
    assert!(
        root.run("/usr/lib/qib/qib-helper --version")
            .ends_with(&version)
    );
    assert!(
        root.run("/usr/lib/qib/qib-storage --help")
            .contains("--folder")
    );
    assert_eq!(
        root.link("etc/qubes-rpc/qib.Put"),
        Path::new("/run/qib/storage.sock")
    );

    root.append("etc/qubes-rpc/qib.Backup", "# mine\n");
    root.rpm(&["--upgrade"], &files("9.9.9", newer));
    assert!(root.rpm_query("qib-helper").contains("9.9.9-1"));
    assert!(root.read("etc/qubes-rpc/qib.Backup").ends_with("# mine\n"));
    assert!(
        root.read("etc/qubes-rpc/qib.Restore")
            .ends_with("# newer\n")
    );

    root.rpm(&["--erase", "qib-helper", "qib-storage"], &[]);
    assert!(!root.path("usr/lib/qib").exists());
    let left = ["qib.Backup.rpmnew", "qib.Backup.rpmsave"];
    assert_eq!(root.list("etc/qubes-rpc"), left);
}
