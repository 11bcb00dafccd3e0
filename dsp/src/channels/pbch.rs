//! Physical broadcast channel. TS 36.211 §6.6, TS 36.212 §5.3.1.
//!
//! Four bursts, one in subframe 0 of each of four frames, carry one MIB: 40 bits with the CRC, 120 coded. The caller
//! chooses the hypotheses (antenna ports, place of a burst in its 40 ms) and adds up soft bits; [`decode_periods`] goes
//! on adding over several 40 ms, in which the MIB differs by its frame number only.

use std::ops::Range;

use super::{central, crs_comb, in_comb};
use crate::{
    cell::{AntennaPorts, Bandwidth, CyclicPrefix, Pci, PhichDuration, PhichResource},
    coding::{
        convolutional::{self, ConvolutionalDecoder},
        crc::{CRC16, pbch_mask},
        demap::Modulation,
        llr::{self, Llr, combine, flip},
        rate_match::CircularBuffer,
        scrambling,
    },
    grid::{
        ChannelEstimate, ResourceGrid,
        equalise::{self, Element},
    },
    sequences::gold::GoldSequence,
};

/// Bits of a MIB. TS 36.331 §6.2.2.
pub const MIB_BITS: usize = 24;
/// Sums of several periods that are decoded at most, of a dozen or so that are possible.
const MAX_SUMS: usize = 3;
/// Coded bits of a MIB: three streams of MIB and CRC16.
pub const CODED_BITS: usize = 3 * (MIB_BITS + 16);

/// The 24 bits of a MasterInformationBlock, the first sent as the most significant of 24. TS 36.331 §6.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mib(u32);

impl Mib {
    /// Place of the eight bits of systemFrameNumber: behind them come the ten spare bits.
    const SFN_SHIFT: u32 = 10;

    /// The MIB of these 24 bits; higher ones are ignored.
    #[must_use]
    pub const fn new(bits: u32) -> Self {
        Self(bits & 0xFF_FFFF)
    }

    /// The 24 bits.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The three bytes, first bit as the most significant.
    #[must_use]
    pub fn bytes(self) -> [u8; 3] {
        [16, 8, 0].map(|shift| (self.0 >> shift) as u8)
    }

    /// dl-Bandwidth, or `None` where its three bits are one of the two unused code points. TS 36.331 §6.2.2.
    #[must_use]
    pub fn bandwidth(self) -> Option<Bandwidth> {
        Bandwidth::ALL.get((self.0 >> (MIB_BITS - 3)) as usize).copied()
    }

    /// phich-Duration. TS 36.331 §6.2.2 (PHICH-Config).
    #[must_use]
    pub const fn phich_duration(self) -> PhichDuration {
        if self.0 >> (MIB_BITS - 4) & 1 == 0 { PhichDuration::Normal } else { PhichDuration::Extended }
    }

    /// phich-Resource. TS 36.331 §6.2.2 (PHICH-Config).
    #[must_use]
    pub const fn phich_resource(self) -> PhichResource {
        match self.0 >> (MIB_BITS - 6) & 3 {
            0 => PhichResource::OneSixth,
            1 => PhichResource::Half,
            2 => PhichResource::One,
            _ => PhichResource::Two,
        }
    }

    /// systemFrameNumber: the eight most significant bits of the SFN. TS 36.331 §6.2.2.
    #[must_use]
    pub const fn sfn_msbs(self) -> u8 {
        (self.0 >> Self::SFN_SHIFT) as u8
    }

    /// The MIB `periods` times 40 ms later.
    #[must_use]
    pub const fn later(self, periods: usize) -> Self {
        let sfn_msbs = self.sfn_msbs().wrapping_add(periods as u8);
        Self(self.0 & !(0xFF << Self::SFN_SHIFT) | (sfn_msbs as u32) << Self::SFN_SHIFT)
    }

    /// One bit an entry, in the order sent.
    fn bits(self) -> [u8; MIB_BITS] {
        std::array::from_fn(|i| (self.0 >> (MIB_BITS - 1 - i) & 1) as u8)
    }
}

/// A MIB whose CRC passed, and what it told. TS 36.212 §5.3.1.1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecodedMib {
    /// The MIB (of the first period, where several were combined).
    pub mib: Mib,
    /// Antenna ports of the cell, by the CRC's mask.
    pub ports: AntennaPorts,
    /// Agreement of the soft bits with its codeword, 0 to 1: near 1 without noise, small where the CRC passed by chance.
    pub agreement: f32,
}

