//! How long a restore that was interrupted waits before it goes on. Who began to bring data and
//! went away may come back: a storage qube that is started again, a disk or a network that was
//! gone, a helper in place of one that died.

use crate::error::Error;
use qib_rpc::fault::Code;
use qib_rpc::line::LineError;
use std::time::Duration;

/// Seconds before each attempt; some more data, and the first counts again.
const WAITS: [u64; 7] = [5, 15, 60, 300, 600, 900, 1800];

/// Attempts, whatever helpers say that came.
const MOST: usize = 100;

/// The waits that are left.
#[derive(Debug, Default)]
pub(super) struct Patience {
    attempts: usize,
    used: usize,
    /// Bytes of data that had come in the attempt that got furthest.
    came: u64,
}

impl Patience {
    /// True when there is something to go on with.
    pub(super) const fn has_begun(&self) -> bool {
        self.came > 0
    }

    /// An attempt ended so, when so many bytes of data were at their place. How long to wait
    /// before the next; none where it would end in the same way, or nothing had come at all.
    pub(super) fn wait(&mut self, error: &Error, came: u64) -> Option<Duration> {
        if came > self.came {
            (self.came, self.used) = (came, 0);
        }
        self.attempts = self.attempts.saturating_add(1);
        if !self.has_begun() || !may_pass(error) || self.attempts > MOST {
            return None;
        }
        let wait = WAITS.get(self.used).copied();
        self.used = self.used.saturating_add(1);
        wait.map(Duration::from_secs)
    }
}

/// True when somebody went away who may come back.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::Line(_, LineError::Lost | LineError::Io(_)) => true,
        Error::Fault(_, fault) => {
            matches!(fault.code, Code::StorageLost | Code::StorageFailed)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Peer;
    use qib_rpc::fault::Fault;

    fn lost() -> Error {
        Error::Fault(Peer::Helper, Fault::new(Code::StorageLost))
    }

    #[test]
    fn it_ends_where_nothing_more_comes_and_begins_anew_where_something_does() {
        let mut patience = Patience::default();
        assert_eq!(patience.wait(&lost(), 0), None, "nothing had come");
        let waits = |patience: &mut Patience, came| {
            std::iter::from_fn(|| patience.wait(&lost(), came))
                .map(|wait| wait.as_secs())
                .collect::<Vec<u64>>()
        };
        assert_eq!(waits(&mut patience, 7), WAITS);
        assert_eq!(patience.wait(&lost(), 6), None);
        assert_eq!(waits(&mut patience, 8), WAITS);
    }

    #[test]
    fn a_helper_that_says_that_more_came_each_time_is_given_up() {
        let mut patience = Patience::default();
        let mut came = 0..;
        let goes_on = |_: &()| patience.wait(&lost(), came.next().unwrap() + 1).is_some();
        assert_eq!(std::iter::repeat(()).take_while(goes_on).count(), MOST);
    }

    #[test]
    fn what_stays_so_is_not_tried_again() {
        for code in [Code::Damaged, Code::TargetTooSmall, Code::VolumeFailed] {
            let error = Error::Fault(Peer::Helper, Fault::new(code));
            assert_eq!(Patience::default().wait(&error, 1), None, "{code:?}");
        }
        assert_eq!(Patience::default().wait(&Error::Stopped, 1), None);
    }
}
