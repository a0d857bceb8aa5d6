//! What was got last stays in memory for a while: what came first goes first.

use crate::chunk_id::ChunkId;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// Chunks, or what was made of them.
pub struct Kept<V: ?Sized> {
    values: HashMap<ChunkId, (Rc<V>, u64)>,
    order: VecDeque<ChunkId>,
    bytes: u64,
    most: u64,
}

impl<V: ?Sized> Kept<V> {
    /// Keeps so many bytes at most.
    pub fn new(most: u64) -> Self {
        Self {
            values: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            most,
        }
    }

    /// What is kept of a chunk.
    pub fn get(&self, id: &ChunkId) -> Option<Rc<V>> {
        self.values.get(id).map(|(value, _)| Rc::clone(value))
    }

    /// Keeps it, as a value of so many bytes.
    pub fn keep(&mut self, id: ChunkId, value: Rc<V>, bytes: u64) {
        if self.values.contains_key(&id) {
            return;
        }
        self.values.insert(id, (value, bytes));
        self.order.push_back(id);
        self.bytes = self.bytes.saturating_add(bytes);
        while self.bytes > self.most
            && let Some(first) = self.order.pop_front()
        {
            let gone = self.values.remove(&first).map_or(0, |(_, bytes)| bytes);
            self.bytes = self.bytes.saturating_sub(gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_the_last_stay() {
        let mut kept: Kept<[u8]> = Kept::new(10_000);
        let id = |number: u8| ChunkId::new([number; 32]);
        for number in 0..200 {
            kept.keep(id(number), vec![number; 1000].into(), 1000);
            kept.keep(id(number), vec![0; 1000].into(), 1000);
            assert!(kept.bytes <= 10_000);
        }
        assert_eq!((kept.values.len(), kept.order.len()), (10, 10));
        assert_eq!(kept.get(&id(199)).unwrap().first(), Some(&199));
        assert!(kept.get(&id(0)).is_none());
    }
}
