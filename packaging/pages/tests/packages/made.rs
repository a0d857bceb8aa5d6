//! Packages, made once in a test run for each purpose, from the programs as they ship.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// A folder of packages.
pub struct Made {
    folder: TempDir,
}

/// The version that every program says it is.
pub fn cargo_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A file of the project.
pub fn read(name: &str) -> String {
    fs::read_to_string(project().join(name)).unwrap()
}

/// Runs a command that has to go well.
pub fn succeed(command: &mut Command) {
    drop(said(command));
}

/// What a command that has to go well writes.
pub fn said(command: &mut Command) -> String {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {shown}");
    String::from_utf8(output.stdout).unwrap()
}

/// Copies what is in the repository, and nothing that was built.
fn copy_project(to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(project()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "target" && entry.file_name() != ".git" {
            succeed(Command::new("cp").arg("-a").arg(entry.path()).arg(to));
        }
    }
}

impl Made {
    /// This version's.
    pub fn packages() -> &'static Self {
        static MADE: OnceLock<Made> = OnceLock::new();
        MADE.get_or_init(|| Self::make("here", |_| (), &[]))
    }

    /// The same, made in another-place, by someone with other habits, in another year.
    pub fn elsewhere() -> Self {
        let touch = |place: &Path| {
            let mut touch = Command::new("find");
            touch.arg(place).args([
                "-exec",
                "touch",
                "--no-dereference",
                "--date=2001-01-01",
                "{}",
                "+",
            ]);
            succeed(&mut touch);
        };
        let habits = [
            ("TZ", "Asia/Tokyo"),
            ("LC_ALL", "C.UTF-8"),
            ("UMASK", "0027"),
        ];
        Self::make("a/very/other-place", touch, &habits)
    }

    /// A later version, in which two of the files that people may change have changed.
    pub fn newer() -> &'static Self {
        static MADE: OnceLock<Made> = OnceLock::new();
        let change = |place: &Path| {
            for name in [
                "policy/helper/qib.Restore",
                "policy/helper/qib.Backup",
                "packaging/qib.conf",
            ] {
                append(&place.join(name), "# newer\n");
            }
            fs::write(place.join("version"), "9.9.9\n").unwrap();
            let changelog = place.join("debian/changelog");
            let text = fs::read_to_string(&changelog).unwrap();
            fs::write(changelog, text.replace("(0.1.0-1)", "(9.9.9-1)")).unwrap();
        };
        MADE.get_or_init(|| Self::make("here", change, &[]))
    }

    fn make(place: &str, change: impl Fn(&Path), habits: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(place);
        copy_project(&place);
        change(&place);
        let pages = folder.path().join("pages");
        qib_pages::write_manual(&pages.join("man")).unwrap();
        qib_pages::write_completions(&pages.join("completions")).unwrap();
        let mut make = Command::new("sh");
        make.args(["-c", "umask ${UMASK:-0022}; exec make packages"]);
        make.current_dir(&place).envs(habits.iter().copied());
        make.env("PROGRAMS", programs()).env("PAGES", pages);
        make.env("BUILD", place.join("target/package"));
        succeed(make.env("OUT", folder.path().join("out")));
        Self { folder }
    }

    /// The names of the packages, sorted.
    pub fn names(&self) -> Vec<String> {
        let found = fs::read_dir(self.folder.path().join("out")).unwrap();
        let mut names: Vec<String> = found
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Where the package of this name lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("out").join(name)
    }

    /// A package.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }
}

/// Adds to a file, with what it lies in.
pub fn append(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let before = fs::read_to_string(path).unwrap_or_default();
    fs::write(path, before + text).unwrap();
}

/// The programs as the lab's tests have them: each built alone.
fn programs() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        for package in ["qib", "qib-helper", "qib-storage"] {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--release", "--quiet", "--locked", "-p", package]);
            succeed(cargo.arg("--target-dir").arg(target).current_dir(project()));
        }
        target.join("release")
    })
}
