//! Physical downlink control channel, as far as its common search space. TS 36.211 §6.8, TS 36.212 §5.3.3, TS 36.213 §9.1.1.

use std::ops::Range;

use super::{
    CellConfig, pcfich, phich_mapping,
    reg::{self, Reg},
};
use crate::{
    cell::Rnti,
    coding::{
        convolutional::{self, ConvolutionalDecoder},
        crc::CRC16,
        demap::Modulation,
        llr::Llr,
        rate_match::{CircularBuffer, sub_block_order},
        scrambling,
    },
    grid::{
        ChannelEstimate, ResourceGrid,
        equalise::{self, Element},
    },
    sequences::gold::GoldSequence,
};

/// Resource-element groups of a control channel element. TS 36.211 §6.8.1.
const REGS_PER_CCE: usize = 9;
/// Control channel elements of the common search space at most. TS 36.213 §9.1.1.
const COMMON_CCES: usize = 16;
/// Bits of a control channel element in QPSK.
pub const BITS_PER_CCE: usize = 72;

/// Where a PDCCH may stand: CCEs from `first_cce` on. TS 36.213 §9.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// First control channel element.
    pub first_cce: usize,
    /// Aggregation level, number of control channel elements.
    pub aggregation: usize,
}

impl Candidate {
    /// Its bits among those of all control channel elements.
    #[must_use]
    pub const fn bits(self) -> Range<usize> {
        self.first_cce * BITS_PER_CCE..(self.first_cce + self.aggregation) * BITS_PER_CCE
    }
}

/// The control region of one subframe: which resource elements carry which control channel elements. TS 36.211 §6.8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlRegion {
    cell: CellConfig,
    subframe: usize,
    /// The group of each symbol quadruplet, in the order before interleaving.
    quadruplets: Vec<Reg>,
    /// The resource elements of the common search space.
    common: Vec<Element>,
}

impl ControlRegion {
    /// The region of `control_symbols` symbols in `subframe` (0–9), beside a PHICH with factor `m_i` (1 for FDD).
    ///
    /// `None` where the standard allows no such region: more than four symbols, or fewer than the PHICH takes.
    #[must_use]
    pub fn new(cell: &CellConfig, subframe: usize, control_symbols: usize, m_i: usize) -> Option<Self> {
        if control_symbols > 4 || control_symbols < phich_mapping::least_control_symbols(cell, subframe) {
            return None;
        }
        let mut taken = phich_mapping::regs(cell, subframe, m_i);
        taken.extend(pcfich::regs(cell));
        taken.sort_unstable();
        let free: Vec<Reg> = reg::regs(cell, control_symbols).filter(|reg| taken.binary_search(reg).is_err()).collect();
        let mut quadruplets = free.clone();
        let shift = usize::from(cell.pci.get()) % free.len().max(1);
        for (i, quadruplet) in sub_block_order(free.len()).enumerate() {
            // w̄(i) = w((i + N_ID) mod M) stands in group i.
            quadruplets[quadruplet] = free[(i + free.len() - shift) % free.len()];
        }
        let mut region = Self { cell: *cell, subframe, quadruplets, common: Vec::new() };
        region.common = region.elements(0..region.cces().min(COMMON_CCES));
        Some(region)
    }

    /// N_CCE, the number of control channel elements. TS 36.211 §6.8.1.
    #[must_use]
    pub fn cces(&self) -> usize {
        self.quadruplets.len() / REGS_PER_CCE
    }

    /// The candidates of the common search space, larger ones first. TS 36.213 §9.1.1.
    pub fn common_search_space(&self) -> impl Iterator<Item = Candidate> {
        let cces = self.cces();
        [(8, 2), (4, 4)].into_iter().flat_map(move |(aggregation, candidates)| {
            (0..candidates.min(cces / aggregation)).map(move |m| Candidate { first_cce: m * aggregation, aggregation })
        })
    }

    /// The resource elements of the control channel elements `cces`, in the order of their symbols; none if the region
    /// has fewer. TS 36.211 §6.8.5.
    #[must_use]
    pub fn elements(&self, cces: Range<usize>) -> Vec<Element> {
        let quadruplets = self.quadruplets.get(cces.start * REGS_PER_CCE..cces.end * REGS_PER_CCE).unwrap_or(&[]);
        quadruplets.iter().flat_map(|reg| reg.elements(&self.cell)).collect()
    }

    /// The scrambling sequence from control channel element `first_cce` on. TS 36.211 §6.8.2.
    fn scrambling_sequence(&self, first_cce: usize) -> GoldSequence {
        let mut sequence = GoldSequence::new(((self.subframe as u32) << 9) + u32::from(self.cell.pci.get()));
        sequence.advance(first_cce * BITS_PER_CCE);
        sequence
    }

