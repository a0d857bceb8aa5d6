//! `qib browse`: snapshots as folders in a disposable, while backups go on.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::machine::{Machine, assert_same, kill, process, process_with, skipped_without_root};
use qib_lab::compare::{self, Mounted, Tree};

const PATIENCE: Duration = Duration::from_secs(60);

/// A machine with two snapshots of `work`, and the tree of the first.
fn machine() -> (Machine, Tree) {
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    let user = tree.join("home/user");
    fs::create_dir_all(user.join("Documents/über")).unwrap();
    fs::write(user.join("Documents/a.txt"), "a\n".repeat(1000)).unwrap();
    fs::write(user.join("Documents/über/ein Name\n mit Zeilen"), "b").unwrap();
    fs::write(user.join("Documents/big"), vec![7; 5_000_000]).unwrap();
    machine.lab.add_tree("work", &tree).unwrap();
    machine.backup("work");
    let before = machine.tree("work");
    let image = machine.lab.image("work").unwrap();
    let mounted = Mounted::writable(&image).unwrap();
    let user = mounted.path().join("home/user");
    fs::remove_file(user.join("Documents/big")).unwrap();
    fs::write(user.join("new"), "new").unwrap();
    drop(mounted);
    machine.backup("work");
    (machine, before)
}

/// `qib browse`, once the snapshots are there.
struct Browse {
    qib: Child,
    /// The folder of the snapshots, from outside.
    shown: PathBuf,
}

impl Browse {
    fn start(machine: &Machine, words: &[&str]) -> Self {
        Self::start_as(machine, "browse", words)
    }