/// The symbols of the PBCH in subframe 0: 0–3 of slot 1. TS 36.211 §6.6.4.
#[must_use]
pub fn symbols(cp: CyclicPrefix) -> Range<usize> {
    let first = cp.symbols_per_slot();
    first..first + 4
}

/// The resource elements of one burst, in mapping order: the 72 central subcarriers of symbols 0–3 of slot 1, less the
/// reference signals of four antenna ports whatever the cell has. TS 36.211 §6.6.4.
///
/// `subcarriers` is the width of the grid they are for; any even number of at least 72.
#[must_use]
pub fn elements(pci: Pci, cp: CyclicPrefix, subcarriers: usize) -> Vec<Element> {
    symbols(cp)
        .flat_map(|l| {
            let reference = crs_comb(pci, cp, 4, l);
            central(subcarriers).filter(move |&k| !in_comb(reference, k)).map(move |k| (l, k))
        })
        .collect()
}

/// Soft bits of one burst, still scrambled: 480, or 432 with the extended cyclic prefix. TS 36.211 §6.6.
///
/// `received` and `channel` are subframe 0; `ports` is a hypothesis.
#[must_use]
pub fn burst_soft_bits(
    received: &ResourceGrid,
    channel: &ChannelEstimate,
    pci: Pci,
    cp: CyclicPrefix,
    ports: AntennaPorts,
) -> Vec<Llr> {
    let elements = elements(pci, cp, received.subcarriers());
    let mut soft = vec![0.0; 2 * elements.len()];
    equalise::soft_bits(received, channel, ports, &elements, &mut soft);
    soft
}

/// Bits of one burst: a quarter of 1920, or of 1728 with the extended prefix. TS 36.211 §6.6.1.
const fn burst_bits(cp: CyclicPrefix) -> usize {
    match cp {
        CyclicPrefix::Normal => 480,
        CyclicPrefix::Extended => 432,
    }
}

/// The scrambling sequence of burst `quarter` (0–3), SFN mod 4. TS 36.211 §6.6.1.
fn scrambling_sequence(pci: Pci, cp: CyclicPrefix, quarter: usize) -> GoldSequence {
    let mut sequence = GoldSequence::new(u32::from(pci.get()));
    sequence.advance(quarter * burst_bits(cp));
    sequence
}

/// Descrambles the soft bits of a burst as the one with SFN mod 4 = `quarter` and adds them to those of the coded bits.
/// TS 36.211 §6.6.1, TS 36.212 §5.3.1.3.
pub fn accumulate(burst: &[Llr], pci: Pci, cp: CyclicPrefix, quarter: usize, coded: &mut [Llr; CODED_BITS]) {
    let mut burst = burst.to_vec();
    scrambling::descramble(&mut burst, &mut scrambling_sequence(pci, cp, quarter));
    CircularBuffer::convolutional(CODED_BITS / 3).accumulate(&burst, quarter * burst_bits(cp), coded);
}

/// The coded bits of 24 bits whose CRC has `mask`. TS 36.212 §5.3.1.
fn code(bits: [u8; MIB_BITS], mask: u32) -> [u8; CODED_BITS] {
    let mut with_crc = Vec::new();
    CRC16.attach(&bits, mask, &mut with_crc);
    let mut coded = [0; CODED_BITS];
    convolutional::encode(&with_crc, &mut coded);
    coded
}

/// The coded bits of `mib` as a cell with `ports` sends them, before rate matching. TS 36.212 §5.3.1.
#[must_use]
pub fn coded_bits(mib: Mib, ports: AntennaPorts) -> [u8; CODED_BITS] {
    code(mib.bits(), pbch_mask(ports))
}

/// Which coded bits differ between two MIBs of one cell: code and CRC are linear, and the antenna mask cancels. With
/// [`flip`] the soft bits of one become those of the other.
#[must_use]
pub fn coded_difference(a: Mib, b: Mib) -> [u8; CODED_BITS] {
    code(Mib(a.0 ^ b.0).bits(), 0)
}

/// Decodes the soft bits of the coded bits; `None` if no antenna mask makes the CRC pass or nothing is known.
/// TS 36.212 §5.3.1.
///
/// A CRC of 16 bits with three masks passes by chance once in 22,000 tries: the caller asks for more proof.
#[must_use]
pub fn decode(coded: &[Llr; CODED_BITS], decoder: &mut ConvolutionalDecoder) -> Option<DecodedMib> {
    let (bits, agreement) = decoder.decode(coded);
    let mask = CRC16.mask(bits)?;
    let ports = AntennaPorts::ALL.into_iter().find(|&ports| pbch_mask(ports) == mask)?;
    let mib = Mib(bits[..MIB_BITS].iter().fold(0, |word, bit| word << 1 | u32::from(*bit)));
    // Nothing at all decodes to zeros, and they pass with the mask of one port.
    (agreement > 0.0).then_some(DecodedMib { mib, ports, agreement })
}

