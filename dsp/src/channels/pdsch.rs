//! Physical downlink shared channel of the broadcast: QPSK, one code block. TS 36.211 §6.3, §6.4, TS 36.212 §5.3.2.

use num_complex::Complex32;

use super::{CellConfig, central, crs_comb, in_comb, pbch, virtual_blocks::PrbSet};
use crate::{
    cell::{CyclicPrefix, Duplex, Rnti},
    coding::{
        bits,
        crc::CRC24A,
        demap::Modulation,
        llr::Llr,
        rate_match::{CircularBuffer, RedundancyVersion},
        scrambling,
        turbo::{self, BlockSize, TurboDecoder},
    },
    grid::{
        ChannelEstimate, ResourceGrid,
        equalise::{self, Element},
    },
    sequences::gold::GoldSequence,
};

/// One downlink subframe, as far as the mapping depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownlinkSubframe {
    /// Number in its frame, 0–9.
    pub number: usize,
    /// OFDM symbols of the PDCCH.
    pub control_symbols: usize,
    /// OFDM symbols sent: all of the subframe, or those of the DwPTS, see [`dwpts_symbols`].
    pub symbols: usize,
}

/// Symbols of the shortest DwPTS, which holds control channels and the PSS only.
pub(super) const SHORTEST_DWPTS: usize = 3;

/// OFDM symbols of the DwPTS in special subframe configuration `configuration` (0–10), or `None` where the prefix has no
/// such configuration. The DwPTS lengths of TS 36.211 Table 4.2-1, in whole symbols.
#[must_use]
pub fn dwpts_symbols(configuration: usize, cp: CyclicPrefix) -> Option<usize> {
    static NORMAL: [usize; 11] = [3, 9, 10, 11, 12, 3, 9, 10, 11, 6, 6];
    static EXTENDED: [usize; 8] = [3, 8, 9, 10, 3, 8, 9, 5];
    match cp {
        CyclicPrefix::Normal => NORMAL.get(configuration).copied(),
        CyclicPrefix::Extended => EXTENDED.get(configuration).copied(),
    }
}

/// Symbols of a special subframe in which a PDSCH may be: none where the DwPTS is too short for one. TS 36.213 §7.1.7.
#[must_use]
pub fn dwpts_symbols_with_pdsch(configuration: usize, cp: CyclicPrefix) -> Option<usize> {
    dwpts_symbols(configuration, cp).filter(|&symbols| symbols > SHORTEST_DWPTS)
}

/// Whether symbol `l` of the subframe holds, in its 72 central subcarriers, a synchronisation signal or the PBCH.
/// TS 36.211 §6.6.4, §6.11.1.2, §6.11.2.2.
fn has_reserved_centre(cell: &CellConfig, subframe: usize, l: usize) -> bool {
    let in_slot = cell.cp.symbols_per_slot();
    let synchronisation = match (cell.duplex, subframe) {
        (Duplex::Fdd, 0 | 5) => l == in_slot - 1 || l == in_slot - 2,
        (Duplex::Tdd, 0 | 5) => l == 2 * in_slot - 1,
        (Duplex::Tdd, 1 | 6) => l == 2,
        _ => false,
    };
    synchronisation || (subframe == 0 && pbch::symbols(cell.cp).contains(&l))
}

/// Sets `elements` to the resource elements of a PDSCH on `prbs` (of the even and the odd slot), in mapping order: first k,
/// then l. TS 36.211 §6.3.5, §6.4.
pub fn elements(cell: &CellConfig, subframe: &DownlinkSubframe, prbs: [PrbSet; 2], elements: &mut Vec<Element>) {
    let in_slot = cell.cp.symbols_per_slot();
    let centre = central(cell.bandwidth.subcarriers());
    elements.clear();
    for l in subframe.control_symbols..subframe.symbols.min(2 * in_slot) {
        let reserved = has_reserved_centre(cell, subframe.number, l);
        let reference = crs_comb(cell.pci, cell.cp, cell.ports.count(), l);
        // A comb repeats every six subcarriers, so each block has the same.
        let (mut free, mut count) = ([0; 12], 0);
        for i in (0..12).filter(|&i| !in_comb(reference, i)) {
            free[count] = i;
            count += 1;
        }
        for n_prb in prbs[l / in_slot].iter().take_while(|&n_prb| n_prb < cell.bandwidth.n_rb_dl()) {
            let all = free[..count].iter().map(|i| (l, 12 * n_prb + i));
            if reserved && 12 * n_prb < centre.end && centre.start < 12 * n_prb + 12 {
                elements.extend(all.filter(|(_, k)| !centre.contains(k)));
            } else {
                elements.extend(all);
            }
        }
    }
}

