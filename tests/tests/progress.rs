//! Progress of several qubes: lines that move at a terminal, plain ones elsewhere.

use std::collections::BTreeSet;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::machine::faults::add;
use crate::machine::screen::Terminal;
use crate::machine::{Machine, process, skipped_without_root};

const NAMES: [&str; 3] = ["bank", "mail", "work"];
const WORDS: [&str; 7] = ["qib", "backup", "--jobs", "2", "bank", "mail", "work"];
const A_MOMENT: Duration = Duration::from_millis(300);

/// A machine with three qubes, whose keys are there.
fn machine() -> Machine {
    let machine = Machine::new();
    for name in NAMES {
        add(&machine, name, 200);
    }
    machine.ok(&["backup", "--dry-run", "bank", "mail", "work"]);
    machine
}

fn signal(machine: &Machine, program: &str, signal: &str) {
    let number = process(machine, program).expect("it runs").to_string();
    let status = Command::new("kill").args([signal, &number]).status();
    assert!(status.unwrap().success());
}

/// The lines that move: a qube, and how far it is.
fn moving(lines: &[String]) -> Vec<&str> {
    let moves =
        |line: &&str| NAMES.iter().any(|name| line.starts_with(name)) && line.contains(" %");
    lines.iter().map(String::as_str).filter(moves).collect()
}

/// All that is on a screen, wherever lines are broken.
fn letters(lines: &[String]) -> String {
    lines.concat().replace(' ', "")
}

/// Listens until two lines move that all have this, and no more than two.
fn two_move(terminal: &mut Terminal, child: &mut Child, has: &str) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        terminal.listen(Duration::from_millis(5));
        let lines = terminal.lines();
        let moving = moving(&lines);
        let names: BTreeSet<&str> = moving.iter().map(|line| &line[..4]).collect();
        assert_eq!(names.len(), moving.len(), "an old line stayed: {lines:#?}");
        if moving.len() == 2 && moving.iter().all(|line| line.contains(has)) {
            return moving.into_iter().map(str::to_owned).collect();
        }
        let runs = Instant::now() < deadline && child.try_wait().unwrap().is_none();
        assert!(runs, "no two lines with '{has}': {lines:#?}");
    }
}

/// Starts a backup, and halts its storage for so long that it is known what the rest takes.
fn halted(machine: &Machine, columns: u16) -> (Terminal, Child) {
    let (mut terminal, mut child) = Terminal::start(&mut machine.lab.dom0(WORDS), columns);
    two_move(&mut terminal, &mut child, " %");
    signal(machine, "qib-storage", "-STOP");
    std::thread::sleep(Duration::from_millis(3500));
    (terminal, child)
}

/// Listens to the end: what is on the screen then is what stays.
fn ends(machine: &Machine, mut terminal: Terminal, mut child: Child) -> Vec<String> {
    while terminal.listen(A_MOMENT) {}
    assert!(child.wait().unwrap().success(), "{}", terminal.raw);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    terminal.lines()
}

#[test]
fn each_qube_has_a_line_with_the_time_that_is_left_below_what_stays() {
    if skipped_without_root("each_qube_has_a_line_with_the_time_that_is_left_below_what_stays") {
        return;
    }
    let machine = machine();
    let (mut terminal, mut child) = halted(&machine, 100);
    signal(&machine, "qib-storage", "-CONT");
    let lines = two_move(&mut terminal, &mut child, " left  ");
    assert!(
        lines.iter().all(|line| line.contains(" of file data, ")),
        "{lines:#?}"
    );
    let lines = ends(&machine, terminal, child);
    assert_eq!(moving(&lines), Vec::<&str>::new(), "{lines:#?}");
    let with = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
    for name in NAMES {
        assert_eq!(with(&format!("{name}: snapshot 1 of ")), 1, "{lines:#?}");
        assert_eq!(with(&format!("{name}: starting a helper")), 1, "{lines:#?}");
    }
    let last = lines.iter().rfind(|line| !line.is_empty()).unwrap();
    assert!(last.starts_with("receipt "), "{lines:#?}");
}

#[test]
fn a_narrow_terminal_breaks_no_line_and_one_that_becomes_narrow_loses_none() {
    let test = "a_narrow_terminal_breaks_no_line_and_one_that_becomes_narrow_loses_none";
    if skipped_without_root(test) {
        return;
    }
    let machine = machine();
    let (mut terminal, mut child) = halted(&machine, 80);
    signal(&machine, "qib", "-STOP");
    terminal.listen(A_MOMENT);
    let before = letters(&terminal.lines());
    terminal.resize(24);
    assert_eq!(letters(&terminal.lines()), before);
    signal(&machine, "qib", "-CONT");
    signal(&machine, "qib-storage", "-CONT");
    // The lines from before stay, as nobody knows where they are now.
    let deadline = Instant::now() + Duration::from_secs(60);
    while moving(&terminal.lines()).len() < 4 {
        terminal.listen(Duration::from_millis(5));
        let runs = Instant::now() < deadline && child.try_wait().unwrap().is_none();
        assert!(runs, "{:#?}", terminal.lines());
    }
    let lines = ends(&machine, terminal, child);
    assert!(letters(&lines).starts_with(&before), "{lines:#?}");
    assert_eq!(moving(&lines).len(), 2, "{lines:#?}");
}

#[test]
fn elsewhere_there_are_plain_lines() {
    let machine = machine();
    let output = machine.lab.exec(WORDS).unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains(['\r', '\x1b']), "{said}");
    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
    let names: BTreeSet<&str> = moving(&lines).iter().map(|line| &line[..4]).collect();
    assert_eq!(names, BTreeSet::from(NAMES), "{said}");
    let begins = |line: &String| {
        NAMES
            .iter()
            .any(|name| line.starts_with(&format!("{name}: ")))
    };
    assert!(lines.iter().all(begins), "{said}");
}