    /// Sets `soft` to the descrambled soft bits of the control channel elements of the common search space, up to 16 of
    /// them, 72 each. TS 36.211 §6.8.
    pub fn soft_bits(&self, received: &ResourceGrid, channel: &ChannelEstimate, soft: &mut Vec<Llr>) {
        soft.resize(2 * self.common.len(), 0.0);
        equalise::soft_bits(received, channel, self.cell.ports, &self.common, soft);
        scrambling::descramble(soft, &mut self.scrambling_sequence(0));
    }

    /// Adds the coded bits of one PDCCH, 72 a control channel element, to the grids of the antenna ports; nothing if the
    /// region has too few elements for it. TS 36.211 §6.8.
    pub fn map(&self, first_cce: usize, coded: &[u8], ports: &mut [ResourceGrid]) {
        let elements = self.elements(first_cce..first_cce + coded.len() / BITS_PER_CCE);
        let mut bits = coded.to_vec();
        scrambling::scramble(&mut bits, &mut self.scrambling_sequence(first_cce));
        equalise::map_symbols(Modulation::Qpsk.modulate(&bits), &elements, ports);
    }
}

/// The coded streams of `payload` for `rnti`. TS 36.212 §5.3.3.2, §5.3.3.3.
fn streams_of(payload: &[u8], crc_mask: u32) -> Vec<u8> {
    let mut bits = Vec::new();
    CRC16.attach(payload, crc_mask, &mut bits);
    let mut streams = vec![0; 3 * bits.len()];
    convolutional::encode(&bits, &mut streams);
    streams
}

/// The bits of the coded streams of a DCI `payload` for `rnti`, in the order of [`streams`]. TS 36.212 §5.3.3.
#[must_use]
pub fn coded_streams(payload: &[u8], rnti: Rnti) -> Vec<u8> {
    streams_of(payload, u32::from(rnti.0))
}

/// The coded bits of a DCI `payload` for `rnti` on `aggregation` control channel elements. TS 36.212 §5.3.3.
#[must_use]
pub fn encode_dci(payload: &[u8], rnti: Rnti, aggregation: usize) -> Vec<u8> {
    let streams = streams_of(payload, u32::from(rnti.0));
    let mut coded = vec![0; aggregation * BITS_PER_CCE];
    CircularBuffer::convolutional(streams.len() / 3).select(&streams, 0, &mut coded);
    coded
}

/// The order in which the coded bits of a DCI of `payload_bits` are sent. TS 36.212 §5.3.3.4.
#[must_use]
pub fn buffer(payload_bits: usize) -> CircularBuffer {
    CircularBuffer::convolutional(payload_bits + CRC16.parity_bits())
}

/// Sets `streams` to the soft bits of the coded streams of a DCI that is sent in the order of `buffer`, from those of one
/// candidate: 3·(payload + CRC16). TS 36.212 §5.3.3.4.
///
/// Those of the same DCI sent again may be added before decoding; see [`streams_difference`].
pub fn streams(candidate: &[Llr], buffer: &CircularBuffer, streams: &mut Vec<Llr>) {
    streams.clear();
    streams.resize(buffer.bits_a_turn(), 0.0);
    buffer.accumulate(candidate, 0, streams);
}

/// Which bits of the coded streams differ between two payloads for one RNTI, from the difference (exclusive or) of the
/// payloads: code and CRC are linear, and the CRC's mask cancels. With [`flip`](crate::coding::llr::flip) the soft bits
/// of one become those of the other.
#[must_use]
pub fn streams_difference(payload_difference: &[u8]) -> Vec<u8> {
    streams_of(payload_difference, 0)
}

/// A DCI whose CRC passed for an RNTI.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecodedDci<'a> {
    /// Payload bits.
    pub payload: &'a [u8],
    /// Agreement of the soft bits with its codeword, 0 to 1: near 1 without noise, small where the CRC passed by chance.
    pub agreement: f32,
}

/// Decodes soft bits of the coded streams; `None` if the CRC is not that of `rnti`. TS 36.212 §5.3.3.
#[must_use]
pub fn decode<'a>(streams: &[Llr], rnti: Rnti, decoder: &'a mut ConvolutionalDecoder) -> Option<DecodedDci<'a>> {
    let (bits, agreement) = decoder.decode(streams);
    Some(DecodedDci { payload: CRC16.check(bits, u32::from(rnti.0))?, agreement })
}

#[cfg(test)]
mod tests {
    use super::{super::reg::tests::cell, *};
    use crate::{
        cell::{AntennaPorts, Bandwidth, PhichDuration, PhichResource},
        coding::llr::{combine, flip},
    };

    fn payload(seed: u32, bits: usize) -> Vec<u8> {
        GoldSequence::new(seed).take(bits).map(u8::from).collect()
    }

