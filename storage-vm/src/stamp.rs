//! A moment by two clocks: dom0's and this qube's own. A clock that jumps shortens nothing.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// When something happened, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// By dom0's clock, as dom0 said.
    pub dom0: u64,
    /// By our own.
    pub own: u64,
}

impl Stamp {
    /// Now, of which dom0 says this.
    pub fn now(dom0: u64) -> Self {
        let own = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            dom0,
            own: own.unwrap_or_default().as_secs(),
        }
    }

    /// True when by both clocks it is so many days after `then`.
    pub fn is_past(self, then: Self, days: u32) -> bool {
        let wait = u64::from(days).saturating_mul(DAY_SECONDS);
        self.dom0 >= then.dom0.saturating_add(wait) && self.own >= then.own.saturating_add(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_must_say_so() {
        let then = Stamp { dom0: 100, own: 7 };
        let after = |dom0: u64, own: u64| {
            let now = Stamp {
                dom0: 100 + dom0 * DAY_SECONDS,
                own: 7 + own * DAY_SECONDS,
            };
            now.is_past(then, 30)
        };
        assert!(after(30, 30) && after(31, 99));
        assert!(!after(30, 29), "dom0's clock jumped, or ours was set back");
        assert!(!after(29, 4000), "our clock jumped");
        let back = Stamp { dom0: 0, own: 0 };
        assert!(!back.is_past(then, 0));
        assert!(then.is_past(then, 0));
    }
}
