//! Limits how many operations run at one time, in total and per key.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// A limited number of slots.
#[derive(Debug)]
pub struct Slots<K> {
    total: usize,
    each: usize,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

/// A taken slot; dropping it frees it.
#[derive(Debug)]
pub struct Slot<K: Eq + Hash> {
    key: K,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Clone + Eq + Hash> Slots<K> {
    /// `total` slots, at most `each` of them per key.
    #[must_use]
    pub fn new(total: usize, each: usize) -> Self {
        Self { total, each, taken: Arc::default() }
    }

    /// Takes a slot; `None` when the total or the key's share is used up.
    #[must_use]
    pub fn enter(&self, key: &K) -> Option<Slot<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(key).copied().unwrap_or(0);
        if own >= self.each || taken.values().sum::<usize>() >= self.total {
            return None;
        }
        taken.insert(key.clone(), own + 1);
        Some(Slot { key: key.clone(), taken: Arc::clone(&self.taken) })
    }
}

impl<K: Eq + Hash> Drop for Slot<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.key) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_slots_and_each_is_free_again() {
        let slots = Slots::new(200, 20);
        let enter = |key: &u32| -> Vec<Slot<u32>> { (0..300).map_while(|_| slots.enter(key)).collect() };
        let all: Vec<Vec<Slot<u32>>> = (0..12).map(|key| enter(&key)).collect();
        let taken: Vec<usize> = all.iter().map(Vec::len).collect();
        assert_eq!(taken, [[20; 10].as_slice(), &[0, 0]].concat());
        drop(all);
        assert_eq!(enter(&0).len(), 20);
        assert!(slots.taken.lock().expect("not poisoned").is_empty());
    }
}