    fn soft(bits: &[u8]) -> Vec<Llr> {
        bits.iter().map(|bit| 1.0 - 2.0 * f32::from(*bit)).collect()
    }

    /// On dirty memory.
    fn streams(candidate: &[Llr], payload_bits: usize) -> Vec<Llr> {
        let mut streams = vec![9.0; 7];
        super::streams(candidate, &buffer(payload_bits), &mut streams);
        streams
    }

    /// N_REG = groups of the symbols less 4 of the PCFICH and 3 a PHICH unit, by hand: 25 blocks, two symbols, N_g 1:
    /// 50 + 75 - 4 - 12 = 109 groups, 12 elements. 100 blocks, three symbols, N_g 1/6: 200 + 600 - 4 - 9 = 787.
    #[test]
    fn number_of_control_channel_elements() {
        let region = |cell: CellConfig, symbols| ControlRegion::new(&cell, 5, symbols, 1).expect("allowed").cces();
        assert_eq!(region(cell(), 2), 12);
        let wide = CellConfig { bandwidth: Bandwidth::Rb100, phich_resource: PhichResource::OneSixth, ..cell() };
        assert_eq!(region(wide, 3), 87);
        assert_eq!(region(CellConfig { bandwidth: Bandwidth::Rb6, ..cell() }, 2), 2);
    }

    #[test]
    fn regions_the_standard_does_not_have() {
        let extended = CellConfig { phich_duration: PhichDuration::Extended, ..cell() };
        assert_eq!(ControlRegion::new(&extended, 5, 2, 1), None);
        assert_eq!(ControlRegion::new(&cell(), 5, 0, 1), None);
        assert_eq!(ControlRegion::new(&cell(), 5, 5, 1), None);
    }

    #[test]
    fn every_group_is_used_once() {
        for ports in AntennaPorts::ALL {
            let cell = CellConfig { ports, ..cell() };
            let region = ControlRegion::new(&cell, 5, 3, 1).expect("allowed");
            let mut all = region.quadruplets.clone();
            all.extend(phich_mapping::regs(&cell, 5, 1));
            all.extend(pcfich::regs(&cell));
            all.sort_unstable();
            let mut expected: Vec<Reg> = reg::regs(&cell, 3).collect();
            expected.sort_unstable();
            assert_eq!(all, expected);
        }
    }

    #[test]
    fn common_search_space_is_within_sixteen_elements() {
        let candidates = |bandwidth, symbols| {
            let cell = CellConfig { bandwidth, ..cell() };
            let region = ControlRegion::new(&cell, 5, symbols, 1).expect("allowed");
            region.common_search_space().map(|c| (c.first_cce, c.aggregation)).collect::<Vec<_>>()
        };
        assert_eq!(candidates(Bandwidth::Rb100, 3), [(0, 8), (8, 8), (0, 4), (4, 4), (8, 4), (12, 4)]);
        assert_eq!(candidates(Bandwidth::Rb6, 4), [(0, 4)]);
        assert_eq!(candidates(Bandwidth::Rb6, 2), []);
    }

    #[test]
    fn a_dci_comes_back_for_its_rnti_only() {
        let mut decoder = ConvolutionalDecoder::default();
        let payload = payload(3, 27);
        for aggregation in [1, 2, 4, 8] {
            let coded = soft(&encode_dci(&payload, Rnti::SI, aggregation));
            let streams = streams(&coded, 27);
            let dci = decode(&streams, Rnti::SI, &mut decoder).expect("passes");
            assert_eq!(dci.payload, payload);
            assert!(dci.agreement > 0.999);
            assert_eq!(decode(&streams, Rnti::P, &mut decoder), None);
        }
    }

    #[test]
    fn soft_bits_of_different_payloads_combine() {
        let (first, second) = (payload(3, 25), payload(4, 25));
        let mut sum = streams(&soft(&encode_dci(&first, Rnti::SI, 4)), 25);
        let mut other = streams(&soft(&encode_dci(&second, Rnti::SI, 4)), 25);
        let difference: Vec<u8> = first.iter().zip(&second).map(|(a, b)| a ^ b).collect();
        flip(&mut other, &streams_difference(&difference));
        assert_eq!(sum, other);
        combine(&mut sum, &other);
        let mut decoder = ConvolutionalDecoder::default();
        let dci = decode(&sum, Rnti::SI, &mut decoder).expect("passes");
        assert_eq!(dci.payload, first);
    }

    #[test]
    fn nothing_known_is_no_dci() {
        let mut decoder = ConvolutionalDecoder::default();
        assert_eq!(decode(&streams(&[], 25), Rnti::SI, &mut decoder), None);
        assert_eq!(decode(&[], Rnti::SI, &mut decoder), None);
    }
}
