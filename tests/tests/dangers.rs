//! What can go wrong around a snapshot, each by name: a pool that is nearly full, a qube that
//! starts, stops or is removed between two steps, a volume still in use, a name that dom0's udev
//! would look behind.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::machine::faults::{add, next_run_works};
use crate::machine::{BINARY, Machine, kill, process, skipped_without_root};
use qib_lab::{Act, Driver, LabBuilder};

/// Those whose snapshots cost room.
const DRIVERS: [Driver; 3] = [Driver::Reflink, Driver::LvmThin, Driver::Zfs];

fn machine(driver: Driver) -> Machine {
    let machine = Machine::before_init(LabBuilder::new(BINARY).driver(driver));
    machine.init();
    add(&machine, "work", 1);
    machine.lab.calls().unwrap();
    machine
}

fn stop(name: &str) -> Act {
    Act::Stop(name.to_owned())
}

#[test]
fn a_pool_that_is_nearly_full_is_refused_before_anything_happens() {
    if skipped_without_root("a_pool_that_is_nearly_full_is_refused_before_anything_happens") {
        return;
    }
    for driver in DRIVERS {
        let machine = machine(driver);
        machine.lab.fill_pool(96).unwrap();
        let (code, said) = machine.fails(&["backup", "work"]);
        assert_eq!(code, 1);
        let text = "work: its pool varlibqubes is 95 % full; free some room first";
        let also = text.replace("95", "96");
        assert!(
            said.contains(text) || said.contains(&also),
            "{driver}: {said}"
        );
        let calls = machine.lab.calls().unwrap();
        let did = |begin: &str| calls.iter().any(|call| call.starts_with(begin));
        for begin in ["qubesd admin.vm.Create", "qubesd admin.vm.tag.Set", "dom0 "] {
            assert!(!did(begin), "{driver}: {begin}: {calls:#?}");
        }
        machine.lab.fill_pool(50).unwrap();
        machine.backup("work");
    }
}

/// The call after which the state to read is chosen, where there is one.
fn choosing(driver: Driver) -> Option<&'static str> {
    match driver {
        Driver::LvmThin => Some("dom0 lvm lvs"),
        Driver::Zfs => Some("dom0 zfs get -H -o value org.qubes:dirty"),
        _ => None,
    }
}

#[test]
fn a_qube_that_stops_between_choosing_and_snapshot_is_looked_at_again() {
    if skipped_without_root("a_qube_that_stops_between_choosing_and_snapshot_is_looked_at_again") {
        return;
    }
    for driver in DRIVERS {
        let Some(choosing) = choosing(driver) else {
            continue;
        };
        let machine = machine(driver);
        machine.lab.start("work").unwrap();
        machine.lab.trap(choosing, 1, stop("work")).unwrap();
        let report = machine.backup("work");
        assert_eq!(
            report["state"], "as it was left at its last shutdown",
            "{driver}"
        );
        let start = Act::Start("work".to_owned());
        machine.lab.trap(choosing, 1, start).unwrap();
        assert_eq!(machine.backup("work")["state"], "as it is now", "{driver}");
        assert_eq!(machine.leftovers(), Vec::<String>::new(), "{driver}");
    }
}

#[test]
fn a_qube_that_starts_and_stops_all_the_time_fails_at_worst_in_words() {
    if skipped_without_root("a_qube_that_starts_and_stops_all_the_time_fails_at_worst_in_words") {
        return;
    }
    for driver in DRIVERS {
        let machine = machine(driver);
        std::thread::scope(|scope| {
            let restless = scope.spawn(|| {
                let began = Instant::now();
                while began.elapsed() < Duration::from_secs(3) {
                    machine.lab.start("work").unwrap();
                    machine.lab.stop("work").unwrap();
                }
            });
            while !restless.is_finished() {
                let output = machine.qib(&["backup", "--always", "work"]);
                let said = String::from_utf8_lossy(&output.stderr);
                let in_words = said.contains("starts or stops all the time");
                assert!(output.status.success() || in_words, "{driver}: {said}");
            }
        });
        assert_eq!(machine.leftovers(), Vec::<String>::new(), "{driver}");
        machine.backup("work");
    }
}

