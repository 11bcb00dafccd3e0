//! The work that one carrier may take, counted in what depends neither on the machine nor on how many threads do it.
//!
//! Cells disturb each other, so that the work for each grows with their number. Whoever sends a hundred of them on one
//! carrier must not hold up the rest of a scan. What is left undone is counted, and goes first in the next chunk and,
//! through a [`Backlog`], in the next dwell.
//!
//! The unit is to take one cell off a millisecond of a stream: some ten microseconds.

use std::collections::{BTreeMap, BTreeSet};

use lte_dsp::{
    cell::Pci,
    units::{Hertz, SampleRate},
};

/// What work is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Finding cells.
    Search,
    /// Decoding what they send, freed of each other.
    Decoding,
    /// Following them from chunk to chunk.
    Following,
}

/// Units that there are at first, and at most, by purpose: of eight cells that disturb each other in a chunk of 160 ms all is
/// done. The peaks of a normal dwell, which are not counted here, cost as much as 7,000 units.
const MOST: [i64; 3] = [11_000, 5_000, 2_000];
/// Units that each millisecond of signal adds.
const ADDED_PER_MS: [f64; 3] = [3.0, 2.0, 3.0];

/// Units a millisecond of stream to receive a MIB.
pub const MIB_UNITS: f64 = 1.2;
/// The same to follow a cell.
pub const FOLLOW_UNITS: f64 = 0.4;

/// The units left of a carrier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    left: [f64; 3],
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MOST.map(|most| most as f64) }
    }
}

impl Budget {
    /// All for the search at first: the dwell before did not come to the weakest cells.
    pub fn for_search() -> Self {
        let [search, decoding, following] = MOST.map(|most| most as f64);
        Self { left: [search + decoding, 0.0, following] }
    }

    /// Adds what `ms` milliseconds of signal give.
    pub fn refill(&mut self, ms: f64) {
        for ((left, added), most) in self.left.iter_mut().zip(ADDED_PER_MS).zip(MOST) {
            *left = (*left + added * ms).min((most as f64).max(*left));
        }
    }

    /// Whether any is left.
    pub fn has(&self, purpose: Purpose) -> bool {
        self.left[purpose as usize] > 0.0
    }

    /// Whether half of what there is at first, or more, is left.
    pub fn has_half(&self, purpose: Purpose) -> bool {
        self.left[purpose as usize] >= 0.5 * MOST[purpose as usize] as f64
    }

    /// Spends units that were worked.
    pub fn spend(&mut self, purpose: Purpose, units: f64) {
        self.left[purpose as usize] -= units;
    }

    /// Spends units where any is left; false, and none spent, elsewhere. One piece of work may take more than is left, which
    /// what is added later pays back: no piece is too large for ever.
    pub fn take(&mut self, purpose: Purpose, units: f64) -> bool {
        let has = self.has(purpose);
        if has {
            self.spend(purpose, units);
        }
        has
    }
}

/// What a dwell left undone of carriers that hold more cells than its work reached, for the next dwell to begin with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Backlog {
    /// By a carrier's frequency in hertz.
    carriers: BTreeMap<i64, Waiting>,
}

/// What is waiting on a carrier.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Waiting {
    /// Identities whose SIB1 and SI have had their turn.
    pub served: BTreeSet<u16>,
    /// Identities with a MIB, of a dwell that did not come to the weakest cells.
    pub heard: BTreeSet<u16>,
    /// Whether the weakest cells come first: they were not searched, though all was shared out.
    pub is_search_first: bool,
}

impl Waiting {
    /// Whether the cells of this identity have had their turn.
    pub fn has_served(&self, pci: Pci) -> bool {
        self.served.contains(&pci.get())
    }
}

impl Backlog {
    /// Whether nothing was left undone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.carriers.is_empty()
    }

    /// Takes what a dwell on a band of this centre and rate left undone in place of what was left there before.
    pub fn take_over(&mut self, dwell: Self, center: Hertz, rate: SampleRate) {
        self.carriers.retain(|&carrier, _| (carrier as f64 - center.0).abs() > rate.hz() / 2.0);
        self.carriers.extend(dwell.carriers);
    }

    /// What is waiting on a carrier; nothing where all was done.
    pub(crate) fn of(&self, carrier: Hertz) -> Waiting {
        self.carriers.get(&(carrier.0.round() as i64)).cloned().unwrap_or_default()
    }

    /// Keeps what is waiting on a carrier.
    pub(crate) fn keep(&mut self, carrier: Hertz, waiting: Waiting) {
        self.carriers.insert(carrier.0.round() as i64, waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_ends_with_the_units_and_goes_on_with_new_ones() {
        let mut budget = Budget::default();
        let pieces = (0..).take_while(|_| budget.take(Purpose::Search, 700.0)).count();
        assert_eq!(pieces, 16);
        assert!(!budget.has(Purpose::Search) && budget.has(Purpose::Decoding));
        // What the last piece took too much is paid back first.
        budget.refill(60.0);
        assert!(!budget.has(Purpose::Search));
        budget.refill(10.0);
        assert!(budget.has(Purpose::Search) && !budget.has_half(Purpose::Search));
        budget.refill(1e6);
        assert_eq!(budget, Budget::default());
        let mut search = Budget::for_search();
        assert!(!search.take(Purpose::Decoding, 1.0));
        search.refill(1.0);
        assert!(search.has(Purpose::Decoding) && search.left[0] == 16_000.0);
    }

    #[test]
    fn a_backlog_knows_carriers_by_their_frequency() {
        let mut backlog = Backlog::default();
        assert!(backlog.is_empty());
        let pci = Pci::new(7).expect("in range");
        backlog.keep(Hertz(1.84e9), Waiting { served: BTreeSet::from([7]), ..Waiting::default() });
        assert!(backlog.of(Hertz(1.84e9)).has_served(pci) && !backlog.is_empty());
        assert_eq!(backlog.of(Hertz(1.8401e9)), Waiting::default());
        let mut scan = Backlog::default();
        let rate = SampleRate::LTE_1_4_MHZ;
        scan.take_over(backlog, Hertz(1.84e9), rate);
        scan.take_over(Backlog::default(), Hertz(1.842e9), rate);
        assert!(!scan.is_empty());
        scan.take_over(Backlog::default(), Hertz(1.84e9), rate);
        assert!(scan.is_empty());
    }
}
