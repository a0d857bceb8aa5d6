//! Which index objects of the job stay, and which are merged into the new one.

use qib_rpc::limit::MAX_LIVE_INDEX_OBJECTS;

/// An index object of the job, in bytes of its rows.
#[derive(Clone, Copy, Debug)]
pub struct Weight {
    /// All rows.
    pub bytes: u64,
    /// Rows that this snapshot still needs.
    pub live_bytes: u64,
}

/// What becomes of the index objects of the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Object `n` and all after it are merged; those before stay or are dropped.
    pub merged_from: usize,
    /// Bit n: object n stays.
    pub kept: u64,
}

/// Plans for `new_bytes` of new rows.
///
/// Objects are merged from the newest on while the one before is less than
/// twice what is merged so far: sizes then at least double from one object to
/// the one before it, and a row is written again only as often as its object
/// can double. Everything is merged once over a quarter of what would stay is
/// dead, so an index names at most a third more than its snapshot.
pub fn plan(objects: &[Weight], new_bytes: u64) -> Plan {
    let live = |object: &&Weight| object.live_bytes > 0;
    let mut merged_from = objects.len();
    let mut merged_bytes = new_bytes;
    for (number, object) in objects.iter().enumerate().rev() {
        let before = objects.get(..=number).unwrap_or_default();
        let count = before.iter().filter(live).count();
        let small = merged_bytes > 0 && object.live_bytes < merged_bytes.saturating_mul(2);
        let room = MAX_LIVE_INDEX_OBJECTS.saturating_sub(usize::from(merged_bytes > 0));
        if small || count > room {
            merged_from = number;
            merged_bytes = merged_bytes.saturating_add(object.live_bytes);
        } else {
            break;
        }
    }
    let staying = objects.get(..merged_from).unwrap_or_default();
    let sum = |part: fn(&Weight) -> u64| {
        let parts = staying.iter().filter(live).map(part);
        parts.fold(0_u64, u64::saturating_add)
    };
    let (all, live_bytes) = (sum(|object| object.bytes), sum(|object| object.live_bytes));
    let dead = all.saturating_sub(live_bytes);
    if dead.saturating_mul(4) > all.saturating_add(merged_bytes) {
        return Plan {
            merged_from: 0,
            kept: 0,
        };
    }
    let kept = staying
        .iter()
        .enumerate()
        .filter(|(_, object)| live(object));
    let bit = |(number, _): (usize, &Weight)| {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        1_u64.checked_shl(number).unwrap_or(0)
    };
    Plan {
        merged_from,
        kept: kept.map(bit).fold(0, |kept, bit| kept | bit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weight(bytes: u64) -> Weight {
        Weight {
            bytes,
            live_bytes: bytes,
        }
    }

    proptest! {
        #[test]
        fn few_objects_stay_and_little_is_dead(
            objects in proptest::collection::vec((0_u64..1 << 30, 0_u64..=100), 0..64),
            new_bytes in 0_u64..1 << 20,
        ) {
            let objects: Vec<Weight> = objects
                .iter()
                .map(|(bytes, percent)| Weight { bytes: *bytes, live_bytes: bytes * percent / 100 })
                .collect();
            let plan = plan(&objects, new_bytes);
            let staying: Vec<&Weight> = (0..objects.len())
                .filter(|number| plan.kept >> number & 1 == 1)
                .map(|number| &objects[number])
                .collect();
            let merged: u64 = objects[plan.merged_from..].iter().map(|o| o.live_bytes).sum();
            let fresh = usize::from(merged + new_bytes > 0);
            prop_assert!(staying.len() + fresh <= MAX_LIVE_INDEX_OBJECTS);
            prop_assert_eq!(plan.kept.checked_shr(u32::try_from(plan.merged_from).unwrap()).unwrap_or(0), 0);
            let all: u64 = staying.iter().map(|o| o.bytes).sum();
            let live: u64 = staying.iter().map(|o| o.live_bytes).sum();
            prop_assert!((all - live) * 4 <= all + merged + new_bytes);
        }

        #[test]
        fn hourly_runs_write_little(runs in proptest::collection::vec(1_u64..2000, 1..400)) {
            let mut objects = vec![weight(1 << 26)];
            let mut written = 0;
            for new_bytes in &runs {
                let plan = plan(&objects, *new_bytes);
                let merged: u64 = objects[plan.merged_from..].iter().map(|o| o.bytes).sum();
                objects.truncate(plan.merged_from);
                objects.push(weight(merged + new_bytes));
                written += merged + new_bytes;
            }
            prop_assert!(objects.len() <= MAX_LIVE_INDEX_OBJECTS);
            let sum: u64 = runs.iter().sum();
            prop_assert!(written <= sum * 20, "{written} for {sum}");
        }
    }

    #[test]
    fn nothing_new_changes_nothing() {
        let objects = [weight(1000), weight(10)];
        assert_eq!(
            plan(&objects, 0),
            Plan {
                merged_from: 2,
                kept: 3
            }
        );
    }

    #[test]
    fn a_dead_object_is_dropped_and_a_dead_share_rewrites_all() {
        let dead = Weight {
            bytes: 10,
            live_bytes: 0,
        };
        assert_eq!(
            plan(&[dead, weight(1000)], 0),
            Plan {
                merged_from: 2,
                kept: 2
            }
        );
        let half = Weight {
            bytes: 1000,
            live_bytes: 500,
        };
        assert_eq!(
            plan(&[half, weight(10)], 0),
            Plan {
                merged_from: 0,
                kept: 0
            }
        );
    }
}
