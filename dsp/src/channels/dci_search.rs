//! The likeliest DCI of a broadcast that the redundancy version is known of: by comparison with all that may be sent.
//! TS 36.212 §5.3.3.
//!
//! In: soft bits of a candidate's coded streams. Out: a payload of format 1A. Few of its bits are unknown: blocks, I_MCS,
//! and the column of the size table. Code and CRC are linear, so that the agreement of the soft bits with every
//! combination is one Walsh–Hadamard transform. A base station that assigns other blocks each time leaves no repeats that
//! add up; where noise hides a single DCI from the decoder and its CRC, this finds it 3 dB further down.

use multiversion::multiversion;

use super::{
    dci::{Dci1A, DciFormat, VirtualBlocks},
    pdcch,
};
use crate::{
    cell::{Bandwidth, Duplex, Rnti},
    coding::{
        llr::{self, Llr},
        rate_match::RedundancyVersion,
    },
    tables::{dci_sizes, tbs::NPrb1A},
};

/// Bits of I_MCS.
const MCS_BITS: usize = 5;
/// Standard deviations by which the likeliest payload must stand out of what noise gives the best of so many: chance does
/// so about once in 2,000 candidates.
const MARGIN: f32 = 1.0;

/// Compares with all localised assignments of one cell to one RNTI.
pub struct DciSearch {
    bandwidth: Bandwidth,
    duplex: Duplex,
    rnti: Rnti,
    /// Places in the payload of the unknown bits.
    unknown: Vec<usize>,
    /// Which of them change each coded bit.
    columns: Vec<u32>,
    /// Agreements, by the value of the unknown bits.
    agreements: Vec<f32>,
}

impl DciSearch {
    /// Tables for a cell.
    #[must_use]
    pub fn new(bandwidth: Bandwidth, duplex: Duplex, rnti: Rnti) -> Self {
        let payload_bits = DciFormat::Format1A.payload_bits(bandwidth, duplex);
        let assignment = dci_sizes::assignment_bits_1a(bandwidth);
        // Behind the two flags: blocks and I_MCS; behind HARQ process, new data and redundancy version: TPC's second bit.
        let size_column = 2 + assignment + MCS_BITS + dci_sizes::harq_bits(duplex) + 1 + 2 + 1;
        let unknown: Vec<usize> = (2..2 + assignment + MCS_BITS).chain([size_column]).collect();
        let mut columns = Vec::new();
        for (i, &place) in unknown.iter().enumerate() {
            let mut difference = vec![0; payload_bits];
            difference[place] = 1;
            let changed = pdcch::streams_difference(&difference);
            columns.resize(changed.len(), 0);
            columns.iter_mut().zip(changed).for_each(|(column, bit)| *column |= u32::from(bit) << i);
        }
        Self { bandwidth, duplex, rnti, unknown, columns, agreements: Vec::new() }
    }

    /// The likeliest DCI with redundancy version `rv`, where it stands out of noise.
    ///
    /// `streams` are the soft bits as [`pdcch::streams`] orders them.
    ///
    /// # Panics
    /// If there are not as many as a payload of format 1A has coded bits.
    pub fn find(&mut self, streams: &[Llr], rv: RedundancyVersion) -> Option<Dci1A> {
        assert_eq!(streams.len(), self.columns.len(), "soft bits of format 1A");
        // Any assignment with zeros in all that is unknown: one block, the first, I_MCS 0.
        let blocks = VirtualBlocks::Localised;
        let zero = Dci1A { blocks, start: 0, length: 1, i_mcs: 0, n_prb_1a: NPrb1A::Two, rv };
        let mut payload = zero.payload(self.bandwidth, self.duplex);
        let mut soft = streams.to_vec();
        llr::flip(&mut soft, &pdcch::coded_streams(&payload, self.rnti));
        self.agreements.clear();
        self.agreements.resize(1 << self.unknown.len(), 0.0);
        for (soft, column) in soft.iter().zip(&self.columns) {
            self.agreements[*column as usize] += soft;
        }
        transform(&mut self.agreements);
        let (best, agreement) = self.agreements.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        let chance = (2.0 * (self.agreements.len() as f32).ln()).sqrt();
        let limit = (chance + MARGIN) * llr::power(streams).sqrt();
        if agreement.is_nan() || limit.is_nan() || *agreement <= limit {
            return None;
        }
        for (i, place) in self.unknown.iter().enumerate() {
            payload[*place] = (best >> i & 1) as u8;
        }
        Dci1A::parse(&payload, self.bandwidth, self.duplex)
    }
}

