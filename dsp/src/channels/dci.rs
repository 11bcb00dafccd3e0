//! Downlink control information of the broadcast: formats 1A and 1C. TS 36.212 §5.3.3, TS 36.213 §7.1.
//!
//! In: payload bits after the CRC. Out: where the transport block is and how long. Bits that no base station sends to
//! SI-RNTI, P-RNTI or RA-RNTI give `None`: the CRC passed by chance.

use super::virtual_blocks::{PrbSet, distributed, localised};
use crate::{
    cell::{Bandwidth, Duplex, Sfn},
    coding::rate_match::RedundancyVersion,
    tables::{
        dci_sizes,
        rb_gap::{self, Gap},
        tbs::{NPrb1A, tbs_1a, tbs_1c},
    },
};

/// A format of DCI that schedules the broadcast. TS 36.212 §5.3.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DciFormat {
    /// Compact scheduling of one codeword.
    Format1A,
    /// Very compact scheduling of one codeword, always distributed.
    Format1C,
}

impl DciFormat {
    /// Both, in the order to be tried.
    pub const ALL: [Self; 2] = [Self::Format1A, Self::Format1C];

    /// Payload bits, CRC not counted. TS 36.212 §5.3.3.1.
    #[must_use]
    pub fn payload_bits(self, bandwidth: Bandwidth, duplex: Duplex) -> usize {
        match self {
            Self::Format1A => dci_sizes::format_1a_bits(bandwidth, duplex),
            Self::Format1C => dci_sizes::format_1c_bits(bandwidth),
        }
    }
}

/// Kind of the virtual resource blocks assigned. TS 36.211 §6.2.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VirtualBlocks {
    /// Localised: the physical blocks of the same numbers.
    Localised,
    /// Distributed over the carrier with a gap between the slots.
    Distributed(Gap),
}

/// DCI format 1A to SI-RNTI, P-RNTI or RA-RNTI. TS 36.212 §5.3.3.1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dci1A {
    /// Kind of the assigned blocks.
    pub blocks: VirtualBlocks,
    /// First virtual block, RB_start.
    pub start: usize,
    /// Number of virtual blocks, L_CRBs.
    pub length: usize,
    /// I_MCS, here the same as I_TBS, 0–26.
    pub i_mcs: usize,
    /// Column of the size table, from the TPC field.
    pub n_prb_1a: NPrb1A,
    /// Redundancy version.
    pub rv: RedundancyVersion,
}

/// DCI format 1C to SI-RNTI, P-RNTI or RA-RNTI. TS 36.212 §5.3.3.1.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dci1C {
    /// Gap of the distributed blocks.
    pub gap: Gap,
    /// First virtual block, a multiple of N_RB^step.
    pub start: usize,
    /// Number of virtual blocks, a multiple of N_RB^step.
    pub length: usize,
    /// I_TBS, 0–31.
    pub i_tbs: usize,
}

/// A downlink assignment of the broadcast: QPSK, one codeword. TS 36.213 §7.1.6, §7.1.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DlAssignment {
    /// Physical resource blocks of the even and of the odd slot.
    pub prbs: [PrbSet; 2],
    /// Transport block size in bits.
    pub tbs: usize,
    /// Redundancy version; format 1C has none, see [`sib1_rv`] and [`si_rv`].
    pub rv: Option<RedundancyVersion>,
}

/// Takes fields off the front of a payload, most significant bit first.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// The next `bits` bits, or `None` past the end.
    fn take(&mut self, bits: usize) -> Option<usize> {
        let (field, rest) = self.0.split_at_checked(bits)?;
        self.0 = rest;
        Some(field.iter().fold(0, |value, bit| value << 1 | usize::from(bit & 1)))
    }
}

/// Appends fields to a payload, most significant bit first.
fn put(payload: &mut Vec<u8>, bits: usize, value: usize) {
    payload.extend((0..bits).rev().map(|i| (value >> i & 1) as u8));
}

