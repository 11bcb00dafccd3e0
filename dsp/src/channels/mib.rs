//! The MIB out of all the PBCH bursts of a dwell, added up under every hypothesis of where they stand.
//! TS 36.211 §6.6, TS 36.212 §5.3.1, TS 36.331 §6.2.2.

use crate::{
    cell::{AntennaPorts, CyclicPrefix, Pci, Sfn},
    coding::{
        convolutional::{self, ConvolutionalDecoder},
        crc::CRC16,
        llr::Llr,
        rate_match::CircularBuffer,
    },
    sequences::gold::GoldSequence,
};

/// Bits of a MIB.
const MIB_BITS: usize = 24;
/// The same with their CRC.
const BLOCK_BITS: usize = 40;
/// Coded bits before rate matching.
const CODED_BITS: usize = 3 * BLOCK_BITS;
/// Bit of the MIB where the eight most significant bits of the SFN begin.
const SFN_BIT: usize = 6;
/// Frames that share a MIB.
const FRAMES: i64 = 4;
/// Periods of 40 ms that are added up at most: the step of the SFN between them takes ever more hypotheses.
const MOST_PERIODS: usize = 5;

/// A decoded MIB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mib {
    /// The 24 bits as the first of the dwell's periods sent them, one a byte.
    pub bits: [u8; MIB_BITS],
    /// Antenna ports, from the CRC's mask.
    pub ports: AntennaPorts,
    /// Number of the frame counted as 0 by the caller.
    pub sfn: Sfn,
    /// Correlation of the soft bits with the codeword, 0–1.
    pub agreement: f32,
}

/// Soft bits of one burst, by hypothesis of the antenna ports; still scrambled.
#[derive(Debug, Clone)]
pub struct Burst {
    /// Frame, counted by the caller.
    pub frame: i64,
    /// Soft bits for one, two and four ports.
    pub soft_bits: [Vec<Llr>; 3],
}

/// CRC mask by antenna ports. TS 36.212 Table 5.3.1.1-1.
fn crc_mask(ports: AntennaPorts) -> u32 {
    match ports {
        AntennaPorts::One => 0x0000,
        AntennaPorts::Two => 0xFFFF,
        AntennaPorts::Four => 0x5555,
    }
}

/// Searches for the MIB of a cell; owns the decoder and the scrambling sequence.
pub struct MibDecoder {
    decoder: ConvolutionalDecoder,
    buffer: CircularBuffer,
    scrambling: Vec<bool>,
    burst_bits: usize,
}

impl MibDecoder {
    /// A decoder for one cell.
    #[must_use]
    pub fn new(pci: Pci, cp: CyclicPrefix) -> Self {
        let burst_bits = if cp == CyclicPrefix::Normal { 480 } else { 432 };
        Self {
            decoder: ConvolutionalDecoder::default(),
            buffer: CircularBuffer::convolutional(BLOCK_BITS),
            scrambling: GoldSequence::new(u32::from(pci.get())).take(4 * burst_bits).collect(),
            burst_bits,
        }
    }

    /// The MIB that the bursts agree on, or `None`.
    ///
    /// Tries the four places the first burst can have in its 40 ms, the three numbers of antenna ports, single periods
    /// first and then sums of ever more of them. `is_legal` refuses what no cell sends (a reserved bandwidth): a CRC of 16 bits
    /// alone passes by chance too often for so many tries.
    pub fn decode(&mut self, bursts: &[Burst], is_legal: impl Fn(&[u8; MIB_BITS]) -> bool) -> Option<Mib> {
        let mut best: Option<Mib> = None;
        for place in 0..FRAMES {
            // Frame number of the caller that begins a period of 40 ms.
            let origin = -place;
            for ports in AntennaPorts::ALL {
                let periods = self.periods(bursts, origin, ports);
                if let Some(mib) = self.decode_periods(&periods, origin, ports, &is_legal)
                    && best.is_none_or(|b| mib.agreement > b.agreement)
                {
                    best = Some(mib);
                }
            }
        }
        best
    }

    /// Soft bits of each 40 ms period, by its number after the one that holds frame 0.
    fn periods(&self, bursts: &[Burst], origin: i64, ports: AntennaPorts) -> Vec<(i64, [Llr; CODED_BITS])> {
        let mut periods: Vec<(i64, [Llr; CODED_BITS])> = Vec::new();
        for burst in bursts {
            let (period, quarter) =
                ((burst.frame - origin).div_euclid(FRAMES), (burst.frame - origin).rem_euclid(FRAMES) as usize);
            let start = quarter * self.burst_bits;
            let mut soft = burst.soft_bits[AntennaPorts::ALL.iter().position(|&p| p == ports).unwrap_or(0)].clone();
            for (s, &c) in soft.iter_mut().zip(&self.scrambling[start..]) {
                if c {
                    *s = -*s;
                }
            }
            let at = match periods.iter().position(|p| p.0 == period) {
                Some(at) => at,
                None => {
                    periods.push((period, [0.0; CODED_BITS]));
                    periods.len() - 1
                }
            };
            self.buffer.accumulate(&soft, start, &mut periods[at].1);
        }
        periods
    }

