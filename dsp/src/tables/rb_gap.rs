//! Tables of the distributed virtual resource blocks. TS 36.211 §6.2.3.2, TS 36.213 §7.1.6.

use crate::cell::Bandwidth;

/// Which of the two gaps a distributed assignment uses; the second only from 50 resource blocks. TS 36.211 §6.2.3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gap {
    /// N_gap,1.
    First,
    /// N_gap,2.
    Second,
}

/// N_gap,1 and N_gap,2 in resource blocks. TS 36.211 Table 6.2.3.2-1.
const fn gaps(bandwidth: Bandwidth) -> (usize, Option<usize>) {
    match bandwidth {
        Bandwidth::Rb6 => (3, None),
        Bandwidth::Rb15 => (8, None),
        Bandwidth::Rb25 => (12, None),
        Bandwidth::Rb50 => (27, Some(9)),
        Bandwidth::Rb75 => (32, Some(16)),
        Bandwidth::Rb100 => (48, Some(16)),
    }
}

/// Whether the bandwidth has the second gap, and so the DCI a bit for it. TS 36.211 §6.2.3.2.
#[must_use]
pub const fn has_second_gap(bandwidth: Bandwidth) -> bool {
    gaps(bandwidth).1.is_some()
}

/// N_gap in resource blocks, or `None` for a second gap that the bandwidth has not. TS 36.211 Table 6.2.3.2-1.
#[must_use]
pub const fn n_gap(bandwidth: Bandwidth, gap: Gap) -> Option<usize> {
    match gap {
        Gap::First => Some(gaps(bandwidth).0),
        Gap::Second => gaps(bandwidth).1,
    }
}

/// N_VRB^DL, the number of distributed virtual resource blocks, or `None` for a second gap that the bandwidth has not.
/// TS 36.211 §6.2.3.2.
#[must_use]
pub fn n_vrb_dl(bandwidth: Bandwidth, gap: Gap) -> Option<usize> {
    let n_rb_dl = bandwidth.n_rb_dl();
    let n_gap = n_gap(bandwidth, gap)?;
    Some(match gap {
        Gap::First => 2 * n_gap.min(n_rb_dl - n_gap),
        Gap::Second => n_rb_dl / (2 * n_gap) * 2 * n_gap,
    })
}

/// N_RB^step, the granularity of format 1C. TS 36.213 Table 7.1.6.3-1.
#[must_use]
pub const fn n_rb_step(bandwidth: Bandwidth) -> usize {
    if bandwidth.n_rb_dl() < 50 { 2 } else { 4 }
}

/// P, resource blocks of a resource block group. TS 36.213 Table 7.1.6.1-1.
#[must_use]
pub const fn rbg_size(bandwidth: Bandwidth) -> usize {
    match bandwidth.n_rb_dl() {
        0..=10 => 1,
        11..=26 => 2,
        27..=63 => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed rows: 6–10 ⌈N/2⌉; 12–19: 8; 20–26: 12; 50–63: 27, 9; 64–79: 32, 16; 80–110: 48, 16. A gap is a multiple
    /// of P² but for the first row, and 27 of 50 is a multiple of 3².
    #[test]
    fn gaps_are_multiples_of_the_group_size_squared() {
        for bandwidth in Bandwidth::ALL {
            let square = rbg_size(bandwidth) * rbg_size(bandwidth);
            for gap in [Gap::First, Gap::Second] {
                if let Some(n_gap) = n_gap(bandwidth, gap) {
                    assert_eq!(n_gap % square, 0, "{bandwidth:?} {gap:?}");
                }
            }
        }
    }

    #[test]
    fn numbers_of_virtual_blocks() {
        assert_eq!(Bandwidth::ALL.map(|b| n_vrb_dl(b, Gap::First)), [6, 14, 24, 46, 64, 96].map(Some));
        let second = [None, None, None, Some(36), Some(64), Some(96)];
        assert_eq!(Bandwidth::ALL.map(|b| n_vrb_dl(b, Gap::Second)), second);
    }
}
