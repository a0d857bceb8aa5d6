//! What the tests of the whole system share: a lab with the programs that ship, set up.

pub mod faults;
pub mod noise;
pub mod screen;
pub mod storages;
pub mod terminal;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use qib_lab::compare::{self, Tree};
use qib_lab::tool;
use qib_lab::{Lab, LabBuilder};
use serde_json::Value;

pub const BINARY: &str = env!("CARGO_BIN_EXE_qib-lab");

/// A lab in which `qib init` was run.
pub struct Machine {
    pub lab: Lab,
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// True, after saying so, when a test can not run because it needs root.
pub fn skipped_without_root(test: &str) -> bool {
    if !is_root() {
        println!("skipped: {test} needs root");
    }
    !is_root()
}

/// The folder of the shipped programs, each built alone, as it ships.
pub fn programs() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        for package in ["qib", "qib-helper", "qib-storage"] {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--release", "--quiet", "--locked", "-p", package]);
            let status = cargo.arg("--target-dir").arg(target).status().unwrap();
            assert!(status.success(), "building {package}");
        }
        target.join("release")
    })
}

impl Machine {
    pub fn new() -> Self {
        let machine = Self::before_init(LabBuilder::new(BINARY));
        machine.init();
        machine
    }

    /// The lab of an ordinary user, made by root.
    pub fn of_nobody() -> Self {
        let words = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--",
        ];
        let machine = Self::before_init(LabBuilder::new(BINARY).prefix(words));
        machine.init();
        machine
    }

    pub fn before_init(builder: LabBuilder) -> Self {
        let lab = builder.programs(programs()).create().unwrap();
        let machine = Self { lab };
        fs::write(machine.passphrase(), "correct horse battery staple\n").unwrap();
        fs::set_permissions(machine.passphrase(), fs::Permissions::from_mode(0o644)).unwrap();
        machine
    }

    pub fn init(&self) {
        self.ok(&["init", "-p", self.passphrase().to_str().unwrap()]);
    }

    pub fn passphrase(&self) -> PathBuf {
        self.lab.scratch().join("passphrase")
    }

    pub fn qib(&self, arguments: &[&str]) -> Output {
        let words = ["qib"].into_iter().chain(arguments.iter().copied());
        self.lab.exec(words).unwrap()
    }

    /// What `qib` prints when it succeeds.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.qib(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "qib {arguments:?}: {} {error}",
            output.status
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Exit code and message of a failure.
    pub fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.qib(arguments);
        assert!(!output.status.success(), "qib {arguments:?} succeeded");
        let error = String::from_utf8(output.stderr).unwrap();
        (output.status.code().expect("killed"), error)
    }

    /// A backup of one qube that succeeds, even if nothing changed: its part of the report.
    pub fn backup(&self, qube: &str) -> Value {
        let said = self.ok(&["backup", "--always", "--json", qube]);
        let report: Value = serde_json::from_str(&said).unwrap();
        report["qubes"][0].clone()
    }

    pub fn restore(&self, qube: &str, arguments: &[&str], target: &str) {
        let passphrase = self.passphrase();
        let fixed = [
            "restore",
            qube,
            "--as",
            target,
            "-p",
            passphrase.to_str().unwrap(),
        ];
        self.ok(&[&fixed, arguments].concat());
    }

    /// The tree of a qube's private volume, without `lost+found`.
    pub fn tree(&self, qube: &str) -> Tree {
        let tree = compare::read_image(&self.lab.image(qube).unwrap()).unwrap();
        compare::without(tree, &["lost+found"])
    }

    /// Gives this machine a copy of the other's storage disk, as one carries a disk over.
    pub fn take_disk_of(&self, other: &Self) {
        self.lab.stop("sys-backup").unwrap();
        fs::remove_dir_all(self.storage()).unwrap_or_default();
        let mut copy = Command::new("cp");
        copy.arg("--archive")
            .arg(other.storage())
            .arg(self.storage());
        assert!(copy.status().unwrap().success());
        self.lab.start("sys-backup").unwrap();
    }

    /// Empties dom0's `/var/lib/qib`, as a reinstalled dom0 has it.
    pub fn lose_state(&self) {
        for entry in fs::read_dir(self.state()).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
    }

    /// Files of dom0's `/var/lib/qib` that hold what it knows, with their contents.
    pub fn known_files(&self) -> Vec<(String, Vec<u8>)> {
        let names = ["ledger", "recovery-kit.age", "secret"];
        let read = |name: &str| Some((name.to_owned(), fs::read(self.state().join(name)).ok()?));
        names.into_iter().filter_map(read).collect()
    }

    /// Where the storage qube keeps objects.
    pub fn storage(&self) -> PathBuf {
        self.lab.dir().join("disks/sys-backup/qib")
    }

    /// Objects whose names start so, such as `pack-`, in the order of their names.
    pub fn objects(&self, start: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        find(&self.storage(), start, &mut found);
        found.sort();
        found
    }

    /// Bytes of everything stored.
    pub fn stored_bytes(&self) -> u64 {
        let mut found = Vec::new();
        find(&self.storage(), "", &mut found);
        found
            .iter()
            .map(|path| fs::metadata(path).unwrap().len())
            .sum()
    }

    /// dom0's `/var/lib/qib`.
    pub fn state(&self) -> PathBuf {
        self.lab.dir().join("dom0/lib/qib")
    }

    /// Helpers, snapshots, loops and guards that are still there.
    pub fn leftovers(&self) -> Vec<String> {
        let qubes = self.lab.admin("admin.vm.List+", "dom0", "").unwrap();
        let helpers = qubes.lines().filter(|line| line.starts_with("disp-qib-"));
        let mut found: Vec<String> = helpers.map(str::to_owned).collect();
        let output = self.lab.exec(["losetup", "-l"]).unwrap();
        let loops = String::from_utf8_lossy(&output.stdout).into_owned();
        let ours = self.lab.dir().to_str().unwrap().to_owned();
        found.extend(
            loops
                .lines()
                .filter(|line| line.contains(&ours) && !line.contains("/pool.img"))
                .map(str::to_owned),
        );
        let volumes = fs::read_dir(self.lab.dir().join("pool/qubes/lv"));
        let names = volumes.into_iter().flatten().flatten();
        let names = names.map(|entry| entry.file_name().display().to_string());
        found.extend(names.filter(|name| name.starts_with("vm-qib.")));
        found.extend(self.leftovers_in_pool());
        let state = fs::read(self.lab.dir().join("state.json")).unwrap();
        let state: Value = serde_json::from_slice(&state).unwrap();
        for (name, qube) in state["qubes"].as_object().unwrap() {
            let tags = qube["tags"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str);
            let mut ours = tags.filter(|tag| TAGS_OF_A_RUN.contains(tag));
            found.extend(ours.next().map(|tag| format!("tag {tag} of {name}")));
        }
        if process_with(self, "qrexec-client", "qib.").is_some() {
            found.push("a call, and with it perhaps a permit".to_owned());
        }
        if self.state().join("undo").exists() {
            found.push("undo journal".to_owned());
        }
        found
    }
}