/// The scrambling sequence of codeword 0 in `subframe` (0–9). TS 36.211 §6.3.1.
fn scrambling_sequence(cell: &CellConfig, subframe: usize, rnti: Rnti) -> GoldSequence {
    let n_id = u32::from(cell.pci.get());
    GoldSequence::new((u32::from(rnti.0) << 14) + ((subframe as u32) << 9) + n_id)
}

/// Sets `soft` to the descrambled soft bits of a PDSCH for `rnti` on `elements` of `subframe` (0–9). TS 36.211 §6.3.
pub fn soft_bits(
    received: &ResourceGrid,
    channel: &ChannelEstimate,
    cell: &CellConfig,
    subframe: usize,
    rnti: Rnti,
    elements: &[Element],
    soft: &mut Vec<Llr>,
) {
    soft.resize(2 * elements.len(), 0.0);
    equalise::soft_bits(received, channel, cell.ports, elements, soft);
    scrambling::descramble(soft, &mut scrambling_sequence(cell, subframe, rnti));
}

/// The symbols of a PDSCH with `transport_block` (bits) on so many elements of `subframe` (0–9). TS 36.211 §6.3, TS 36.212
/// §5.3.2.
///
/// # Panics
/// If the transport block is longer than one code block holds, 6120 bits.
#[must_use]
pub fn symbols(
    transport_block: &[u8],
    rv: RedundancyVersion,
    cell: &CellConfig,
    subframe: usize,
    rnti: Rnti,
    elements: usize,
) -> Vec<Complex32> {
    let buffer = SoftBuffer::new(transport_block.len()).expect("a transport block of one code block");
    let mut coded = buffer.encode(transport_block, rv, 2 * elements);
    scrambling::scramble(&mut coded, &mut scrambling_sequence(cell, subframe, rnti));
    Modulation::Qpsk.modulate(&coded).collect()
}

/// Adds the PDSCH with `transport_block` (bits) to the grids of the antenna ports. TS 36.211 §6.3, TS 36.212 §5.3.2.
///
/// # Panics
/// If the transport block is longer than one code block holds, 6120 bits.
pub fn encode(
    transport_block: &[u8],
    rv: RedundancyVersion,
    cell: &CellConfig,
    subframe: &DownlinkSubframe,
    prbs: [PrbSet; 2],
    rnti: Rnti,
    ports: &mut [ResourceGrid],
) {
    let mut places = Vec::new();
    elements(cell, subframe, prbs, &mut places);
    let symbols = symbols(transport_block, rv, cell, subframe.number, rnti, places.len());
    equalise::map_symbols(symbols, &places, ports);
}

/// A transport block of which the CRC24A passed; nothing else makes one. TS 36.212 §5.3.2.1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransportBlock(Vec<u8>);

impl TransportBlock {
    /// Its bytes, the first bit sent as the most significant of the first.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Soft bits of one transport block, added up over redundancy versions and repetitions. TS 36.212 §5.3.2.
#[derive(Debug, Clone, PartialEq)]
pub struct SoftBuffer {
    size: BlockSize,
    filler: usize,
    buffer: CircularBuffer,
    /// Streams d^(0), d^(1), d^(2).
    streams: Vec<Llr>,
}

impl SoftBuffer {
    /// An empty buffer for a transport block of `tbs` bits, or `None` for no bits or more than one code block holds.
    #[must_use]
    pub fn new(tbs: usize) -> Option<Self> {
        let bits = tbs.checked_add(CRC24A.parity_bits()).filter(|_| tbs > 0)?;
        let size = BlockSize::at_least(bits)?;
        let filler = size.k() - bits;
        let buffer = CircularBuffer::turbo(size.d(), filler);
        Some(Self { size, filler, buffer, streams: vec![0.0; 3 * size.d()] })
    }