    fn decode_periods(
        &mut self,
        periods: &[(i64, [Llr; CODED_BITS])],
        origin: i64,
        ports: AntennaPorts,
        is_legal: &impl Fn(&[u8; MIB_BITS]) -> bool,
    ) -> Option<Mib> {
        for (i, (period, soft)) in periods.iter().enumerate() {
            if let Some((bits, agreement)) = self.decode_one(soft, ports, is_legal)
                && self.others_agree(periods, i, &bits, ports)
            {
                return Some(self.finish(bits, *period, origin, ports, agreement));
            }
        }
        for count in 2..=periods.len().min(MOST_PERIODS) {
            let (first, rest) = periods[..count].split_first()?;
            for steps in sfn_steps(first.0, rest.iter().map(|p| p.0)) {
                let mut sum = first.1;
                for ((_, soft), step) in rest.iter().zip(&steps.differences) {
                    let flips = codeword(*step, 0);
                    for ((s, x), flip) in sum.iter_mut().zip(soft).zip(&flips) {
                        *s += if *flip == 1 { -x } else { *x };
                    }
                }
                if let Some((bits, agreement)) = self.decode_one(&sum, ports, is_legal)
                    && steps.agrees(sfn_bits(&bits))
                    && self.others_agree(periods, 0, &bits, ports)
                {
                    return Some(self.finish(bits, first.0, origin, ports, agreement));
                }
            }
        }
        None
    }

    fn decode_one(
        &mut self,
        soft: &[Llr; CODED_BITS],
        ports: AntennaPorts,
        is_legal: &impl Fn(&[u8; MIB_BITS]) -> bool,
    ) -> Option<([u8; MIB_BITS], f32)> {
        let mut block = [0u8; BLOCK_BITS];
        let agreement = self.decoder.decode(soft, &mut block);
        let bits: [u8; MIB_BITS] = CRC16.check(&block, crc_mask(ports))?.try_into().ok()?;
        is_legal(&bits).then_some((bits, agreement))
    }

    /// Whether the codewords that follow from `bits`, sent in period `i`, correlate with the other periods' soft bits.
    fn others_agree(
        &self,
        periods: &[(i64, [Llr; CODED_BITS])],
        i: usize,
        bits: &[u8; MIB_BITS],
        ports: AntennaPorts,
    ) -> bool {
        let (mut sum, mut energy) = (0.0, 0.0);
        for (j, (period, soft)) in periods.iter().enumerate() {
            if j != i {
                let sfn = sfn_bits(bits).wrapping_add((period - periods[i].0) as u8);
                let sent = codeword(with_sfn(bits, sfn), crc_mask(ports));
                for (s, b) in soft.iter().zip(&sent) {
                    sum += if *b == 1 { -s } else { *s };
                    energy += s * s;
                }
            }
        }
        // Two and a half standard deviations of what other bits would give.
        energy == 0.0 || sum > 2.5 * f32::sqrt(energy)
    }

    fn finish(&self, bits: [u8; MIB_BITS], period: i64, origin: i64, ports: AntennaPorts, agreement: f32) -> Mib {
        let first_frame = origin + FRAMES * period;
        let sfn = Sfn::wrapping(i64::from(sfn_bits(&bits)) * FRAMES - first_frame);
        Mib { bits, ports, sfn, agreement }
    }
}

/// A hypothesis of how the SFN's eight bits step from period to period.
struct SfnSteps {
    /// Xor of each later period's MIB with the first's.
    differences: Vec<[u8; MIB_BITS]>,
    /// Distance of each later period from the first.
    distances: Vec<u8>,
    masks: Vec<u8>,
}

impl SfnSteps {
    /// Whether the first period's number, now decoded, does step as assumed.
    fn agrees(&self, first: u8) -> bool {
        self.distances.iter().zip(&self.masks).all(|(d, mask)| first ^ first.wrapping_add(*d) == *mask)
    }
}

/// Every way in which the numbers of periods can differ from the first's: adding flips bits up to where the carry ends.
fn sfn_steps(first: i64, rest: impl Iterator<Item = i64>) -> Vec<SfnSteps> {
    let distances: Vec<u8> = rest.map(|p| (p - first) as u8).collect();
    let mut all: Vec<Vec<u8>> =
        (0..=255u8).map(|sfn| distances.iter().map(|d| sfn ^ sfn.wrapping_add(*d)).collect()).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
        .map(|masks| {
            let differences = masks.iter().map(|&mask| with_sfn(&[0; MIB_BITS], mask)).collect();
            SfnSteps { differences, distances: distances.clone(), masks }
        })
        .collect()
}

/// The eight most significant bits of the SFN.
fn sfn_bits(bits: &[u8; MIB_BITS]) -> u8 {
    bits[SFN_BIT..SFN_BIT + 8].iter().fold(0, |n, b| n << 1 | b)
}

fn with_sfn(bits: &[u8; MIB_BITS], sfn: u8) -> [u8; MIB_BITS] {
    let mut bits = *bits;
    for i in 0..8 {
        bits[SFN_BIT + i] = sfn >> (7 - i) & 1;
    }
    bits
}

/// The coded bits of a MIB before rate matching. Without a mask the code is linear: the codeword of a difference is the
/// difference of the codewords.
fn codeword(bits: [u8; MIB_BITS], mask: u32) -> [u8; CODED_BITS] {
    let mut block = Vec::with_capacity(BLOCK_BITS);
    CRC16.attach(&bits, mask, &mut block);
    let mut d = [0; CODED_BITS];
    convolutional::encode(&block, &mut d);
    d
}
