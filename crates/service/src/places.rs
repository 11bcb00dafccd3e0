//! How many of something may be under way at one time, in all and for each who asks.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// The places.
#[derive(Debug)]
pub struct Places<K> {
    total: usize,
    each: usize,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

/// A place; it is free again when this is dropped.
#[derive(Debug)]
pub struct Place<K: Eq + Hash> {
    key: K,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Clone + Eq + Hash> Places<K> {
    /// So many in all, and for each.
    #[must_use]
    pub fn new(total: usize, each: usize) -> Self {
        Self { total, each, taken: Arc::default() }
    }

    /// A place, where there is one.
    #[must_use]
    pub fn enter(&self, key: &K) -> Option<Place<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(key).copied().unwrap_or(0);
        if own >= self.each || taken.values().sum::<usize>() >= self.total {
            return None;
        }
        taken.insert(key.clone(), own + 1);
        Some(Place { key: key.clone(), taken: Arc::clone(&self.taken) })
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
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
    fn nobody_takes_all_places_and_each_is_free_again() {
        let places = Places::new(200, 20);
        let enter = |key: &u32| -> Vec<Place<u32>> { (0..300).map_while(|_| places.enter(key)).collect() };
        let all: Vec<Vec<Place<u32>>> = (0..12).map(|key| enter(&key)).collect();
        let taken: Vec<usize> = all.iter().map(Vec::len).collect();
        assert_eq!(taken, [[20; 10].as_slice(), &[0, 0]].concat());
        drop(all);
        assert_eq!(enter(&0).len(), 20);
        assert!(places.taken.lock().expect("not poisoned").is_empty());
    }
}
