//! An interrupted backup goes on where it was: what a partial promised is not sent
//! again.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::machine::noise::noise;
use crate::machine::{Machine, assert_same, kill, process, skipped_without_root};

/// Size of the qube's files in MiB: enough for a partial before the end.
const MEBIBYTES: u64 = 700;

#[test]
fn a_partial_is_not_sent_again() {
    if skipped_without_root("a_partial_is_not_sent_again") {
        return;
    }
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    fs::create_dir_all(&tree).unwrap();
    for number in 0..MEBIBYTES / 10 {
        let mut file = fs::File::create(tree.join(format!("{number}"))).unwrap();
        for piece in 0..10 {
            file.write_all(&noise(1 << 20, number * 10 + piece))
                .unwrap();
        }
    }
    machine.lab.add_tree("work", &tree).unwrap();
    fs::remove_dir_all(&tree).unwrap();
    let child = machine
        .lab
        .dom0(["qib", "backup", "work"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while machine.objects("packs-").is_empty() {
        assert!(Instant::now() < deadline, "no partial");
        sleep(Duration::from_millis(10));
    }
    // Until dom0 has written it down.
    sleep(Duration::from_millis(500));
    kill(process(&machine, "qib").expect("it runs"));
    let output = child.wait_with_output().unwrap();
    assert!(
        !output.status.success(),
        "it ended before it could be killed"
    );
    let report = machine.backup("work");
    assert_eq!(report["snapshot"], 1);
    let new = report["counts"]["bytes_new"].as_u64().unwrap();
    assert!(
        new < (MEBIBYTES << 20) - (200 << 20),
        "{new} bytes were sent again"
    );
    machine.restore("work", &[], "again");
    assert_same(&machine.tree("work"), &machine.tree("again"));
}
