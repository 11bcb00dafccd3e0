//! Virtual to physical resource blocks. TS 36.211 §6.2.3.

use crate::{
    cell::Bandwidth,
    tables::rb_gap::{Gap, n_gap, n_vrb_dl, rbg_size},
};

/// A set of physical resource blocks n_PRB of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PrbSet(u128);

impl PrbSet {
    /// Adds a block; one above 127, more than any carrier has, is left out.
    fn insert(&mut self, n_prb: usize) {
        self.0 |= u32::try_from(n_prb).ok().and_then(|shift| 1u128.checked_shl(shift)).unwrap_or(0);
    }

    /// Whether the set holds the block.
    #[must_use]
    pub fn contains(self, n_prb: usize) -> bool {
        n_prb < 128 && self.0 >> n_prb & 1 == 1
    }

    /// The blocks, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> + Clone {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let n_prb = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (n_prb < u128::BITS).then_some(n_prb as usize)
        })
    }

    /// The number of blocks.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<usize> for PrbSet {
    fn from_iter<I: IntoIterator<Item = usize>>(blocks: I) -> Self {
        let mut set = Self::default();
        blocks.into_iter().for_each(|n_prb| set.insert(n_prb));
        set
    }
}

/// The physical blocks of both slots for localised virtual blocks: the same. TS 36.211 §6.2.3.1.
pub(super) fn localised(blocks: impl Iterator<Item = usize>) -> [PrbSet; 2] {
    let set = blocks.collect();
    [set, set]
}

/// The physical blocks of both slots for distributed virtual blocks. TS 36.211 §6.2.3.2.
///
/// `None` if the bandwidth has no such gap or a block does not exist.
pub(super) fn distributed(blocks: impl Iterator<Item = usize>, bandwidth: Bandwidth, gap: Gap) -> Option<[PrbSet; 2]> {
    let mut slots = [PrbSet::default(); 2];
    for n_vrb in blocks {
        for (slot, n_prb) in slots.iter_mut().zip(distributed_block(n_vrb, bandwidth, gap)?) {
            slot.insert(n_prb);
        }
    }
    Some(slots)
}

/// n_PRB of one distributed virtual block in the even and the odd slot. TS 36.211 §6.2.3.2.
fn distributed_block(n_vrb: usize, bandwidth: Bandwidth, gap: Gap) -> Option<[usize; 2]> {
    let n_gap = n_gap(bandwidth, gap)?;
    let all = n_vrb_dl(bandwidth, gap)?;
    if n_vrb >= all {
        return None;
    }
    // Ñ_VRB^DL, the blocks interleaved together.
    let n_tilde = match gap {
        Gap::First => all,
        Gap::Second => 2 * n_gap,
    };
    let (unit, n_vrb) = (n_vrb / n_tilde, n_vrb % n_tilde);
    let p = rbg_size(bandwidth);
    let n_row = n_tilde.div_ceil(4 * p) * p;
    let n_null = 4 * n_row - n_tilde;
    let even = if n_vrb >= n_tilde - n_null {
        // The last rows have blocks in two of the four columns only.
        let row = 2 * n_row * (n_vrb % 2) + n_vrb / 2;
        if n_vrb % 2 == 1 { row - n_row } else { row - n_row + n_null / 2 }
    } else {
        let row = n_row * (n_vrb % 4) + n_vrb / 4;
        if n_vrb % 4 >= 2 { row - n_null / 2 } else { row }
    };
    Some([even, (even + n_tilde / 2) % n_tilde].map(|n| {
        let n_prb = if n < n_tilde / 2 { n } else { n + n_gap - n_tilde / 2 };
        n_prb + n_tilde * unit
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The block interleaver as the clause draws it: written by rows, read by columns, with nulls in the last rows of
    /// the second and fourth column.
    fn interleaved(n_tilde: usize, p: usize) -> Vec<usize> {
        let n_row = n_tilde.div_ceil(4 * p) * p;
        let n_null = 4 * n_row - n_tilde;
        let mut next = 0..n_tilde;
        let mut matrix = vec![[None; 4]; n_row];
        for (row, cells) in matrix.iter_mut().enumerate() {
            for (column, cell) in cells.iter_mut().enumerate() {
                if column % 2 == 0 || row < n_row - n_null / 2 {
                    *cell = next.next();
                }
            }
        }
        (0..4).flat_map(|column| matrix.iter().filter_map(move |row| row[column]).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn formulas_equal_the_block_interleaver() {
        for bandwidth in Bandwidth::ALL {
            for gap in [Gap::First, Gap::Second] {
                let Some(all) = n_vrb_dl(bandwidth, gap) else { continue };
                let n_gap = n_gap(bandwidth, gap).expect("as many as there are blocks");
                let n_tilde = if gap == Gap::First { all } else { 2 * n_gap };
                for (place, n_vrb) in interleaved(n_tilde, rbg_size(bandwidth)).into_iter().enumerate() {
                    let expected = if place < n_tilde / 2 { place } else { place + n_gap - n_tilde / 2 };
                    let got = distributed_block(n_vrb, bandwidth, gap).expect("exists");
                    assert_eq!(got[0], expected, "{bandwidth:?} {gap:?} VRB {n_vrb}");
                }
            }
        }
    }

    #[test]
    fn each_slot_is_a_permutation_inside_the_carrier() {
        for bandwidth in Bandwidth::ALL {
            for gap in [Gap::First, Gap::Second] {
                let Some(all) = n_vrb_dl(bandwidth, gap) else { continue };
                let slots = distributed(0..all, bandwidth, gap).expect("exists");
                for slot in slots {
                    assert_eq!(slot.len(), all);
                    assert!(slot.iter().all(|n_prb| n_prb < bandwidth.n_rb_dl()));
                }
                assert_eq!(distributed(0..all + 1, bandwidth, gap), None);
            }
        }
        assert_eq!(distributed(0..1, Bandwidth::Rb25, Gap::Second), None);
    }

    #[test]
    fn a_set_ignores_what_no_carrier_has() {
        let set: PrbSet = [3, 99, 128, usize::MAX, 3].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 99]);
        assert!(!set.contains(500) && !set.is_empty());
    }
}