/// Resource indication value of `length` blocks from `start` out of `n`. TS 36.213 §7.1.6.3.
fn to_riv(start: usize, length: usize, n: usize) -> usize {
    if length - 1 <= n / 2 { n * (length - 1) + start } else { n * (n - length + 1) + (n - 1 - start) }
}

/// `(start, length)` of a resource indication value, or `None` where no run of blocks has it. TS 36.213 §7.1.6.3.
fn from_riv(riv: usize, n: usize) -> Option<(usize, usize)> {
    let (quotient, remainder) = (riv.checked_div(n)?, riv % n);
    let (start, length) = if quotient + remainder < n {
        (remainder, quotient + 1)
    } else {
        (n - 1 - remainder, (n + 1).checked_sub(quotient)?)
    };
    (length > 0 && start + length <= n && to_riv(start, length, n) == riv).then_some((start, length))
}

impl Dci1A {
    /// Reads a payload, or `None` where it is no format 1A of the broadcast. TS 36.212 §5.3.3.1.3.
    #[must_use]
    pub fn parse(payload: &[u8], bandwidth: Bandwidth, duplex: Duplex) -> Option<Self> {
        if payload.len() != DciFormat::Format1A.payload_bits(bandwidth, duplex) {
            return None;
        }
        let mut fields = Fields(payload);
        let is_format_1a = fields.take(1)? == 1;
        let is_distributed = fields.take(1)? == 1;
        let riv = fields.take(dci_sizes::assignment_bits_1a(bandwidth))?;
        let i_mcs = fields.take(5)?;
        let _harq_reserved = fields.take(dci_sizes::harq_bits(duplex))?;
        let new_data = fields.take(1)?;
        let rv = RedundancyVersion::ALL[fields.take(2)?];
        let tpc = fields.take(2)?;
        let _assignment_index_reserved = fields.take(dci_sizes::assignment_index_bits(duplex))?;
        let padding = fields.take(fields.0.len())?;
        let (start, length) = from_riv(riv, bandwidth.n_rb_dl())?;
        let blocks = match (is_distributed, rb_gap::has_second_gap(bandwidth) && new_data == 1) {
            (false, _) => VirtualBlocks::Localised,
            (true, false) => VirtualBlocks::Distributed(Gap::First),
            (true, true) => VirtualBlocks::Distributed(Gap::Second),
        };
        let n_prb_1a = if tpc & 1 == 0 { NPrb1A::Two } else { NPrb1A::Three };
        let dci = Self { blocks, start, length, i_mcs, n_prb_1a, rv };
        (is_format_1a && padding == 0 && dci.assignment(bandwidth).is_some()).then_some(dci)
    }

    /// The payload, reserved fields 0. TS 36.212 §5.3.3.1.3.
    ///
    /// # Panics
    /// If the assignment is none: blocks that the bandwidth has not, or an I_MCS above 26.
    #[must_use]
    pub fn payload(&self, bandwidth: Bandwidth, duplex: Duplex) -> Vec<u8> {
        assert!(self.assignment(bandwidth).is_some(), "{self:?} does not exist at {bandwidth:?}");
        let second_gap = self.blocks == VirtualBlocks::Distributed(Gap::Second);
        let mut payload = vec![1, u8::from(self.blocks != VirtualBlocks::Localised)];
        let riv = to_riv(self.start, self.length, bandwidth.n_rb_dl());
        put(&mut payload, dci_sizes::assignment_bits_1a(bandwidth), riv);
        put(&mut payload, 5, self.i_mcs);
        put(&mut payload, dci_sizes::harq_bits(duplex), 0);
        put(&mut payload, 1, usize::from(second_gap));
        put(&mut payload, 2, usize::from(self.rv.get()));
        put(&mut payload, 2, self.n_prb_1a as usize);
        payload.resize(DciFormat::Format1A.payload_bits(bandwidth, duplex), 0);
        payload
    }