/// What qubes have only while qib works on them.
const TAGS_OF_A_RUN: [&str; 3] = ["qib-helper", "qib-confined", "backup-restore-in-progress"];

impl Machine {
    /// Clones, snapshots and imports among the files of the pool.
    fn leftovers_in_pool(&self) -> Vec<String> {
        let mut files = Vec::new();
        find(&self.lab.dir().join("pool"), "", &mut files);
        find(&self.state().join("snapshots"), "", &mut files);
        let ours = [
            "/.qib-",
            "@qib-",
            "/.importing/",
            "/snapshots/",
            "/qib-snapshots/",
        ];
        let is_import = |path: &str| path.ends_with("-import") || path.ends_with("-import.img");
        let is_left =
            |path: &String| ours.iter().any(|name| path.contains(name)) || is_import(path);
        let text = files.iter().map(|path| path.display().to_string());
        text.filter(is_left).collect()
    }
}

/// Makes files of an image as old as 2020: nothing about them is racy then. The
/// kernel lets nobody set a ctime.
pub fn age(image: &Path, inodes: impl IntoIterator<Item = u64>) {
    let script = image.with_extension("age");
    let field = |inode, field| format!("set_inode_field <{inode}> {field} @1600000000\n");
    let both = |inode| [field(inode, "mtime"), field(inode, "ctime")];
    let lines = inodes.into_iter().flat_map(both);
    fs::write(&script, lines.collect::<String>()).unwrap();
    let mut debugfs = tool("debugfs");
    let output = debugfs
        .arg("-w")
        .arg("-f")
        .arg(&script)
        .arg(image)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The number of a process in the lab, by its program.
pub fn process(machine: &Machine, program: &str) -> Option<i32> {
    process_with(machine, program, "")
}

/// The same, by its program and something in its arguments.
pub fn process_with(machine: &Machine, program: &str, argument: &str) -> Option<i32> {
    let ours = fs::canonicalize(machine.lab.dir()).unwrap();
    let is_it = |folder: &Path| -> Option<bool> {
        let line = String::from_utf8_lossy(&fs::read(folder.join("cmdline")).ok()?).into_owned();
        let mut words = line.split('\0');
        // First what is cheap: a process that is looked for may not live for long.
        if !Path::new(words.next()?).ends_with(program) || !line.contains(argument) {
            return None;
        }
        let mounts = fs::read_to_string(folder.join("mountinfo")).ok()?;
        // Other labs see our folders too; only our machines have them mounted.
        let roots = mounts.lines().filter_map(|line| line.split(' ').nth(3));
        let mut in_ours = roots.filter(|root| Path::new(root).starts_with(&ours));
        Some(in_ours.any(|root| Path::new(root) != ours))
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbered = processes
        .filter_map(|entry| Some((entry.path(), entry.file_name().to_str()?.parse().ok()?)));
    let mut found = numbered.filter(|(folder, _)| is_it(folder) == Some(true));
    found.next().map(|(_, number)| number)
}

/// Ends a process as a crash would.
pub fn kill(process: i32) {
    let status = Command::new("kill")
        .args(["-9", &process.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Asserts that two trees are the same.
pub fn assert_same(expected: &Tree, found: &Tree) {
    let differences = compare::differences(expected, found);
    let first: Vec<_> = differences.iter().take(20).collect();
    assert!(
        differences.is_empty(),
        "{} differences: {first:#?}",
        differences.len()
    );
    assert!(found.len() > 1, "an empty tree proves nothing");
}

/// Makes an ext4 image of `megabytes` from a folder.
pub fn image(folder: &Path, megabytes: u64, image: &Path) {
    let mut command = tool("mke2fs");
    command
        .args(["-q", "-F", "-t", "ext4", "-m", "0", "-d"])
        .arg(folder)
        .arg(image);
    let output = command.arg(format!("{megabytes}M")).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn find(folder: &Path, prefix: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, prefix, found);
        } else if entry.file_name().to_string_lossy().starts_with(prefix) {
            found.push(path);
        }
    }
}
