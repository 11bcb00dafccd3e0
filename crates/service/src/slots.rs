//! Limits how many operations run at one time, or how much they take together, in total and per key.

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
    weight: usize,
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
        self.take(key, 1, self.each)
    }

    /// Takes a slot for a key that may have all of them.
    #[must_use]
    pub fn enter_unshared(&self, key: &K) -> Option<Slot<K>> {
        self.take(key, 1, self.total)
    }

    /// Takes so many slots at once; `None` when the total or the key's share has fewer left.
    #[must_use]
    pub fn enter_with(&self, key: &K, weight: usize) -> Option<Slot<K>> {
        self.take(key, weight, self.each)
    }

    fn take(&self, key: &K, weight: usize, each: usize) -> Option<Slot<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(key).copied().unwrap_or(0).saturating_add(weight);
        if own > each || taken.values().sum::<usize>().saturating_add(weight) > self.total {
            return None;
        }
        taken.insert(key.clone(), own);
        Some(Slot { key: key.clone(), weight, taken: Arc::clone(&self.taken) })
    }
}

impl<K: Eq + Hash> Drop for Slot<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.key) {
            *own -= self.weight;
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
        let proxy: Vec<Slot<u32>> = (0..300).map_while(|_| slots.enter_unshared(&7)).collect();
        assert_eq!((proxy.len(), slots.enter(&8).is_none()), (200, true));
    }

    #[test]
    fn what_is_heavy_takes_as_many_slots() {
        let bytes = Slots::new(100, 40);
        let first = bytes.enter_with(&1, 30).expect("room");
        assert!(bytes.enter_with(&1, 11).is_none() && bytes.enter_with(&2, 41).is_none());
        let others = [bytes.enter_with(&1, 10), bytes.enter_with(&2, 40), bytes.enter_with(&3, 20)];
        assert!(others.iter().all(Option::is_some) && bytes.enter_with(&4, 1).is_none());
        drop(first);
        assert!(bytes.enter_with(&4, 30).is_some() && bytes.enter_with(&4, usize::MAX).is_none());
    }
}