    /// What it assigns, or `None` for blocks that the bandwidth has not or a reserved I_MCS. TS 36.213 §7.1.6.3, §7.1.7.
    #[must_use]
    pub fn assignment(&self, bandwidth: Bandwidth) -> Option<DlAssignment> {
        let end = self.start.checked_add(self.length)?;
        if self.length == 0 || end > bandwidth.n_rb_dl() {
            return None;
        }
        let prbs = match self.blocks {
            VirtualBlocks::Localised => localised(self.start..end),
            VirtualBlocks::Distributed(gap) => distributed(self.start..end, bandwidth, gap)?,
        };
        Some(DlAssignment { prbs, tbs: tbs_1a(self.i_mcs, self.n_prb_1a)?, rv: Some(self.rv) })
    }
}

impl Dci1C {
    /// Reads a payload, or `None` where it is no format 1C. TS 36.212 §5.3.3.1.4.
    #[must_use]
    pub fn parse(payload: &[u8], bandwidth: Bandwidth) -> Option<Self> {
        if payload.len() != dci_sizes::format_1c_bits(bandwidth) {
            return None;
        }
        let mut fields = Fields(payload);
        let second_gap = fields.take(usize::from(rb_gap::has_second_gap(bandwidth)))? == 1;
        let gap = if second_gap { Gap::Second } else { Gap::First };
        let riv = fields.take(dci_sizes::assignment_bits_1c(bandwidth))?;
        let i_tbs = fields.take(5)?;
        let step = rb_gap::n_rb_step(bandwidth);
        let (start, length) = from_riv(riv, rb_gap::n_vrb_dl(bandwidth, gap)? / step)?;
        Some(Self { gap, start: start * step, length: length * step, i_tbs })
    }

    /// The payload. TS 36.212 §5.3.3.1.4.
    ///
    /// # Panics
    /// If the assignment is none: blocks that the bandwidth has not, or not in whole steps, or an I_TBS above 31.
    #[must_use]
    pub fn payload(&self, bandwidth: Bandwidth) -> Vec<u8> {
        assert!(self.assignment(bandwidth).is_some(), "{self:?} does not exist at {bandwidth:?}");
        let step = rb_gap::n_rb_step(bandwidth);
        let blocks = rb_gap::n_vrb_dl(bandwidth, self.gap).unwrap_or(0) / step;
        let mut payload = Vec::new();
        put(&mut payload, usize::from(rb_gap::has_second_gap(bandwidth)), self.gap as usize);
        put(
            &mut payload,
            dci_sizes::assignment_bits_1c(bandwidth),
            to_riv(self.start / step, self.length / step, blocks),
        );
        put(&mut payload, 5, self.i_tbs);
        payload
    }

    /// What it assigns, or `None` for blocks that the bandwidth has not. TS 36.213 §7.1.6.3, §7.1.7.2.3.
    #[must_use]
    pub fn assignment(&self, bandwidth: Bandwidth) -> Option<DlAssignment> {
        let end = self.start.checked_add(self.length)?;
        let step = rb_gap::n_rb_step(bandwidth);
        if self.length == 0 || !self.start.is_multiple_of(step) || !self.length.is_multiple_of(step) {
            return None;
        }
        let prbs = distributed(self.start..end, bandwidth, self.gap)?;
        Some(DlAssignment { prbs, tbs: tbs_1c(self.i_tbs)?, rv: None })
    }
}

/// Reads a payload of `format`, or `None` where it assigns nothing in the broadcast. TS 36.213 §7.1.
#[must_use]
pub fn parse(format: DciFormat, payload: &[u8], bandwidth: Bandwidth, duplex: Duplex) -> Option<DlAssignment> {
    match format {
        DciFormat::Format1A => Dci1A::parse(payload, bandwidth, duplex)?.assignment(bandwidth),
        DciFormat::Format1C => Dci1C::parse(payload, bandwidth)?.assignment(bandwidth),
    }
}