    /// The `coded_bits` bits sent for `transport_block`. TS 36.212 §5.3.2.
    fn encode(&self, transport_block: &[u8], rv: RedundancyVersion, coded_bits: usize) -> Vec<u8> {
        let mut with_crc = Vec::new();
        CRC24A.attach(transport_block, 0, &mut with_crc);
        let mut block = vec![0; self.filler];
        block.append(&mut with_crc);
        let mut streams = vec![0; self.streams.len()];
        turbo::encode(self.size, &block, &mut streams);
        let mut coded = vec![0; coded_bits];
        self.buffer.select(&streams, self.buffer.start(rv), &mut coded);
        coded
    }

    /// Forgets what was added, for another block of this size.
    pub fn start_over(&mut self) {
        self.streams.fill(0.0);
    }

    /// Adds the descrambled soft bits of one transmission. TS 36.212 §5.1.4.1.2.
    pub fn add(&mut self, soft: &[Llr], rv: RedundancyVersion) {
        self.buffer.accumulate(soft, self.buffer.start(rv), &mut self.streams);
    }

    /// Decodes what has been added so far; `None` if the CRC does not pass within `max_iterations`.
    ///
    /// A block of zeros, which is what nothing at all decodes to and passes any CRC without a mask, is refused: no
    /// message of the broadcast is one.
    #[must_use]
    pub fn decode(&self, decoder: &mut TurboDecoder, max_iterations: usize) -> Option<TransportBlock> {
        let filler = self.filler;
        let passes =
            |bits: &[u8]| CRC24A.check(&bits[filler..], 0).is_some_and(|transport_block| transport_block.contains(&1));
        let decoded = decoder.decode(self.size, filler, &self.streams, max_iterations, passes)?;
        Some(TransportBlock(bits::pack(CRC24A.check(&decoded.bits[filler..], 0)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::reg::tests::cell, *};
    use crate::cell::{AntennaPorts, Bandwidth};

    /// On dirty memory.
    fn elements(cell: &CellConfig, subframe: &DownlinkSubframe, prbs: [PrbSet; 2]) -> Vec<Element> {
        let mut elements = vec![(7, 7)];
        super::elements(cell, subframe, prbs, &mut elements);
        elements
    }

    fn whole(number: usize, control_symbols: usize) -> DownlinkSubframe {
        DownlinkSubframe { number, control_symbols, symbols: 14 }
    }

    /// Elements a block pair, by hand: 14 - 2 symbols of 12, less 12 (one port: 6), 16 with four ports.
    #[test]
    fn elements_of_a_plain_block() {
        let prbs = [[0].into_iter().collect(); 2];
        for (ports, reference) in [(AntennaPorts::One, 6), (AntennaPorts::Two, 12), (AntennaPorts::Four, 16)] {
            let cell = CellConfig { ports, ..cell() };
            assert_eq!(elements(&cell, &whole(1, 2), prbs).len(), 144 - reference);
        }
    }

    /// In the middle of 25 blocks: subframe 0 of FDD loses six symbols of 12 (of which the PBCH's had 4 reference
    /// elements), subframe 5 two, TDD one for the SSS, and in subframe 1 one for the PSS. Block 9 is only half central.
    #[test]
    fn synchronisation_signals_and_pbch_are_left_out() {
        let count = |duplex, number, block: usize| {
            let cell = CellConfig { duplex, ..cell() };
            elements(&cell, &whole(number, 2), [[block].into_iter().collect(); 2]).len()
        };
        assert_eq!(count(Duplex::Fdd, 1, 12), 132);
        assert_eq!(count(Duplex::Fdd, 5, 12), 132 - 24);
        assert_eq!(count(Duplex::Fdd, 0, 12), 132 - 24 - 44);
        assert_eq!(count(Duplex::Fdd, 0, 9), 132 - 12 - 22);
        assert_eq!(count(Duplex::Fdd, 0, 8), 132);
        assert_eq!(count(Duplex::Tdd, 5, 12), 132 - 12);
        assert_eq!(count(Duplex::Tdd, 0, 12), 132 - 12 - 44);
        assert_eq!(count(Duplex::Tdd, 6, 12), 132 - 12);
    }

    #[test]
    fn a_special_subframe_ends_with_its_dwpts() {
        let prbs = [[3].into_iter().collect(); 2];
        let subframe = |configuration| DownlinkSubframe {
            number: 1,
            control_symbols: 2,
            symbols: dwpts_symbols(configuration, CyclicPrefix::Normal).expect("exists"),
        };
        assert!(elements(&cell(), &subframe(7), prbs).iter().all(|&(l, _)| (2..10).contains(&l)));
        assert_eq!(elements(&cell(), &subframe(0), prbs).len(), 12);
        assert_eq!(dwpts_symbols(8, CyclicPrefix::Extended), None);
    }

    /// DwPTS lengths of the table in samples at 30.72 MS/s are those of whole symbols with their prefixes.
    #[test]
    fn dwpts_lengths_are_the_printed_ones() {
        let samples = |configuration| {
            let symbols = dwpts_symbols(configuration, CyclicPrefix::Normal).expect("exists");
            symbols * (2048 + 144) + 16 * symbols.div_ceil(7)
        };
        let printed = [6592, 19760, 21952, 24144, 26336, 6592, 19760, 21952, 24144, 13168, 13168];
        assert_eq!(std::array::from_fn(samples), printed);
        let extended = [7680, 20480, 23040, 25600, 7680, 20480, 23040, 12800];
        for (configuration, printed) in extended.into_iter().enumerate() {
            assert_eq!(dwpts_symbols(configuration, CyclicPrefix::Extended).map(|n| n * 2560), Some(printed));
        }
    }

    #[test]
    fn redundancy_versions_add_up_to_a_transport_block() {
        let bits: Vec<u8> = GoldSequence::new(5).take(256).map(u8::from).collect();
        let mut buffer = SoftBuffer::new(256).expect("one code block");
        let mut decoder = TurboDecoder::default();
        assert_eq!(buffer.decode(&mut decoder, 8), None, "nothing known");
        // 120 bits of each version: two of them are fewer than the 280 of block and CRC.
        for (i, rv) in RedundancyVersion::ALL.into_iter().enumerate() {
            let coded = buffer.encode(&bits, rv, 120);
            let soft: Vec<Llr> = coded.iter().map(|bit| 1.0 - 2.0 * f32::from(*bit)).collect();
            buffer.add(&soft, rv);
            let got = buffer.decode(&mut decoder, 8);
            assert_eq!(got.is_some(), i > 1, "after {} versions", i + 1);
            assert!(got.is_none_or(|block| bits::unpack(block.bytes()) == bits));
        }
    }

    #[test]
    fn sizes_that_no_code_block_has() {
        for tbs in [0, 6121, usize::MAX] {
            assert_eq!(SoftBuffer::new(tbs), None, "{tbs}");
        }
    }

    #[test]
    fn blocks_beyond_the_carrier_have_no_elements() {
        let cell = CellConfig { bandwidth: Bandwidth::Rb6, ..cell() };
        let prbs = [[5, 6, 99].into_iter().collect(); 2];
        assert!(elements(&cell, &whole(1, 2), prbs).iter().all(|&(_, k)| (60..72).contains(&k)));
        assert!(elements(&cell, &DownlinkSubframe { number: 1, control_symbols: 20, symbols: 99 }, prbs).is_empty());
    }
}
