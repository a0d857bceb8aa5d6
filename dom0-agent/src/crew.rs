//! Several at work at once on one list.

use std::collections::VecDeque;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;

/// How many may be at work at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jobs(usize);

/// Why a text is no number of jobs.
#[derive(Debug, PartialEq, Eq)]
pub enum NotJobs {
    /// It is no number.
    Number(ParseIntError),
    /// It is none, or too many.
    Range,
}

impl Jobs {
    /// More helpers than a machine has room for.
    const MOST: usize = 16;

    /// One after the other.
    pub const ONE: Self = Self(1);
}

impl Default for Jobs {
    fn default() -> Self {
        Self::ONE
    }
}

impl FromStr for Jobs {
    type Err = NotJobs;

    fn from_str(text: &str) -> Result<Self, NotJobs> {
        match text.parse().map_err(NotJobs::Number)? {
            jobs if (1..=Self::MOST).contains(&jobs) => Ok(Self(jobs)),
            _ => Err(NotJobs::Range),
        }
    }
}

impl std::fmt::Display for Jobs {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

impl std::fmt::Display for NotJobs {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(error) => error.fmt(out),
            Self::Range => write!(out, "it must be 1 to {}", Jobs::MOST),
        }
    }
}

impl std::error::Error for NotJobs {}

/// Does `work` for each of `list`, in its order; returns when all is done.
pub fn each<T: Send>(list: impl IntoIterator<Item = T>, jobs: Jobs, work: impl Fn(T) + Sync) {
    let list: Mutex<VecDeque<T>> = Mutex::new(list.into_iter().collect());
    let next = || {
        list.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    };
    let work_on = || {
        while let Some(one) = next() {
            work(one);
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs.0 {
            scope.spawn(work_on);
        }
        work_on();
    });
}

/// Room for several beside each other, or for one alone.
#[derive(Debug, Default)]
pub struct Room(RwLock<()>);

impl Room {
    /// Tries `work` beside others; when it was short of room, once more when they are done.
    pub fn enter<T>(&self, is_short: impl Fn(&T) -> bool, mut work: impl FnMut() -> T) -> T {
        let done = {
            let _beside = self.0.read().unwrap_or_else(PoisonError::into_inner);
            work()
        };
        if !is_short(&done) {
            return done;
        }
        let _alone = self.0.write().unwrap_or_else(PoisonError::into_inner);
        work()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn numbers_of_jobs() {
        assert_eq!("16".parse(), Ok(Jobs(16)));
        for text in ["0", "17", "-1", "many", ""] {
            assert!(text.parse::<Jobs>().is_err(), "{text}");
        }
    }

    #[test]
    fn two_are_at_work_at_once_and_each_is_done_once() {
        let (together, sum) = (Barrier::new(2), AtomicUsize::new(0));
        // With one alone nobody would ever pass the barrier.
        each([1, 2, 4, 8], Jobs(2), |number| {
            together.wait();
            sum.fetch_add(number, Ordering::SeqCst);
        });
        assert_eq!(sum.into_inner(), 15);
    }

    #[test]
    fn who_is_short_of_room_tries_again_alone() {
        let room = Room::default();
        let inside = AtomicUsize::new(0);
        let alone = Mutex::new(Vec::new());
        each(0..6, Jobs(3), |number: usize| {
            let mut tries = 0;
            room.enter(
                |done| !done,
                || {
                    let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                    thread::sleep(std::time::Duration::from_millis(5));
                    tries += 1;
                    if tries == 2 {
                        alone.lock().unwrap().push((number, now));
                    }
                    inside.fetch_sub(1, Ordering::SeqCst);
                    number.is_multiple_of(2)
                },
            );
        });
        let mut alone = alone.into_inner().unwrap();
        alone.sort_unstable();
        assert_eq!(alone, [(1, 1), (3, 1), (5, 1)]);
    }
}
