//! Which resource-element groups the PHICH takes, so that the PDCCH can be found beside it. TS 36.211 §6.9.
//!
//! The PHICH itself, answers to uplink data, is not read.

use super::{CellConfig, may_be_special, pcfich, reg::Reg, reg::regs_of_symbol};
use crate::cell::{Duplex, PhichDuration, PhichResource, TddAssignment};

/// The factor m_i by uplink-downlink configuration and subframe. TS 36.211 Table 6.9-1.
static M_I: [[u8; 10]; 7] = [
    [2, 1, 0, 0, 0, 2, 1, 0, 0, 0],
    [0, 1, 0, 0, 1, 0, 1, 0, 0, 1],
    [0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
    [1, 0, 0, 0, 0, 0, 0, 0, 1, 1],
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 0],
    [1, 1, 0, 0, 0, 1, 1, 0, 0, 1],
];

/// The factors m_i that `subframe` (0–9) may have before SIB1 has told the uplink-downlink configuration: each value
/// once, the commonest first. FDD has 1 throughout. TS 36.211 §6.9.
pub fn possible_factors(duplex: Duplex, subframe: usize) -> impl Iterator<Item = usize> + Clone {
    let count = move |factor: usize| match duplex {
        Duplex::Fdd => usize::from(factor == 1),
        Duplex::Tdd => M_I.iter().filter(|row| usize::from(row[subframe % 10]) == factor).count(),
    };
    let mut factors = [0, 1, 2];
    factors.sort_by_key(|&factor| std::cmp::Reverse(count(factor)));
    factors.into_iter().filter(move |&factor| count(factor) > 0)
}

/// The factor m_i of `subframe` (0–9) of a TDD cell. TS 36.211 Table 6.9-1.
#[must_use]
pub fn factor(assignment: TddAssignment, subframe: usize) -> usize {
    usize::from(M_I[usize::from(assignment.get())][subframe % 10])
}

/// PHICH mapping units of a subframe with factor `m_i`: m_i·⌈N_g·N_RB^DL/8⌉. With the extended prefix two PHICH groups
/// share a unit, so the number is the same. TS 36.211 §6.9, §6.9.3.
fn mapping_units(cell: &CellConfig, m_i: usize) -> usize {
    let n_rb_dl = cell.bandwidth.n_rb_dl();
    let groups = match cell.phich_resource {
        PhichResource::OneSixth => n_rb_dl.div_ceil(48),
        PhichResource::Half => n_rb_dl.div_ceil(16),
        PhichResource::One => n_rb_dl.div_ceil(8),
        PhichResource::Two => (2 * n_rb_dl).div_ceil(8),
    };
    m_i * groups
}

/// The resource-element groups of the PHICH in a non-MBSFN subframe with factor `m_i` (1 for FDD), three a mapping
/// unit, unit after unit. TS 36.211 §6.9.3.
#[must_use]
pub fn regs(cell: &CellConfig, subframe: usize, m_i: usize) -> Vec<Reg> {
    let taken = pcfich::regs(cell);
    let free: [Vec<Reg>; 3] = [0, 1, 2].map(|l| regs_of_symbol(cell, l).filter(|reg| !taken.contains(reg)).collect());
    let special = may_be_special(cell.duplex, subframe);
    let extended = cell.phich_duration == PhichDuration::Extended;
    let n_reference = if extended && special { free[1].len() } else { free[0].len() };
    let n_id = usize::from(cell.pci.get());
    (0..mapping_units(cell, m_i))
        .flat_map(|unit| (0..3).map(move |i| (unit, i)))
        .map(|(unit, i)| {
            let l = match (extended, special) {
                (false, _) => 0,
                (true, true) => (unit / 2 + i + 1) % 2,
                (true, false) => i,
            };
            let n = free[l].len();
            free[l][(n_id * n / n_reference + unit + i * n / 3) % n]
        })
        .collect()
}

