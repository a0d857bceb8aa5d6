//! Every driver, in every state of a qube, on both releases, and a qib that is killed right after
//! one of its calls: the next run clears up, and nothing is left behind.
//!
//! The steps are the calls themselves, as the lab counts them in a run that ends well; the next
//! one of each is killed after. These tests take some of them, other ones in each lane; all of
//! them are taken, in many minutes, by
//! `cargo test -p qib-lab matrix -- --ignored`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::machine::faults::add;
use crate::machine::{BINARY, Machine, skipped_without_root};
use qib_lab::{Act, Driver, LabBuilder, Release};

const RELEASES: [Release; 2] = [Release::R4_2, Release::R4_3];

/// Of so many steps one is taken.
const SOME: u64 = 17;

/// What a qube is in. `Crashed`: halted, and what it wrote to is still there.
#[derive(Clone, Copy, Debug)]
enum State {
    Running,
    Halted,
    Crashed,
}

impl State {
    fn qube(self) -> &'static str {
        match self {
            Self::Running => "runs",
            Self::Halted => "halted",
            Self::Crashed => "crashed",
        }
    }

    /// What a backup says that it read.
    fn read(self) -> &'static str {
        match self {
            Self::Halted => "as it was left at its last shutdown",
            _ => "as it is now",
        }
    }
}

/// The states in which a driver can be read.
fn states(driver: Driver) -> &'static [State] {
    match driver {
        Driver::File => &[State::Halted],
        _ => &[State::Running, State::Halted, State::Crashed],
    }
}

struct Lane {
    machine: Machine,
    /// Which steps of all are taken: each `every`-th, beginning with this one.
    first: u64,
    every: u64,
}

impl Lane {
    fn new(driver: Driver, is_wrapped: bool, release: Release, every: u64) -> Self {
        let builder = LabBuilder::new(BINARY).driver(driver).release(release);
        let machine = Machine::before_init(if is_wrapped {
            builder.callback()
        } else {
            builder
        });
        machine.init();
        for state in [State::Running, State::Halted, State::Crashed] {
            add(&machine, state.qube(), 1);
        }
        machine.lab.start(State::Running.qube()).unwrap();
        crash(&machine, driver, State::Crashed.qube());
        let first = 1 + u64::from(release == Release::R4_3) * 5;
        Self {
            machine,
            first,
            every,
        }
    }

    /// The numbers of the steps to be killed after, of a command that was just run to its end.
    fn steps(&mut self) -> Vec<u64> {
        let calls = self.machine.lab.calls().unwrap();
        let ours = ["qubesd ", "dom0 ", "qrexec dom0 "];
        let is_ours = |call: &&String| ours.iter().any(|begin| call.starts_with(begin));
        let count = u64::try_from(calls.iter().filter(is_ours).count()).unwrap();
        assert!(count > 30, "{count} calls are too few for a run");
        let every = usize::try_from(self.every).unwrap();
        // Other steps the next time.
        let first = self.first % self.every + 1;
        self.first += 3;
        (first..=count).step_by(every).collect()
    }

    fn killed_after(&self, step: u64, words: &[&str]) {
        self.machine.lab.trap("", step, Act::Kill).unwrap();
        let output = self.machine.qib(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            None,
            "{words:?} lived on after {step}: {said}"
        );
    }

    /// The next run works, and clears up.
    fn is_cleared_up(&self, qube: &str, what: &str) {
        let output = self.machine.qib(&["backup", "--always", qube]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{what}: {said}");
        let left = self.machine.leftovers();
        assert_eq!(left, Vec::<String>::new(), "{what}");
    }

    fn backups(&mut self, state: State) {
        let qube = state.qube();
        self.machine.backup(qube);
        self.machine.lab.calls().unwrap();
        assert_eq!(self.machine.backup(qube)["state"], state.read());
        for step in self.steps() {
            self.killed_after(step, &["backup", "--always", qube]);
            let what = format!("killed after call {step} of a backup, {state:?}");
            self.is_cleared_up(qube, &what);
        }
    }

    fn restores(&mut self) {
        let qube = State::Halted.qube();
        let passphrase = self.machine.passphrase().display().to_string();
        let words = ["restore", qube, "--as", "again", "-p", &passphrase];
        self.machine.lab.calls().unwrap();
        self.machine.ok(&words);
        for step in self.steps() {
            self.remove_again();
            self.killed_after(step, &words);
            let what = format!("killed after call {step} of a restore");
            self.is_cleared_up(qube, &what);
        }
    }

    /// Removes a qube that was restored whole, or was not yet known as one under restore.
    fn remove_again(&self) {
        let qubes = self
            .machine
            .lab
            .admin("admin.vm.List+", "dom0", "")
            .unwrap();
        if qubes.lines().any(|line| line.starts_with("again ")) {
            self.machine
                .lab
                .admin("admin.vm.Remove+", "again", "")
                .unwrap();
        }
    }
}

/// Leaves a halted qube as a crash of the machine would.
fn crash(machine: &Machine, driver: Driver, qube: &str) {
    let clean = machine.lab.image(qube).unwrap();
    let copy = |name: String| {
        let mut cp = Command::new("cp");
        let made = cp.arg(&clean).arg(clean.with_file_name(name)).status();
        assert!(made.unwrap().success());
    };
    match driver {
        Driver::File => {}
        Driver::Reflink => copy("private-dirty.img".to_owned()),
        Driver::LvmThin => copy(format!("vm-{qube}-private-snap")),
        Driver::Zfs => {
            let group = zfs_pool(&machine.lab.dir().join("pool/qubes/zfs"));
            let folder = group.join("vms").join(qube);
            fs::create_dir_all(&folder).unwrap();
            File::create(folder.join("private.dirty")).unwrap();
        }
    }
}

fn zfs_pool(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut folders = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir());
    folders.next().unwrap()
}

fn matrix(driver: Driver, is_wrapped: bool, every: u64) {
    for release in RELEASES {
        let mut lane = Lane::new(driver, is_wrapped, release, every);
        for state in states(driver) {
            lane.backups(*state);
        }
        if driver == Driver::File {
            let (_, said) = lane.machine.fails(&["backup", State::Running.qube()]);
            assert!(said.contains("has no snapshots; shut it down"), "{said}");
        }
        lane.restores();
    }
}

#[test]
fn file_reflink_killed_after_some_steps() {
    if !skipped_without_root("file_reflink_killed_after_some_steps") {
        matrix(Driver::Reflink, false, SOME);
    }
}

#[test]
fn lvm_thin_killed_after_some_steps() {
    if !skipped_without_root("lvm_thin_killed_after_some_steps") {
        matrix(Driver::LvmThin, false, SOME);
    }
}

#[test]
fn zfs_killed_after_some_steps() {
    if !skipped_without_root("zfs_killed_after_some_steps") {
        matrix(Driver::Zfs, false, SOME);
    }
}

#[test]
fn file_killed_after_some_steps() {
    if !skipped_without_root("file_killed_after_some_steps") {
        matrix(Driver::File, false, SOME);
    }
}

#[test]
fn callback_killed_after_some_steps() {
    if !skipped_without_root("callback_killed_after_some_steps") {
        matrix(Driver::LvmThin, true, SOME);
    }
}

#[test]
#[ignore = "every step of every lane: many minutes"]
fn every_driver_killed_after_every_step() {
    if skipped_without_root("every_driver_killed_after_every_step") {
        return;
    }
    for driver in [Driver::Reflink, Driver::LvmThin, Driver::Zfs, Driver::File] {
        matrix(driver, false, 1);
    }
    matrix(Driver::LvmThin, true, 1);
}