/// Decodes one MIB from soft bits of several 40 ms periods, each with its number counted from the first; `None` if none
/// passes. TS 36.212 §5.3.1.
///
/// The frame number at the start is unknown, but how it changes from period to period has few possibilities, one for
/// each way of carrying. Each is tried: the soft bits of the later periods are turned into those of the first and added.
/// A result counts only if its own frame number changes in the way that was tried, so that trying them all does not
/// make chance passes more frequent. Only the sums of most energy are decoded, as the right one's periods add up in phase,
/// and of those only what `is_plausible`.
///
/// # Panics
/// With more than eight periods.
#[must_use]
pub fn decode_periods(
    periods: &[(usize, [Llr; CODED_BITS])],
    is_plausible: impl Fn(&[Llr; CODED_BITS]) -> bool,
    decoder: &mut ConvolutionalDecoder,
) -> Option<DecodedMib> {
    assert!(periods.len() <= 8, "{} periods, of 8 at most", periods.len());
    // One byte a period.
    let changes = |sfn_msbs: u8| -> [u8; 8] {
        let first = Mib(u32::from(sfn_msbs) << Mib::SFN_SHIFT);
        let mut changes = [0; 8];
        for (change, (number, _)) in changes.iter_mut().zip(periods) {
            *change = first.later(*number).sfn_msbs() ^ sfn_msbs;
        }
        changes
    };
    let mut possible: Vec<[u8; 8]> = (0..=u8::MAX).map(changes).collect();
    possible.sort_unstable();
    possible.dedup();
    let sum_of = |change: [u8; 8]| {
        let mut sum = [0.0; CODED_BITS];
        for ((_, coded), change) in periods.iter().zip(change) {
            let mut coded = *coded;
            flip(&mut coded, &code(Mib(u32::from(change) << Mib::SFN_SHIFT).bits(), 0));
            combine(&mut sum, &coded);
        }
        (llr::power(&sum), change, sum)
    };
    let mut sums: Vec<_> = possible.into_iter().map(sum_of).collect();
    sums.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let worth = sums.iter().take(MAX_SUMS).filter(|(_, _, sum)| is_plausible(sum));
    let decoded = worth.filter_map(|(_, change, sum)| {
        decode(sum, decoder).filter(|decoded| changes(decoded.mib.sfn_msbs()) == *change)
    });
    decoded.max_by(|a, b| a.agreement.total_cmp(&b.agreement))
}