    /// `qib browse` or `qib find`.
    fn start_as(machine: &Machine, command: &str, words: &[&str]) -> Self {
        let passphrase = machine.passphrase();
        let fixed = ["qib", command, "work", "-p", passphrase.to_str().unwrap()];
        let mut command = machine.lab.dom0([&fixed, words].concat());
        let mut qib = command.stderr(Stdio::piped()).spawn().unwrap();
        let began = Instant::now();
        loop {
            let helper = process_with(machine, "qib-helper", "browse");
            let root = helper.map(|helper| PathBuf::from(format!("/proc/{helper}/root")));
            let folder = root.map(|root| root.join("run/qib"));
            if let Some(folder) = folder.filter(|folder| folder.join("window").exists()) {
                let shown = folder.join("snapshots");
                return Self { qib, shown };
            }
            if let Some(status) = qib.try_wait().unwrap() {
                panic!("{status}: {}", said(&mut qib));
            }
            assert!(began.elapsed() < PATIENCE, "no window opens");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn window(&self) -> String {
        fs::read_to_string(self.shown.with_file_name("window")).unwrap()
    }

    /// What stands below the snapshot at this place.
    fn tree(&self, place: usize) -> Tree {
        let mut folders: Vec<_> = fs::read_dir(&self.shown)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.sort();
        as_shown(compare::read_folder(&folders[place]).unwrap())
    }

    /// What it said, and how it ended.
    fn ended(mut self) -> (String, ExitStatus) {
        let said = said(&mut self.qib);
        (said, self.qib.wait().unwrap())
    }
}

fn said(qib: &mut Child) -> String {
    let mut said = String::new();
    let error = qib.stderr.as_mut().unwrap();
    error.read_to_string(&mut said).unwrap();
    said
}

/// A folder of a snapshot has no times of its own, and shows no holes.
fn as_shown(tree: Tree) -> Tree {
    let mut tree = compare::without(tree, &["lost+found"]);
    tree.remove(&b""[..]);
    for more in tree.values_mut().filter_map(|node| node.more.as_mut()) {
        more.data.clear();
    }
    tree
}

fn interrupt(machine: &Machine) {
    let qib = process(machine, "qib").unwrap().to_string();
    let status = Command::new("kill").args(["-INT", &qib]).status();
    assert!(status.unwrap().success());
}

fn on_show(machine: &Machine) -> usize {
    let folder = machine.state().join("on-show");
    fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
fn every_snapshot_is_a_folder_and_backups_go_on() {
    if skipped_without_root("every_snapshot_is_a_folder_and_backups_go_on") {
        return;
    }
    let (machine, first) = machine();
    let browse = Browse::start(&machine, &[]);
    assert_eq!(browse.window(), "xdg-open . in /run/qib/snapshots");
    assert_same(&as_shown(first), &browse.tree(0));
    assert_same(&as_shown(machine.tree("work")), &browse.tree(1));
    machine.backup("work");
    assert_same(&as_shown(machine.tree("work")), &browse.tree(1));
    interrupt(&machine);
    let (said, status) = browse.ended();
    assert!(status.success(), "{said}");
    assert!(said.contains("2 snapshots in disp-qib-"), "{said}");
    assert!(!said.contains('\x1b'), "a qube's words reach the terminal");
    assert_eq!((machine.leftovers(), on_show(&machine)), (Vec::new(), 0));
}

#[test]
fn one_snapshot_in_a_terminal_until_the_disposable_is_shut_down() {
    if skipped_without_root("one_snapshot_in_a_terminal") {
        return;
    }
    let (machine, first) = machine();
    let browse = Browse::start(&machine, &["--snapshot", "1", "--terminal"]);
    assert!(browse.window().starts_with("qubes-run-terminal "));
    assert_eq!(fs::read_dir(&browse.shown).unwrap().count(), 1);
    assert_same(&as_shown(first), &browse.tree(0));
    kill(process_with(&machine, "qib-helper", "browse").unwrap());
    let (said, status) = browse.ended();
    assert!(status.success(), "{said}");
    assert_eq!((machine.leftovers(), on_show(&machine)), (Vec::new(), 0));
}

#[test]
fn what_is_found_is_told_in_the_disposable_and_not_in_dom0() {
    if skipped_without_root("what_is_found_is_told_in_the_disposable") {
        return;
    }
    let (machine, _) = machine();
    let browse = Browse::start_as(&machine, "find", &["big", "new"]);
    assert_eq!(browse.window(), "xdg-open found.txt in /run/qib/snapshots");
    let text = fs::read_to_string(browse.shown.join("found.txt")).unwrap();
    let found: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.contains("home/"))
        .map(|line| line.split_whitespace().collect())
        .collect();
    let [big, new] = found.as_slice() else {
        panic!("{text}");
    };
    assert!(big[0].ends_with("_1") && big[1].ends_with("_1"), "{text}");
    assert!(new[0].ends_with("_2") && new[1].ends_with("_2"), "{text}");
    assert_eq!((big[2], big[5]), ("5000000", "home/user/Documents/big"));
    assert_eq!((new[2], new[5]), ("3", "home/user/new"));
    interrupt(&machine);
    let (said, status) = browse.ended();
    assert!(status.success(), "{said}");
    assert!(said.contains("/run/qib/snapshots/found.txt"), "{said}");
    assert!(!said.contains("home/user"), "a name reaches dom0: {said}");
    let (code, said) = machine.fails(&["find", "work", "a["]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("there are no classes"), "{said}");
}

#[test]
fn a_browse_that_was_killed_is_cleared_up_by_the_next_run() {
    if skipped_without_root("a_browse_that_was_killed") {
        return;
    }
    let (machine, _) = machine();
    let browse = Browse::start(&machine, &[]);
    kill(process(&machine, "qib").unwrap());
    assert!(!browse.ended().1.success());
    assert_eq!(on_show(&machine), 1);
    machine.backup("work");
    assert_eq!((machine.leftovers(), on_show(&machine)), (Vec::new(), 0));
}

#[test]
fn what_can_not_be_shown_is_said_before_the_passphrase() {
    if skipped_without_root("what_can_not_be_shown") {
        return;
    }
    let (machine, _) = machine();
    for (words, why) in [
        (&["browse", "nobody"][..], "nobody was never backed up"),
        (
            &["browse", "work", "--snapshot", "9"],
            "work has no such snapshot",
        ),
    ] {
        let (code, said) = machine.fails(words);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(why), "{said}");
    }
}
