//! Qubes that have shut down and wait to be backed up, together and a little later: who restarts
//! a qube, or shuts the machine down, is not kept waiting by a helper.

use qib_rpc::name::QubeName;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// The qubes that wait.
pub struct Pending {
    delay: Duration,
    qubes: BTreeSet<QubeName>,
    /// When the first of them shut down.
    since: Option<Instant>,
}

impl Pending {
    /// None yet; each is to wait for at most `delay`.
    pub fn new(delay: Duration) -> Self {
        let qubes = BTreeSet::new();
        let since = None;
        Self {
            delay,
            qubes,
            since,
        }
    }

    /// A qube has shut down.
    pub fn add(&mut self, qube: QubeName, now: Instant) {
        self.qubes.insert(qube);
        self.since.get_or_insert(now);
    }

    /// How long to wait until they are to be backed up; none when none waits.
    pub fn left(&self, now: Instant) -> Option<Duration> {
        let waited = now.saturating_duration_since(self.since?);
        Some(self.delay.saturating_sub(waited))
    }

    /// Those that wait, from when their time has come.
    pub fn take(&mut self, now: Instant) -> BTreeSet<QubeName> {
        if self.left(now) != Some(Duration::ZERO) {
            return BTreeSet::new();
        }
        self.since = None;
        std::mem::take(&mut self.qubes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_taken_together_when_the_first_has_waited_long_enough() {
        let name = |name: &str| QubeName::parse(name).unwrap();
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut pending = Pending::new(second * 60);
        assert_eq!(pending.left(start), None);
        assert!(pending.take(start + second * 100).is_empty());
        pending.add(name("work"), start);
        pending.add(name("mail"), start + second * 50);
        pending.add(name("work"), start + second * 55);
        assert_eq!(pending.left(start + second * 55), Some(second * 5));
        assert!(pending.take(start + second * 59).is_empty());
        let taken = pending.take(start + second * 60);
        assert_eq!(taken, BTreeSet::from([name("mail"), name("work")]));
        assert_eq!(pending.left(start + second * 61), None);
    }
}