/// Adds the burst with SFN mod 4 = `quarter` to the grids of the antenna ports, one grid a port. TS 36.211 §6.6,
/// TS 36.212 §5.3.1.
pub fn encode_burst(
    mib: Mib,
    pci: Pci,
    cp: CyclicPrefix,
    ports: AntennaPorts,
    quarter: usize,
    grids: &mut [ResourceGrid],
) {
    let coded = coded_bits(mib, ports);
    let mut burst = vec![0; burst_bits(cp)];
    CircularBuffer::convolutional(CODED_BITS / 3).select(&coded, quarter * burst_bits(cp), &mut burst);
    scrambling::scramble(&mut burst, &mut scrambling_sequence(pci, cp, quarter));
    let elements = elements(pci, cp, grids[0].subcarriers());
    equalise::map_symbols(Modulation::Qpsk.modulate(&burst), &elements, grids);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::test_channel::TestChannel;

    const PREFIXES: [CyclicPrefix; 2] = [CyclicPrefix::Normal, CyclicPrefix::Extended];

    fn soft(bits: &[u8]) -> [Llr; CODED_BITS] {
        std::array::from_fn(|i| 1.0 - 2.0 * f32::from(bits[i]))
    }

    #[test]
    fn a_burst_has_240_elements_or_216() {
        for value in 0..Pci::COUNT {
            let pci = Pci::new(value).expect("in range");
            for cp in PREFIXES {
                let elements = elements(pci, cp, 180);
                assert_eq!(2 * elements.len(), burst_bits(cp));
                assert!(elements.iter().all(|&(_, k)| (54..126).contains(&k)));
                assert!(elements.is_sorted());
            }
        }
    }

    /// dl-Bandwidth 3 bits, phich-Config 3, systemFrameNumber 8, spare 10.
    fn mib(before: u32, sfn_msbs: u32, spare: u32) -> Mib {
        Mib::new(before << 18 | sfn_msbs << 10 | spare)
    }

    #[test]
    fn fields_of_the_mib() {
        let first = mib(0b01_1010, 255, 0b101);
        assert_eq!(first.sfn_msbs(), 255);
        assert_eq!(first.later(2), mib(0b01_1010, 1, 0b101));
        assert_eq!(first.bytes(), [0b0110_1011, 0b1111_1100, 0b0000_0101]);
        assert_eq!(Mib::new(u32::MAX).get(), 0xFF_FFFF);
    }

    #[test]
    fn every_mask_tells_its_ports() {
        let mut decoder = ConvolutionalDecoder::default();
        for mib in [Mib::new(0), Mib::new(0x6B_FC05)] {
            for ports in AntennaPorts::ALL {
                let decoded = decode(&soft(&code(mib.bits(), pbch_mask(ports))), &mut decoder).expect("passes");
                assert_eq!((decoded.mib, decoded.ports), (mib, ports));
                assert!(decoded.agreement > 0.999);
            }
        }
        assert_eq!(decode(&[0.0; CODED_BITS], &mut decoder), None);
        assert_eq!(decode(&[f32::NAN; CODED_BITS], &mut decoder), None);
    }

    #[test]
    fn one_burst_of_each_quarter_is_enough_and_wrong_quarters_fail() {
        let (pci, mib) = (Pci::new(301).expect("in range"), Mib::new(0x9A_4C00));
        let mut decoder = ConvolutionalDecoder::default();
        for cp in PREFIXES {
            let grid = ResourceGrid::new(cp, crate::cell::Bandwidth::Rb6);
            let ideal = ChannelEstimate::still(vec![vec![num_complex::Complex32::ONE; 72]; 2], vec![0.1; 6]);
            for quarter in 0..4 {
                let mut grids = vec![grid.clone(); 2];
                encode_burst(mib, pci, cp, AntennaPorts::Two, quarter, &mut grids);
                let mut received = grids[0].clone();
                received.elements_mut().iter_mut().zip(grids[1].elements()).for_each(|(a, b)| *a += b);
                let burst = burst_soft_bits(&received, &ideal, pci, cp, AntennaPorts::Two);
                for hypothesis in 0..4 {
                    let mut coded = [0.0; CODED_BITS];
                    accumulate(&burst, pci, cp, hypothesis, &mut coded);
                    let decoded = decode(&coded, &mut decoder).filter(|decoded| decoded.agreement > 0.9);
                    assert_eq!(decoded.is_some(), hypothesis == quarter, "{cp:?} {quarter} as {hypothesis}");
                    assert!(decoded.is_none_or(|d| d.mib == mib && d.ports == AntennaPorts::Two));
                }
            }
        }
    }

    #[test]
    fn soft_bits_of_different_frames_combine() {
        let (a, b) = (Mib::new(0x6B_FC05), Mib::new(0x6B_FC05).later(9));
        let mut later = soft(&code(b.bits(), 0x5555));
        flip(&mut later, &coded_difference(a, b));
        assert_eq!(later, soft(&code(a.bits(), 0x5555)));
    }

    /// Noise from which no period alone is decoded, but six together.
    #[test]
    fn periods_combine_whatever_the_carry() {
        let mut decoder = ConvolutionalDecoder::default();
        let mut channel = TestChannel::new(23);
        for sfn_msbs in [0, 1, 3, 7, 100, 127, 254, 255] {
            let mib = mib(0b10_0010, sfn_msbs, 0);
            let periods: Vec<_> = [0, 1, 2, 3, 5, 6]
                .into_iter()
                .map(|number| {
                    let received = channel.transmit(&code(mib.later(number).bits(), 0xFFFF), -6.5);
                    (number, received.try_into().expect("as many as were sent"))
                })
                .collect();
            assert!(periods.iter().all(|(_, coded)| decode(coded, &mut decoder).is_none_or(|d| d.mib != mib)));
            let decoded = decode_periods(&periods, |_| true, &mut decoder).expect("passes");
            assert_eq!((decoded.mib, decoded.ports), (mib, AntennaPorts::Two), "{sfn_msbs}");
        }
        assert_eq!(decode_periods(&[], |_| true, &mut decoder), None);
    }
}
