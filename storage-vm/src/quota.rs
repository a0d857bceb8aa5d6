//! What of a permit's quota is used, and what is promised to objects under way.

use qib_rpc::message::permit::{Quota, Took};

/// The account of one permit. **Invariant:** taken and promised together never
/// exceed the quota.
#[derive(Debug)]
pub struct Account {
    quota: Quota,
    promised: Quota,
    took: Took,
}

impl Account {
    /// An account of which nothing is used.
    pub fn new(quota: Quota) -> Self {
        Self {
            quota,
            promised: Quota {
                bytes: 0,
                objects: 0,
            },
            took: Took::default(),
        }
    }

    /// Promises room for one object; false when there is not enough.
    pub fn promise(&mut self, bytes: u64) -> bool {
        let all_bytes = sum([self.took.bytes, self.promised.bytes, bytes]);
        let all_objects = sum([self.took.objects, self.promised.objects, 1]);
        match (all_bytes, all_objects) {
            (Some(all_bytes), Some(all_objects))
                if all_bytes <= self.quota.bytes && all_objects <= self.quota.objects =>
            {
                self.promised.bytes = self.promised.bytes.saturating_add(bytes);
                self.promised.objects = self.promised.objects.saturating_add(1);
                true
            }
            _ => false,
        }
    }

    /// Takes a promise back, because its object was stored or will not be.
    pub fn release(&mut self, bytes: u64) {
        self.promised.bytes = self.promised.bytes.saturating_sub(bytes);
        self.promised.objects = self.promised.objects.saturating_sub(1);
    }

    /// Counts an object that is durable now.
    pub fn take(&mut self, bytes: u64) {
        self.took.bytes = self.took.bytes.saturating_add(bytes);
        self.took.objects = self.took.objects.saturating_add(1);
    }

    /// Counts a call of the helper.
    pub fn count_call(&mut self) {
        self.took.calls = self.took.calls.saturating_add(1);
    }

    /// What the session put so far.
    pub fn took(&self) -> Took {
        self.took
    }
}

fn sum(numbers: [u64; 3]) -> Option<u64> {
    numbers
        .into_iter()
        .try_fold(0, |sum: u64, number| sum.checked_add(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(bytes: u64, objects: u64) -> Account {
        Account::new(Quota { bytes, objects })
    }

    #[test]
    fn one_byte_too_many_is_refused() {
        assert!(account(10, 1).promise(10));
        assert!(!account(10, 1).promise(11));
        assert!(!account(10, 0).promise(0));
        let mut used = account(u64::MAX, 9);
        assert!(used.promise(u64::MAX));
        assert!(!used.promise(u64::MAX));
    }

    #[test]
    fn promises_count_until_they_are_released_and_what_is_taken_for_ever() {
        let mut account = account(10, 9);
        assert!(account.promise(6));
        assert!(!account.promise(6));
        account.release(6);
        assert!(account.promise(6));
        account.take(6);
        account.release(6);
        assert!(!account.promise(5));
        assert!(account.promise(4));
        assert_eq!((account.took().bytes, account.took().objects), (6, 1));
    }
}