/// What changes in a format 1A payload from one redundancy version to another, to be combined over repetitions of SIB1.
/// TS 36.212 §5.3.3.1.3.
#[must_use]
pub fn rv_difference(bandwidth: Bandwidth, duplex: Duplex, from: RedundancyVersion, to: RedundancyVersion) -> Vec<u8> {
    let mut payload = vec![0; 1 + 1 + dci_sizes::assignment_bits_1a(bandwidth) + 5 + dci_sizes::harq_bits(duplex) + 1];
    put(&mut payload, 2, usize::from(from.get() ^ to.get()));
    payload.resize(DciFormat::Format1A.payload_bits(bandwidth, duplex), 0);
    payload
}

/// RV_K = ⌈3/2·k⌉ mod 4, the redundancy versions of system information in order. TS 36.321 §5.3.1.
const fn rv(k: usize) -> RedundancyVersion {
    RedundancyVersion::ALL[(3 * k).div_ceil(2) % 4]
}

/// Redundancy version of SIB1 in an even frame, k = (SFN/2) mod 4. TS 36.321 §5.3.1.
#[must_use]
pub const fn sib1_rv(sfn: Sfn) -> RedundancyVersion {
    rv(sfn.get() as usize / 2 % 4)
}

/// Redundancy version of an SI message in subframe `i` of its SI window, k = i mod 4. TS 36.321 §5.3.1.
#[must_use]
pub const fn si_rv(i: usize) -> RedundancyVersion {
    rv(i % 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> Vec<u8> {
        text.bytes().map(|b| b - b'0').collect()
    }

    /// From the independent transmitter's vectors: 100 RB, 15 RB, 6 RB, TDD 50 RB and format 1C at 50 RB.
    #[test]
    fn payloads_of_an_independent_transmitter() {
        let cases = [
            ("1000000110111110001000000101", Bandwidth::Rb100, Duplex::Fdd, &[23, 24, 25][..], 144, 1),
            ("1001101110011000000001", Bandwidth::Rb15, Duplex::Fdd, &[10, 11, 12, 13], 256, 0),
            ("100100000010000001010", Bandwidth::Rb6, Duplex::Fdd, &[2, 3], 144, 1),
            ("10000110000100011000000100100", Bandwidth::Rb50, Duplex::Tdd, &[44, 45, 46, 47], 256, 2),
        ];
        for (text, bandwidth, duplex, prbs, tbs, rv) in cases {
            let dci = Dci1A::parse(&bits(text), bandwidth, duplex).expect("valid");
            let assignment = dci.assignment(bandwidth).expect("valid");
            assert_eq!(assignment.prbs[0].iter().collect::<Vec<_>>(), prbs, "{text}");
            assert_eq!(
                (assignment.prbs[1], assignment.tbs, assignment.rv),
                (assignment.prbs[0], tbs, RedundancyVersion::new(rv))
            );
            assert_eq!(dci.payload(bandwidth, duplex), bits(text));
        }
        let dci = Dci1C::parse(&bits("0000000001001"), Bandwidth::Rb50).expect("valid");
        let assignment = dci.assignment(Bandwidth::Rb50).expect("valid");
        assert_eq!(assignment.prbs.map(|slot| slot.iter().collect::<Vec<_>>()), [[0, 12, 27, 39]; 2]);
        assert_eq!((assignment.tbs, assignment.rv), (256, None));
    }

    #[test]
    fn every_run_of_blocks_has_its_own_value() {
        for n in [1, 2, 3, 6, 7, 11, 24, 25, 50, 75, 100] {
            let mut seen = vec![false; n * (n + 1) / 2];
            for start in 0..n {
                for length in 1..=n - start {
                    let riv = to_riv(start, length, n);
                    assert!(!std::mem::replace(&mut seen[riv], true), "n {n} start {start} length {length}");
                    assert_eq!(from_riv(riv, n), Some((start, length)));
                }
            }
            assert!((seen.len()..4 * seen.len() + 8).all(|riv| from_riv(riv, n).is_none()));
        }
        assert_eq!(from_riv(0, 0), None);
    }

    #[test]
    fn formats_round_trip() {
        for bandwidth in Bandwidth::ALL {
            for duplex in [Duplex::Fdd, Duplex::Tdd] {
                for blocks in [
                    VirtualBlocks::Localised,
                    VirtualBlocks::Distributed(Gap::First),
                    VirtualBlocks::Distributed(Gap::Second),
                ] {
                    let dci = Dci1A {
                        blocks,
                        start: 1,
                        length: 4,
                        i_mcs: 26,
                        n_prb_1a: NPrb1A::Three,
                        rv: RedundancyVersion::ALL[3],
                    };
                    if dci.assignment(bandwidth).is_none() {
                        assert!(blocks == VirtualBlocks::Distributed(Gap::Second) && bandwidth < Bandwidth::Rb50);
                        continue;
                    }
                    assert_eq!(Dci1A::parse(&dci.payload(bandwidth, duplex), bandwidth, duplex), Some(dci));
                }
            }
            for gap in [Gap::First, Gap::Second] {
                let step = rb_gap::n_rb_step(bandwidth);
                let dci = Dci1C { gap, start: step, length: 2 * step, i_tbs: 31 };
                if dci.assignment(bandwidth).is_some() {
                    assert_eq!(Dci1C::parse(&dci.payload(bandwidth), bandwidth), Some(dci));
                }
            }
        }
    }

    #[test]
    fn malformed_payloads_are_not_dci() {
        let (bandwidth, duplex) = (Bandwidth::Rb25, Duplex::Fdd);
        let good = bits("1000101001100110000000010");
        assert!(Dci1A::parse(&good, bandwidth, duplex).is_some());
        let mut format_0 = good.clone();
        format_0[0] = 0;
        let mut padded_with_one = good.clone();
        padded_with_one[24] = 1;
        let mut no_such_run = good.clone();
        no_such_run[2..11].fill(1);
        let mut reserved_mcs = good.clone();
        reserved_mcs[11..16].copy_from_slice(&[1, 1, 0, 1, 1]);
        for bad in [format_0, padded_with_one, no_such_run, reserved_mcs, good[1..].to_vec(), vec![]] {
            assert_eq!(Dci1A::parse(&bad, bandwidth, duplex), None, "{bad:?}");
        }
        assert_eq!(Dci1C::parse(&[1; 12], bandwidth), None);
        assert_eq!(Dci1C::parse(&[], bandwidth), None);
    }

    #[test]
    fn only_the_redundancy_version_differs() {
        for duplex in [Duplex::Fdd, Duplex::Tdd] {
            let payload = |rv| {
                let blocks = VirtualBlocks::Distributed(Gap::First);
                Dci1A { blocks, start: 2, length: 3, i_mcs: 5, n_prb_1a: NPrb1A::Three, rv }
                    .payload(Bandwidth::Rb50, duplex)
            };
            let [_, one, two, _] = RedundancyVersion::ALL;
            let xor: Vec<u8> = payload(two).iter().zip(payload(one)).map(|(a, b)| a ^ b).collect();
            assert_eq!(rv_difference(Bandwidth::Rb50, duplex, two, one), xor);
        }
    }

    #[test]
    fn redundancy_versions_come_in_the_order_0_2_3_1() {
        assert_eq!([0, 2, 4, 6, 8].map(|sfn| sib1_rv(Sfn::wrapping(sfn)).get()), [0, 2, 3, 1, 0]);
        assert_eq!([0, 1, 2, 3, 4].map(|i| si_rv(i).get()), [0, 2, 3, 1, 0]);
    }
}