/// The least number of control symbols that the PHICH duration leaves. TS 36.211 Table 6.9.3-1.
#[must_use]
pub fn least_control_symbols(cell: &CellConfig, subframe: usize) -> usize {
    match cell.phich_duration {
        PhichDuration::Normal => 1,
        PhichDuration::Extended if may_be_special(cell.duplex, subframe) => 2,
        PhichDuration::Extended => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::reg::tests::cell, *};
    use crate::cell::{AntennaPorts, Bandwidth, CyclicPrefix, Pci};

    const RESOURCES: [PhichResource; 4] =
        [PhichResource::OneSixth, PhichResource::Half, PhichResource::One, PhichResource::Two];

    /// Uplink subframes have no PHICH, and each uplink subframe's answers stand somewhere: Σ m_i over a frame is the
    /// number of uplink subframes (Table 4.2-2: 6, 4, 2, 3, 2, 1, 5).
    #[test]
    fn factors_add_up_to_the_uplink_subframes() {
        let sums = M_I.map(|row| row.iter().sum::<u8>());
        assert_eq!(sums, [6, 4, 2, 3, 2, 1, 5]);
    }

    #[test]
    fn factors_before_sib1() {
        assert!(possible_factors(Duplex::Fdd, 5).eq([1]));
        assert!(possible_factors(Duplex::Tdd, 5).eq([0, 1, 2]));
        assert!(possible_factors(Duplex::Tdd, 1).eq([0, 1]));
        assert_eq!(factor(TddAssignment::new(0).expect("in range"), 5), 2);
    }

    #[test]
    fn no_group_is_taken_twice() {
        for bandwidth in Bandwidth::ALL {
            for phich_resource in RESOURCES {
                for phich_duration in [PhichDuration::Normal, PhichDuration::Extended] {
                    for (duplex, subframe, m_i) in [(Duplex::Fdd, 5, 1), (Duplex::Tdd, 1, 1), (Duplex::Tdd, 0, 2)] {
                        for pci in [0, 7, 130, 503].into_iter().filter_map(Pci::new) {
                            let cell = CellConfig { bandwidth, phich_resource, phich_duration, duplex, pci, ..cell() };
                            if bandwidth == Bandwidth::Rb6 && mapping_units(&cell, m_i) > 2 {
                                // More than the 8 groups of one symbol can hold; no cell can be set up so.
                                continue;
                            }
                            let mut all = regs(&cell, subframe, m_i);
                            all.extend(pcfich::regs(&cell));
                            let count = all.len();
                            all.sort_unstable();
                            all.dedup();
                            assert_eq!(all.len(), count, "{cell:?} subframe {subframe}");
                            assert_eq!(count, 4 + 3 * mapping_units(&cell, m_i));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn extended_duration_spreads_over_the_symbols() {
        let cell = CellConfig {
            phich_duration: PhichDuration::Extended,
            ports: AntennaPorts::Four,
            cp: CyclicPrefix::Extended,
            ..cell()
        };
        assert!(regs(&cell, 5, 1).chunks(3).all(|unit| unit[0].l == 0 && unit[1].l == 1 && unit[2].l == 2));
        let tdd = CellConfig { duplex: Duplex::Tdd, ..cell };
        let symbols: Vec<usize> = regs(&tdd, 1, 1).iter().map(|reg| reg.l).collect();
        assert_eq!(symbols[..12], [1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 0]);
    }

    #[test]
    fn units_round_up() {
        let units = |n_rb: Bandwidth, phich_resource| {
            mapping_units(&CellConfig { bandwidth: n_rb, phich_resource, ..cell() }, 1)
        };
        assert_eq!(RESOURCES.map(|r| units(Bandwidth::Rb6, r)), [1, 1, 1, 2]);
        assert_eq!(RESOURCES.map(|r| units(Bandwidth::Rb25, r)), [1, 2, 4, 7]);
        assert_eq!(RESOURCES.map(|r| units(Bandwidth::Rb100, r)), [3, 7, 13, 25]);
    }
}
