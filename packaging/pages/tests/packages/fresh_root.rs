//! A small Debian in a folder, to install packages in.

use crate::made::{self, said, succeed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// A root that only one test has.
pub struct Root {
    folder: TempDir,
}

/// Made once in a test run, and copied.
fn first() -> &'static Path {
    static FIRST: OnceLock<TempDir> = OnceLock::new();
    let made = FIRST.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut debian = Command::new("mmdebstrap");
        debian.args(["--quiet", "--mode=root", "--variant=essential", "bookworm"]);
        succeed(debian.arg(folder.path().join("root")));
        folder
    });
    made.path()
}

/// The package with this name that Qubes has, and Debian has not: it is empty.
pub fn stand_in_for_qrexec(root: &Root) -> PathBuf {
    let name = "qubes-core-agent-qrexec";
    let text = format!(
        "Package: {name}\nVersion: 4.2\nArchitecture: all\nMaintainer: nobody\nDescription: empty\n"
    );
    let tree = root.folder.path().join("empty");
    made::append(&tree.join("DEBIAN/control"), &text);
    let deb = root.folder.path().join("empty.deb");
    succeed(
        Command::new("dpkg-deb")
            .args(["--root-owner-group", "--build"])
            .arg(tree)
            .arg(&deb),
    );
    deb
}

impl Root {
    /// A fresh one; none, after saying so, without root.
    pub fn fresh() -> Option<Self> {
        if fs::metadata("/proc/self")
            .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) != 0)
        {
            println!("skipped: installing needs root");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut copy = Command::new("cp");
        copy.args(["-a", "--reflink=auto"])
            .arg(first().join("root"));
        succeed(copy.arg(folder.path()));
        Some(Self { folder })
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("root").join(name)
    }

    /// A file in it.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// What a link in it says.
    pub fn link(&self, name: &str) -> PathBuf {
        fs::read_link(self.path(name)).unwrap()
    }

    /// The sorted names in a folder; none when there is no folder.
    pub fn list(&self, name: &str) -> Vec<String> {
        let Ok(found) = fs::read_dir(self.path(name)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = found
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Adds to a file in it.
    pub fn append(&self, name: &str, text: &str) {
        made::append(&self.path(name), text);
    }

    /// Runs a command in it.
    pub fn run(&self, command: &str) -> String {
        let mut chroot = Command::new("chroot");
        chroot.arg(self.path("")).args(["/bin/sh", "-c", command]);
        said(chroot.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"))
    }

    /// Runs dpkg in it, on these packages from outside.
    pub fn dpkg(&self, words: &[&str], packages: &[PathBuf]) {
        for package in packages {
            let name = package.file_name().unwrap();
            fs::copy(package, self.path("tmp").join(name)).unwrap();
        }
        let names = packages
            .iter()
            .map(|path| format!("/tmp/{}", path.file_name().unwrap().display()));
        let words = words.iter().map(|word| (*word).to_owned()).chain(names);
        self.run(&format!("dpkg {}", words.collect::<Vec<_>>().join(" ")));
    }

    /// Runs rpm on it; what the packages require is not asked for.
    pub fn rpm(&self, words: &[&str], packages: &[PathBuf]) {
        let mut rpm = Command::new("rpm");
        rpm.arg("--root").arg(self.path("")).arg("--nodeps");
        succeed(rpm.args(words).args(packages));
    }

    /// What rpm says of an installed package.
    pub fn rpm_query(&self, name: &str) -> String {
        said(
            Command::new("rpm")
                .arg("--root")
                .arg(self.path(""))
                .args(["--query", name]),
        )
    }
}
