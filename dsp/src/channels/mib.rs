//! The MIB of a cell out of all the PBCH bursts of a dwell, under every hypothesis of where they stand.
//! TS 36.211 §6.6, TS 36.212 §5.3.1.

pub use super::mib_burst::{Burst, FoundMib, Turn};
use super::{
    looped_mib,
    mib_burst::FRAMES,
    pbch::{self, CODED_BITS, DecodedMib, Mib},
};
use crate::{
    cell::{AntennaPorts, CyclicPrefix, Pci},
    coding::{
        convolutional::ConvolutionalDecoder,
        llr::{self, Llr},
    },
};

/// Periods of 40 ms that are added up at most: each takes ever more hypotheses of how the frame number steps.
const MAX_PERIODS: usize = 5;
/// Standard deviations by which the periods that were not decoded must support the MIB of those that were.
const SUPPORT: f32 = 2.5;

/// The soft bits of one 40 ms period.
struct Period {
    number: usize,
    coded: [Llr; CODED_BITS],
    /// Soft bits added up, and their power.
    count: usize,
    power: f32,
}

/// Whether `sum` of these periods' soft bits may be that of a MIB: no other hypothesis makes its bursts agree.
fn is_plausible(sum: &[Llr; CODED_BITS], periods: &[Period]) -> bool {
    let (count, power) = periods.iter().fold((0, 0.0), |(count, power), p| (count + p.count, power + p.power));
    llr::may_be_repeated(sum, count, power)
}

/// The MIB that the bursts give, or `None`.
///
/// Tries the four places that the first burst can have in its 40 ms and the three numbers of antenna ports: each period
/// alone first, then sums of ever more. `is_legal` refuses what no cell sends (a reserved bandwidth); periods that were
/// not decoded must support the result: 16 bits of CRC alone pass by chance too often for so many tries.
#[must_use]
pub fn find_mib(
    bursts: &[Burst],
    pci: Pci,
    cp: CyclicPrefix,
    decoder: &mut ConvolutionalDecoder,
    is_legal: impl Fn(Mib) -> bool,
) -> Option<FoundMib> {
    let advancing = find_advancing(bursts, pci, cp, decoder, &is_legal);
    // Where frames come again, the one that seemed to go on was supported by what its code words have in common.
    looped_mib::find_looped(bursts, pci, cp, decoder, &is_legal, advancing.as_ref()).or(advancing)
}

/// The MIB of frames whose numbers go on.
fn find_advancing(
    bursts: &[Burst],
    pci: Pci,
    cp: CyclicPrefix,
    decoder: &mut ConvolutionalDecoder,
    is_legal: impl Fn(Mib) -> bool,
) -> Option<FoundMib> {
    let first = bursts.first()?.frame;
    let mut best: Option<FoundMib> = None;
    for place in 0..FRAMES {
        let origin = first - place;
        for (i, ports) in AntennaPorts::ALL.into_iter().enumerate() {
            let periods = add_up(bursts, i, origin, pci, cp);
            let accept = |decoded: &DecodedMib, number| {
                decoded.ports == ports && is_legal(decoded.mib) && is_supported(&periods, decoded, number)
            };
            if let Some((decoded, number)) = decode(&periods, decoder, accept)
                && best.is_none_or(|b| decoded.agreement > b.decoded.agreement)
            {
                let frame = origin + FRAMES * number as i64;
                best = Some(FoundMib { decoded, frame, periods: periods.len(), turn: None });
                // What other periods support is no chance; nothing better is to come.
                if periods.len() > 1 {
                    return best;
                }
            }
        }
    }
    best
}

/// Soft bits of each period, the first of which begins at frame `origin`.
fn add_up(bursts: &[Burst], ports: usize, origin: i64, pci: Pci, cp: CyclicPrefix) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    for burst in bursts {
        let number = (burst.frame - origin).div_euclid(FRAMES) as usize;
        let quarter = (burst.frame - origin).rem_euclid(FRAMES) as usize;
        if periods.last().is_none_or(|last| last.number != number) {
            periods.push(Period { number, coded: [0.0; CODED_BITS], count: 0, power: 0.0 });
        }
        if let Some(period) = periods.last_mut() {
            let soft_bits = &burst.soft_bits[ports];
            pbch::accumulate(soft_bits, pci, cp, quarter, &mut period.coded);
            period.count += soft_bits.len();
            period.power += llr::power(soft_bits);
        }
    }
    periods
}

/// The first MIB that `accept` takes, of single periods and then of sums, and the number of its period.
fn decode(
    periods: &[Period],
    decoder: &mut ConvolutionalDecoder,
    accept: impl Fn(&DecodedMib, usize) -> bool,
) -> Option<(DecodedMib, usize)> {
    for period in periods.iter().filter(|p| is_plausible(&p.coded, std::slice::from_ref(p))) {
        if let Some(decoded) = pbch::decode(&period.coded, decoder).filter(|d| accept(d, period.number)) {
            return Some((decoded, period.number));
        }
    }
    let first = periods.first()?.number;
    (2..=periods.len().min(MAX_PERIODS)).find_map(|count| {
        let summed = &periods[..count];
        let counted: Vec<_> = summed.iter().map(|period| (period.number - first, period.coded)).collect();
        let decoded = pbch::decode_periods(&counted, |sum| is_plausible(sum, summed), decoder)?;
        accept(&decoded, first).then_some((decoded, first))
    })
}

/// Whether what the MIB of period `number` makes the others send correlates with their soft bits. True without others.
fn is_supported(periods: &[Period], decoded: &DecodedMib, number: usize) -> bool {
    let (mut sum, mut energy) = (0.0, 0.0);
    for other in periods.iter().filter(|period| period.number != number) {
        let mib = if other.number > number {
            decoded.mib.later(other.number - number)
        } else {
            decoded.mib.later(256 - (number - other.number) % 256)
        };
        for (soft, bit) in other.coded.iter().zip(pbch::coded_bits(mib, decoded.ports)) {
            sum += if bit == 1 { -soft } else { *soft };
            energy += soft * soft;
        }
    }
    energy == 0.0 || sum > SUPPORT * f32::sqrt(energy)
}
