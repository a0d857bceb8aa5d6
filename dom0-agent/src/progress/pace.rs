//! How long the rest of some work takes.

use std::time::Instant;

/// Before so many seconds have gone by, nobody knows.
const LEAST_SECONDS: u64 = 3;

/// Some work that began at a time.
#[derive(Clone, Copy)]
pub(super) struct Pace(Instant);

impl Pace {
    /// It begins now.
    pub(super) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Seconds that the rest takes if it goes on as it did.
    pub(super) fn left(self, done: u64, of: u64) -> Option<u64> {
        rest(self.0.elapsed().as_secs(), done, of)
    }
}

fn rest(seconds: u64, done: u64, of: u64) -> Option<u64> {
    let rest = u128::from(of.checked_sub(done)?);
    let whole = u128::from(seconds) * rest;
    let is_known = done > 0 && seconds >= LEAST_SECONDS;
    is_known.then(|| u64::try_from(whole.div_ceil(done.into())).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_it_did_so_far() {
        assert_eq!(rest(10, 25, 100), Some(30));
        assert_eq!(rest(10, 100, 100), Some(0));
        assert_eq!(rest(4, 85, 100), Some(1));
        assert_eq!(rest(u64::MAX, 1 << 40, 1 << 60), None);
        for (seconds, done, of) in [(2, 25, 100), (10, 0, 100), (10, 0, 0), (10, 101, 100)] {
            assert_eq!(rest(seconds, done, of), None, "{seconds} {done} {of}");
        }
    }
}
