//! `qib-lab demo`: the main job from end to end, as a newcomer would see it.

mod change;
mod fill;

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, ensure};

use crate::compare::{self, Tree};
use crate::lab::{Lab, LabBuilder};

/// What the rules leave out of these qubes, apart from sockets: with a slash at the
/// end only what lies below.
const LEFT_OUT: &[&str] = &[
    "lost+found",
    "home/user/.cache/",
    "home/user/.local/share/Trash/",
    "home/user/project/target/objects",
    "home/user/project/socket",
];

/// One run.
struct Demo {
    lab: Lab,
    sources: tempfile::TempDir,
    passphrase: PathBuf,
    root: bool,
    /// The pool can copy the volume of a running qube.
    live: bool,
}

/// Runs the main job; fails on any difference.
pub(crate) fn main() -> Result<ExitCode> {
    let root = rustix::process::geteuid().is_root();
    say("a lab: a small Qubes machine in a temporary folder");
    let lab = LabBuilder::new(std::env::current_exe()?).create()?;
    let passphrase = lab.scratch().join("passphrase");
    std::fs::write(&passphrase, "a passphrase for the demo\n")?;
    let pool = lab.admin("admin.pool.Info+varlibqubes", "dom0", "")?;
    let live = pool.lines().any(|line| line == "driver=file-reflink");
    let demo = Demo {
        lab,
        sources: tempfile::tempdir()?,
        passphrase,
        root,
        live,
    };
    demo.say_what_is_less_real();
    demo.run()
}

impl Demo {
    fn say_what_is_less_real(&self) {
        if !self.live {
            let why = if self.root {
                "Neither mkfs.xfs nor mkfs.btrfs is here"
            } else {
                "Not root"
            };
            println!(
                "{why}, so there are no snapshots:\n\
                 the pool has the driver 'file', which takes halted qubes only, so the running\n\
                 qube is shut down first."
            );
        }
        if !self.root {
            println!(
                "Not root, so there are no loop devices and no mounts: a restored file system\n\
                 is made by 'mke2fs -d' from a folder, and compared in names, contents, modes\n\
                 and links."
            );
        }
    }

    fn run(&self) -> Result<ExitCode> {
        self.make_qubes()?;
        say("qib init");
        self.qib(&["init", "-p", self.passphrase()?])?;
        say("first backup of both qubes");
        self.qib(&["backup", "--all"])?;
        say("the user of 'work' edits, adds, removes and renames files, and changes a large one");
        let kept = self.tree("work")?;
        self.change()?;
        let changed = self.tree("work")?;
        say("second backup: only what has changed");
        self.qib(&["backup", "--all"])?;
        self.qib(&["snapshots"])?;
        say("restore of 'work' as 'work-restored', and of its first snapshot as 'work-before'");
        let passphrase = self.passphrase()?;
        self.qib(&["restore", "work", "--as", "work-restored", "-p", passphrase])?;
        let first = [
            "restore",
            "work",
            "--snapshot",
            "1",
            "--as",
            "work-before",
            "-p",
            passphrase,
        ];
        self.qib(&first)?;
        say("comparison with the source, by the kernel or stock tools");
        let same = self.compare(&changed, "work-restored")? & self.compare(&kept, "work-before")?;
        Ok(if same {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn make_qubes(&self) -> Result<()> {
        say("two qubes, 'work' and 'vault', filled with files of this machine");
        for (name, megabytes) in [("work", 160), ("vault", 40)] {
            let tree = self.source(name);
            fill::fill(&tree, megabytes)?;
            self.lab.add_tree(name, &tree)?;
        }
        self.lab.start("work")?;
        if self.live {
            println!("'work' is running, 'vault' is halted");
        } else {
            self.lab.stop("work")?;
            println!("'work' was running and is shut down now");
        }
        Ok(())
    }

    /// As root in the qube's own file system; else in the folder that it is made from.
    fn change(&self) -> Result<()> {
        let image = self.lab.image("work")?;
        if self.root {
            change::change(compare::Mounted::writable(&image)?.path(), true)
        } else {
            change::change(&self.source("work"), false)?;
            change::make_again(&image, &self.source("work"))
        }
    }

    fn tree(&self, qube: &str) -> Result<Tree> {
        let tree = compare::read_image(&self.lab.image(qube)?)?;
        Ok(compare::without(tree, LEFT_OUT))
    }

    fn compare(&self, expected: &Tree, qube: &str) -> Result<bool> {
        let found = self.tree(qube)?;
        let differences = compare::differences(expected, &found);
        for line in differences.iter().take(20) {
            println!("{qube}: {line}");
        }
        if differences.is_empty() {
            let how = if self.root {
                "names, contents, modes, owners, times, attributes, links, holes"
            } else {
                "names, contents, modes, links"
            };
            println!(
                "{qube}: restored tree is identical ({} entries: {how})",
                found.len()
            );
        } else {
            println!("{qube}: {} differences", differences.len());
        }
        Ok(differences.is_empty() && !found.is_empty())
    }

    fn qib(&self, arguments: &[&str]) -> Result<()> {
        println!("$ qib {}", arguments.join(" "));
        let words = ["qib"].into_iter().chain(arguments.iter().copied());
        let status = self.lab.dom0(words).stdin(Stdio::null()).status()?;
        ensure!(status.success(), "qib {}: {status}", arguments.join(" "));
        Ok(())
    }

    fn source(&self, qube: &str) -> PathBuf {
        self.sources.path().join(qube)
    }

    fn passphrase(&self) -> Result<&str> {
        Path::to_str(&self.passphrase).context("the temporary folder's name is not UTF-8")
    }
}

fn say(what: &str) {
    println!("\n== {what}");
}