/// Makes `values` their sums with the signs of the parities of all index pairs' common bits: Walsh–Hadamard, in natural
/// order. Their number is a power of two.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn transform(values: &mut [f32]) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::{convolutional::ConvolutionalDecoder, test_channel::TestChannel};

    const RVS: [RedundancyVersion; 4] = RedundancyVersion::ALL;

    fn dci(start: usize, length: usize, i_mcs: usize, rv: RedundancyVersion) -> Dci1A {
        Dci1A { blocks: VirtualBlocks::Localised, start, length, i_mcs, n_prb_1a: NPrb1A::Three, rv }
    }

    #[test]
    fn every_assignment_is_found_without_noise() {
        for (bandwidth, duplex) in
            [(Bandwidth::Rb6, Duplex::Fdd), (Bandwidth::Rb25, Duplex::Tdd), (Bandwidth::Rb100, Duplex::Fdd)]
        {
            let mut search = DciSearch::new(bandwidth, duplex, Rnti::SI);
            for (n, rv) in RVS.into_iter().enumerate() {
                let sent = dci(n, 2 + n / 2, 9 + n, rv);
                let bits = pdcch::coded_streams(&sent.payload(bandwidth, duplex), Rnti::SI);
                let soft: Vec<f32> = bits.iter().map(|bit| 1.0 - 2.0 * f32::from(*bit)).collect();
                assert_eq!(search.find(&soft, rv), Some(sent), "{bandwidth:?} {duplex:?}");
            }
        }
    }

    /// At -11 dB on eight control channel elements the CRC hardly ever passes.
    #[test]
    fn noise_that_hides_a_dci_from_its_decoder_does_not_hide_it() {
        let (bandwidth, duplex) = (Bandwidth::Rb25, Duplex::Fdd);
        let mut search = DciSearch::new(bandwidth, duplex, Rnti::SI);
        let mut decoder = ConvolutionalDecoder::default();
        let mut channel = TestChannel::new(7);
        let buffer = pdcch::buffer(DciFormat::Format1A.payload_bits(bandwidth, duplex));
        let (mut found, mut decoded, mut wrong) = (0, 0, 0);
        for trial in 0..100 {
            let sent = dci(trial % 20, 1 + trial % 5, 5 + trial % 20, RVS[trial % 4]);
            let coded = pdcch::encode_dci(&sent.payload(bandwidth, duplex), Rnti::SI, 8);
            let mut soft = Vec::new();
            pdcch::streams(&channel.transmit(&coded, -11.0), &buffer, &mut soft);
            match search.find(&soft, sent.rv) {
                Some(dci) if dci == sent => found += 1,
                Some(_) => wrong += 1,
                None => {}
            }
            decoded += usize::from(pdcch::decode(&soft, Rnti::SI, &mut decoder).is_some());
        }
        assert!(found >= 45 && decoded < 20 && wrong == 0, "found {found}, decoded {decoded}, wrong {wrong}");
    }

    #[test]
    fn noise_is_no_dci() {
        let mut search = DciSearch::new(Bandwidth::Rb25, Duplex::Fdd, Rnti::SI);
        let mut channel = TestChannel::new(8);
        let nothing = vec![0; search.columns.len()];
        let found = (0..300).filter(|_| search.find(&channel.transmit(&nothing, -30.0), RVS[0]).is_some()).count();
        assert!(found <= 1, "{found} of 300");
        assert_eq!(search.find(&vec![0.0; nothing.len()], RVS[0]), None);
        assert_eq!(search.find(&vec![f32::NAN; nothing.len()], RVS[0]), None);
    }
}
