//! Racy files and the slow re-reading of all others.
//!
//! On a snapshot of a live volume ext4 can show the new times of a file with
//! its old bytes. Recorded as known, that file would never be read again.

use qib_ext4::Inode;
use qib_rpc::key::ChunkKey;

/// How near to the volume's newest time a file's times are not believed.
const RACY_SECONDS: i64 = 5 * 60;

/// Within this time every file is read again.
const READ_AGAIN_SECONDS: i64 = 90 * 24 * 60 * 60;

/// Times from this one on are not believed.
#[derive(Clone, Copy, Debug)]
pub struct RacyFrom(i64);

impl RacyFrom {
    /// `newest` is the newest time that the volume itself knows, `now` dom0's.
    /// A single file with a time in the future must not make all others look
    /// old, so the earlier of both counts.
    pub fn new(newest: i64, now: i64) -> Self {
        Self(newest.min(now).saturating_sub(RACY_SECONDS))
    }

    /// True when the file may change its content without changing its times.
    pub fn is_racy(self, inode: &Inode) -> bool {
        self.covers(inode.mtime.seconds) || self.covers(inode.ctime.seconds)
    }

    /// True for a time, in seconds since 1970, that is not believed.
    pub fn covers(self, seconds: i64) -> bool {
        seconds >= self.0
    }
}

/// Which files this run reads again although they look unchanged.
#[derive(Debug)]
pub struct ReadAgain {
    previous: Option<i64>,
    now: i64,
    key: ChunkKey,
}

impl ReadAgain {
    /// The files whose turn comes between the last run and this one.
    pub fn new(previous: Option<i64>, now: i64, key: &ChunkKey) -> Self {
        Self {
            previous,
            now,
            key: key.clone(),
        }
    }

    /// True when it is the file's turn. The turn of a file is a keyed hash of
    /// its number, so that every run reads its share of all ages and places.
    pub fn is_due(&self, inode: u32) -> bool {
        let hash = blake3::keyed_hash(self.key.expose(), &inode.to_le_bytes());
        let number = hash
            .as_bytes()
            .first_chunk()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let phase = i64::from(number) % READ_AGAIN_SECONDS;
        let turns = |time: i64| time.saturating_sub(phase).div_euclid(READ_AGAIN_SECONDS);
        self.previous
            .is_some_and(|previous| turns(self.now) > turns(previous))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn due(previous: i64, now: i64, inode: u32) -> bool {
        ReadAgain::new(Some(previous), now, &ChunkKey::new([1; 32])).is_due(inode)
    }

    proptest! {
        #[test]
        fn every_file_is_due_once_in_ninety_days(
            start in 0_i64..1 << 33,
            steps in proptest::collection::vec(1_i64..1_000_000, 1..30),
            inode: u32,
        ) {
            let mut now = start;
            let mut times = 0;
            for step in &steps {
                times += i64::from(due(now, now + step, inode));
                now += step;
            }
            let periods = (now - start) / READ_AGAIN_SECONDS;
            let whole = steps.iter().all(|step| *step <= READ_AGAIN_SECONDS);
            prop_assert!(!whole || (periods..=periods + 1).contains(&times));
        }
    }

    #[test]
    fn a_share_is_due_and_none_when_the_clock_goes_back() {
        let count = |previous, now| (0..9000).filter(|inode| due(previous, now, *inode)).count();
        let day = 24 * 60 * 60;
        assert!((60..150).contains(&count(1_700_000_000, 1_700_000_000 + day)));
        assert_eq!(count(1_700_000_000, 1_700_000_000), 0);
        assert_eq!(count(1_700_000_000, 1_600_000_000), 0);
    }

    #[test]
    fn the_edge_is_racy_and_a_future_file_does_not_hide_others() {
        let edge = RacyFrom::new(10_000, 20_000);
        assert!(edge.covers(9_700) && edge.covers(30_000));
        assert!(!edge.covers(9_699));
        assert!(RacyFrom::new(1 << 40, 20_000).covers(19_800));
    }
}
