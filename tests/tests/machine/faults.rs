//! What the tests of faults share.

use std::fs;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Machine, assert_same};

/// A machine with a small qube `work`.
pub fn machine() -> Machine {
    let machine = Machine::new();
    add(&machine, "work", 4);
    machine
}

/// Adds a qube with `megabytes` of bytes that do not compress.
pub fn add(machine: &Machine, name: &str, megabytes: usize) {
    let tree = machine.lab.scratch().join(format!("tree-{name}"));
    fs::create_dir_all(tree.join("home/user")).unwrap();
    for number in 0..megabytes {
        let mut state = u64::try_from(number).unwrap() * 7919 + 1;
        let byte = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            u8::try_from(state >> 56).unwrap()
        };
        let bytes: Vec<u8> = (0..1 << 20).map(byte).collect();
        fs::write(tree.join(format!("home/user/{number}")), bytes).unwrap();
    }
    machine.lab.add_tree(name, &tree).unwrap();
}

/// The next backup and a restore work, and nothing is left behind.
pub fn next_run_works(machine: &Machine) {
    machine.backup("work");
    machine.restore("work", &[], "work-proof");
    assert_same(&machine.tree("work"), &machine.tree("work-proof"));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

/// One message, or one for the qube and one at the end, with these words.
pub fn one_error(text: &str, words: &[&str]) {
    let errors = text
        .lines()
        .filter(|line| line.starts_with("qib: error: "))
        .count();
    assert!((1..=2).contains(&errors), "{text}");
    for word in words {
        assert!(text.contains(word), "no '{word}' in: {text}");
    }
}

/// Starts a backup of `work` that is still running when this returns.
pub fn backup_under_way(machine: &Machine) -> Child {
    let mut child = machine
        .lab
        .dom0(["qib", "backup", "work"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while machine.objects("pack-").is_empty() {
        assert!(
            Instant::now() < deadline && child.try_wait().unwrap().is_none(),
            "nothing was sent"
        );
        sleep(Duration::from_millis(5));
    }
    child
}