#[test]
fn a_qube_that_is_removed_between_two_steps_fails_in_words_and_leaves_nothing() {
    const TEST: &str = "a_qube_that_is_removed_between_two_steps_fails_in_words_and_leaves_nothing";
    if skipped_without_root(TEST) {
        return;
    }
    for driver in DRIVERS {
        let machine = machine(driver);
        add(&machine, "mail", 1);
        let removed = || Act::Remove("work".to_owned());
        let steps = ["qubesd admin.vm.volume.Info", "qubesd admin.vm.Start"];
        for (number, step) in steps.iter().enumerate() {
            machine.lab.trap(step, 1, removed()).unwrap();
            let (code, said) = machine.fails(&["backup", "--always", "work"]);
            assert_eq!(code, 1, "{driver}: {said}");
            let words = ["work: its volume", "No such domain: 'work'"];
            let in_words = words.iter().any(|text| said.contains(text));
            assert!(in_words, "{driver}, {step}: {said}");
            assert_eq!(machine.leftovers(), Vec::<String>::new(), "{driver}");
            machine.backup("mail");
            if number == 0 {
                add(&machine, "work", 1);
            }
        }
    }
}

#[test]
fn a_volume_that_stays_in_use_for_a_while_is_waited_for() {
    if skipped_without_root("a_volume_that_stays_in_use_for_a_while_is_waited_for") {
        return;
    }
    for driver in DRIVERS {
        let machine = machine(driver);
        let mut command = machine.lab.dom0(["qib", "backup", "work"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let ours = machine.lab.dir().display().to_string();
        let device = loop {
            assert!(
                child.try_wait().unwrap().is_none(),
                "{driver}: no loop device"
            );
            let list = Command::new("losetup")
                .args(["-l", "-n", "-O", "NAME,BACK-FILE"])
                .output();
            let list = String::from_utf8(list.unwrap().stdout).unwrap();
            let is_it = |line: &&str| line.contains(&ours) && !line.contains("/pool.img");
            let line = list.lines().find(is_it).map(str::to_owned);
            if let Some(line) = line {
                break line.split(' ').next().unwrap().to_owned();
            }
        };
        let held = File::open(device).unwrap();
        sleep(Duration::from_secs(4));
        assert!(
            child.try_wait().unwrap().is_none(),
            "{driver}: it waited for nobody"
        );
        drop(held);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{driver}: {said}");
        assert_eq!(machine.leftovers(), Vec::<String>::new(), "{driver}");
    }
}

#[test]
fn a_second_snapshot_in_a_pool_waits() {
    if skipped_without_root("a_second_snapshot_in_a_pool_waits") {
        return;
    }
    let machine = machine(Driver::LvmThin);
    machine.backup("work");
    let lock = machine.state().join("pools/varlibqubes");
    let hold = || {
        Command::new("flock")
            .arg(&lock)
            .args(["sleep", "3"])
            .spawn()
            .unwrap()
    };
    let mut held = hold();
    sleep(Duration::from_millis(500));
    let output = machine.qib(&["backup", "work"]);
    assert!(held.try_wait().unwrap().is_some(), "it did not wait");
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    let text = "work: waiting for another snapshot in the pool varlibqubes\n";
    assert!(said.contains(text), "{said}");

    let mut held = hold();
    sleep(Duration::from_millis(500));
    let mut command = machine.lab.dom0(["qib", "backup", "work"]);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    sleep(Duration::from_secs(1));
    let number = process(&machine, "qib").expect("it runs").to_string();
    let mut interrupt = Command::new("kill");
    assert!(
        interrupt
            .args(["-INT", &number])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(held.try_wait().unwrap().is_none(), "it waited all the same");
    held.wait().unwrap();
    next_run_works(&machine);
}

#[test]
fn a_name_of_a_snapshot_is_one_that_udev_leaves_alone() {
    if skipped_without_root("a_name_of_a_snapshot_is_one_that_udev_leaves_alone") {
        return;
    }
    for driver in DRIVERS {
        let machine = machine(driver);
        machine.backup("work");
        let calls = machine.lab.calls().unwrap();
        let of = |begin: &'static str| {
            let lines = calls.iter().filter(move |call| call.starts_with(begin));
            lines.map(|call| call.lines().next().unwrap().to_owned())
        };
        let losetup: Vec<String> = of("dom0 losetup --find").collect();
        assert_eq!(losetup.len(), 1, "{driver}");
        for word in ["--partscan", "-P", "/appvms/"] {
            assert!(!losetup[0].contains(word), "{}", losetup[0]);
        }
        assert!(losetup[0].contains(" --read-only "), "{}", losetup[0]);
        let created: Vec<String> = of("dom0 lvm lvcreate").collect();
        assert_eq!(created.len(), usize::from(driver == Driver::LvmThin));
        assert!(created.iter().all(|line| line.contains(" --name=vm-qib.")));
        let cloned: Vec<String> = of("dom0 zfs clone").collect();
        assert_eq!(cloned.len(), usize::from(driver == Driver::Zfs));
        let hidden =
            |line: &String| line.contains("-o volmode=dev ") && line.contains("/vms/.qib-");
        assert!(cloned.iter().all(hidden), "{cloned:?}");
        let names = calls.iter().filter(|call| call.contains("@qubes"));
        assert_eq!(names.count(), 0, "no name is one of Qubes' own");
    }
}

#[test]
fn a_container_that_udev_would_look_into_is_refused() {
    if skipped_without_root("a_container_that_udev_would_look_into_is_refused") {
        return;
    }
    let machine = machine(Driver::Zfs);
    fs::remove_file(machine.lab.dir().join("pool/qubes/zfs/hidden")).unwrap();
    let (_, said) = machine.fails(&["backup", "work"]);
    let text = "lacks the property 'org.qubes-os:part-of-qvm-pool=true'";
    assert!(said.contains(text), "{said}");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_callback_pool_is_read_as_what_it_wraps() {
    if skipped_without_root("a_callback_pool_is_read_as_what_it_wraps") {
        return;
    }
    for driver in DRIVERS {
        let builder = LabBuilder::new(BINARY).driver(driver).callback();
        let machine = Machine::before_init(builder);
        machine.init();
        let info = machine
            .lab
            .admin("admin.pool.Info+varlibqubes", "dom0", "")
            .unwrap();
        assert!(
            info.starts_with("conf_id=lab\ndriver=callback\nname=varlibqubes\n"),
            "{info}"
        );
        add(&machine, "work", 1);
        machine.lab.start("work").unwrap();
        assert_eq!(machine.backup("work")["state"], "as it is now", "{driver}");
        machine.lab.stop("work").unwrap();
        next_run_works(&machine);
    }
}

#[test]
fn a_zfs_snapshot_of_a_killed_run_is_destroyed_after_its_clone() {
    if skipped_without_root("a_zfs_snapshot_of_a_killed_run_is_destroyed_after_its_clone") {
        return;
    }
    let machine = machine(Driver::Zfs);
    machine.lab.trap("dom0 zfs clone", 1, Act::Kill).unwrap();
    assert!(!machine.qib(&["backup", "work"]).status.success());
    let left = machine.leftovers();
    for name in ["/.qib-", "@qib-"] {
        assert!(left.iter().any(|one| one.contains(name)), "{left:?}");
    }
    assert_eq!(process(&machine, "qib").map(kill), None);
    next_run_works(&machine);
}
