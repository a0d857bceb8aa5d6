//! The power fails between any two operations: what was acknowledged is there when it is back.

use super::disk::Left;
use super::mounted::Mounted;
use super::promised::Promised;
use super::session::session;
use super::wrong::{Op, When};
use crate::bench::temporary_files;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Works through all of it by several at once: most of the time is spent waiting.
pub fn each<T: Copy + Sync + std::panic::RefUnwindSafe>(
    all: &[T],
    run: impl Fn(T) + Sync + std::panic::RefUnwindSafe,
) {
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(item) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if catch_unwind(|| run(*item)).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0, "of {} runs", all.len());
}

/// A session without any fault; says what was asked of the disk.
pub fn counted(test: &str) -> Option<Vec<Op>> {
    let mut disk = Mounted::new(test)?;
    disk.set(When::Never);
    let daemon = disk.started().unwrap();
    let mut promised = Promised::nothing();
    session(&daemon, &mut promised).unwrap();
    let asked = disk.asked();
    promised.is_kept(&daemon, "before");
    daemon.kill();
    disk.cut_power(Left::Nothing);
    let daemon = disk.started().unwrap();
    promised.is_kept(&daemon, "after");
    promised.comes_back(&daemon, "undeleted");
    drop(daemon);
    Some(asked)
}

/// The power fails after so many operations.
fn fails_after(last: usize, left: Left) {
    let when = &format!("no power after {last}, left: {left:?}");
    let mut disk = Mounted::new(when).unwrap();
    let mut promised = Promised::nothing();
    disk.set(When::NoPowerAfter(last));
    if let Ok(daemon) = disk.started() {
        let _ended = session(&daemon, &mut promised);
        daemon.kill();
    }
    disk.cut_power(left);
    let daemon = disk.started().unwrap();
    promised.is_kept(&daemon, when);
    assert_eq!(temporary_files(&disk.folder()), 0, "{when}: swept");
    promised.clone().comes_back(&daemon, when);
    // The next session completes it, and that stays too.
    session(&daemon, &mut promised).unwrap();
    daemon.kill();
    disk.cut_power(left);
    let daemon = disk.started().unwrap();
    promised.is_kept(&daemon, when);
}

#[test]
fn what_was_acknowledged_survives_a_loss_of_power_before_any_change_of_the_disk() {
    let Some(asked) = counted("losing power") else {
        return;
    };
    // Between two changes the disk is the same.
    let changes: Vec<usize> = (0..asked.len())
        .filter(|last| asked[*last].changes() || asked[*last].syncs())
        .collect();
    let with_left = |last: &usize| [Left::Nothing, Left::Last].map(|left| (*last, left));
    let runs: Vec<_> = changes.iter().flat_map(with_left).collect();
    each(&runs, |(last, left)| fails_after(last, left));
    println!("{} operations, {} changes", asked.len(), changes.len());
}

#[test]
#[ignore = "takes minutes"]
fn what_was_acknowledged_survives_a_loss_of_power_after_any_operation() {
    let Some(asked) = counted("losing power") else {
        return;
    };
    let with_left = |last: usize| {
        let chances = (1..=5).map(move |chance| Left::Some(chance * 100_000 + last as u64));
        let all = [Left::Nothing, Left::Last].into_iter().chain(chances);
        all.map(move |left| (last, left))
    };
    let runs: Vec<_> = (0..asked.len()).flat_map(with_left).collect();
    each(&runs, |(last, left)| fails_after(last, left));
    println!("{} operations, {} runs", asked.len(), runs.len());
}
