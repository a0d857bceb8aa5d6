//! Many files: what a run costs in bytes and in memory.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::machine::{Machine, age, assert_same, process, skipped_without_root};
use qib_lab::compare::Mounted;
use qib_lab::tool;

/// An empty ext4 image, filled through the kernel.
fn filled(machine: &Machine, gibibytes: u64, fill: impl FnOnce(&Path)) -> PathBuf {
    let image = machine.lab.scratch().join("many.img");
    File::create(&image)
        .unwrap()
        .set_len(gibibytes << 30)
        .unwrap();
    let mut command = tool("mkfs.ext4");
    let command = command
        .args([
            "-q",
            "-m",
            "0",
            "-b",
            "1024",
            "-i",
            "2048",
            "-O",
            "large_dir",
        ])
        .arg(&image);
    assert!(command.status().unwrap().success());
    fill(Mounted::writable(&image).unwrap().path());
    image
}

/// The most memory that `qib-helper` had while `work` ran, in KiB.
fn with_peak<T>(machine: &Machine, work: impl FnOnce() -> T) -> (T, u64) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut peak = 0;
            while !done.load(Ordering::Relaxed) {
                if let Some(kib) = process(machine, "qib-helper").and_then(peak_kib) {
                    peak = peak.max(kib);
                }
                thread::sleep(Duration::from_millis(50));
            }
            peak
        });
        let ended = Ended(&done);
        let result = work();
        drop(ended);
        (result, watcher.join().unwrap())
    })
}

/// Ends the watcher also when the work panics.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn peak_kib(process: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[test]
fn a_quarter_million_unchanged_files_send_under_one_percent() {
    if skipped_without_root("a_quarter_million_unchanged_files_send_under_one_percent") {
        return;
    }
    let machine = Machine::new();
    let mut inodes = Vec::new();
    let image = filled(&machine, 2, |root| {
        for folder in 0..500 {
            let path = root.join(format!("home/{folder}"));
            fs::create_dir_all(&path).unwrap();
            for file in 0..500 {
                let text = format!("file {file} of folder {folder}\n").repeat(1 + file % 60);
                let mut made = File::create(path.join(format!("{file}.txt"))).unwrap();
                made.write_all(text.as_bytes()).unwrap();
                inodes.push(made.metadata().unwrap().ino());
            }
        }
    });
    age(&image, inodes);
    machine.lab.add_image("work", &image, false).unwrap();
    let first = machine.backup("work");
    let second = machine.backup("work");
    let number = |report: &serde_json::Value, name: &str| report["counts"][name].as_u64().unwrap();
    assert_eq!(number(&first, "files"), 250_000);
    assert_eq!(
        (number(&second, "files_racy"), number(&second, "bytes_new")),
        (0, 0)
    );
    assert!(
        number(&second, "files_read") < 10,
        "but for those whose turn it is"
    );
    let (one, two) = (
        number(&first, "bytes_stored"),
        number(&second, "bytes_stored"),
    );
    println!("stored first {one} bytes, then {two}");
    assert!(two * 100 < one, "{two} of {one} bytes");
}

#[test]
fn a_million_files_in_one_folder_stay_within_memory() {
    if skipped_without_root("a_million_files_in_one_folder_stay_within_memory") {
        return;
    }
    let machine = Machine::new();
    let image = filled(&machine, 6, |root| {
        let folder = root.join("home/million");
        fs::create_dir_all(&folder).unwrap();
        for number in 0..1_000_000 {
            let mut file = File::create(folder.join(format!("a file {number}"))).unwrap();
            write!(file, "{number}").unwrap();
        }
    });
    machine.lab.add_image("work", &image, false).unwrap();
    let (report, backup_kib) = with_peak(&machine, || machine.backup("work"));
    assert_eq!(report["counts"]["files"], 1_000_000);
    println!("backup: {backup_kib} KiB in the helper, {report}");
    assert!(
        backup_kib > 0 && backup_kib < 300 << 10,
        "backup: {backup_kib} KiB"
    );
    let dom0 = report["dom0"]["peak_memory_bytes"].as_u64().unwrap();
    assert!(dom0 < 32 << 20, "dom0: {dom0} bytes");
    let ((), restore_kib) = with_peak(&machine, || machine.restore("work", &[], "again"));
    println!("restore: {restore_kib} KiB in the helper");
    assert!(
        restore_kib > 0 && restore_kib < 300 << 10,
        "restore: {restore_kib} KiB"
    );
    // Each file costs a request to the disk: both at once.
    let (again, work) = thread::scope(|scope| {
        let work = scope.spawn(|| machine.tree("work"));
        (machine.tree("again"), work.join().unwrap())
    });
    assert_same(&work, &again);
}
