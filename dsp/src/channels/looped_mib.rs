//! The MIB of a cell whose frames are sent over and over, as when a recording is played in a loop: its frame number comes
//! again instead of going on. TS 36.211 §6.6, TS 36.212 §5.3.1.
//!
//! What comes again is the same before descrambling too, so that bursts one turn apart agree as no others do. The turns of
//! the first half of the dwell are added up and decoded; those of the second half must support the result.

use super::{
    mib_burst::{Burst, FRAMES, FoundMib, Turn},
    pbch::{self, CODED_BITS, DecodedMib, Mib},
};
use crate::{
    cell::{AntennaPorts, CyclicPrefix, Pci},
    coding::{
        convolutional::ConvolutionalDecoder,
        llr::{self, Llr},
    },
};

/// Frames of the shortest dwell that says whether frame numbers stand: 80 ms, without a loss.
const LEAST_FRAMES: i64 = 8;
/// Standard deviations by which bursts one turn apart agree at least.
const LEAST_AGREEMENT: f32 = 8.0;
/// Part of the agreement that a turn of another length has at most, to be one.
const OF_BEST: f32 = 0.7;
/// Standard deviations by which the second half of the dwell must support what the first half gave.
const SUPPORT: f32 = 6.0;
/// How much better repeated frames must explain the bursts than frames that go on.
const CLEARLY: f32 = 1.2;

/// The MIB of frames that come again, where they do so at least twice and explain the bursts better than `advancing`, that
/// of frames that go on.
pub(super) fn find_looped(
    bursts: &[Burst],
    pci: Pci,
    cp: CyclicPrefix,
    decoder: &mut ConvolutionalDecoder,
    is_legal: impl Fn(Mib) -> bool,
    advancing: Option<&FoundMib>,
) -> Option<FoundMib> {
    let (first, last) = (bursts.first()?.frame, bursts.last()?.frame);
    if last - first + 1 < LEAST_FRAMES {
        return None;
    }
    let mut best: Option<(f32, FoundMib)> = None;
    for (i, ports) in AntennaPorts::ALL.into_iter().enumerate() {
        if advancing.is_some_and(|found| found.decoded.ports != ports) {
            continue;
        }
        let agreements: Vec<f32> = (1..=(last - first + 1) / 2).map(|turn| agreement(bursts, i, turn)).collect();
        let highest = agreements.iter().copied().fold(0.0, f32::max);
        let is_turn = |&(_, agreement): &(i64, f32)| agreement > LEAST_AGREEMENT && agreement > OF_BEST * highest;
        // The shortest turn is the one: twice and three times that agree too.
        let Some((frames, _)) = (1..).zip(agreements).find(is_turn) else { continue };
        let half = first + ((last - first + 1) / 2 / frames).max(1) * frames;
        let early = || bursts.iter().filter(move |burst| burst.frame < half);
        let late = || bursts.iter().filter(move |burst| burst.frame >= half);
        for begin in first..first + frames {
            let turn = Turn { first: begin, frames };
            for place in 0..FRAMES {
                // The turn's first frame is the one of this place in its 40 ms.
                let origin = begin - place;
                let Some((decoded, frame)) = decode(early(), i, turn, origin, (pci, cp), decoder) else { continue };
                if decoded.ports != ports || !is_legal(decoded.mib) {
                    continue;
                }
                let found = FoundMib { decoded, frame, periods: 2, turn: Some(turn) };
                let (supported, energy) = support(late(), i, &found, pci, cp);
                if supported > SUPPORT * energy.sqrt() && best.is_none_or(|(most, _)| supported > most) {
                    best = Some((supported, found));
                }
            }
        }
    }
    let (supported, found) = best?;
    let as_going_on = advancing.map_or(0.0, |advancing| {
        let ports = AntennaPorts::ALL.iter().position(|ports| *ports == advancing.decoded.ports).unwrap_or(0);
        let half = first + (last - first + 1) / 2;
        support(bursts.iter().filter(|burst| burst.frame >= half), ports, advancing, pci, cp).0
    });
    (supported > CLEARLY * as_going_on).then_some(found)
}

/// Agreement of bursts `turn` frames apart, in standard deviations of what noise gives.
fn agreement(bursts: &[Burst], ports: usize, turn: i64) -> f32 {
    let (mut sum, mut variance) = (0.0, 0.0);
    for (i, a) in bursts.iter().enumerate() {
        if let Some(b) = bursts[i..].iter().find(|b| b.frame == a.frame + turn) {
            let (a, b) = (&a.soft_bits[ports], &b.soft_bits[ports]);
            sum += a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            variance += llr::power(a) * llr::power(b) / a.len() as f32;
        }
    }
    if variance > 0.0 { sum / variance.sqrt() } else { 0.0 }
}

/// The MIB of a turn's best period when bursts are added up by their place in the turn, and the period's first frame.
fn decode<'a>(
    bursts: impl Iterator<Item = &'a Burst>,
    ports: usize,
    turn: Turn,
    origin: i64,
    (pci, cp): (Pci, CyclicPrefix),
    decoder: &mut ConvolutionalDecoder,
) -> Option<(DecodedMib, i64)> {
    let mut periods: Vec<(i64, [Llr; CODED_BITS], usize, f32)> = Vec::new();
    for burst in bursts {
        let since = turn.original(burst.frame) - origin;
        let (number, quarter) = (since.div_euclid(FRAMES), since.rem_euclid(FRAMES) as usize);
        let at = periods.iter().position(|(n, ..)| *n == number).unwrap_or_else(|| {
            periods.push((number, [0.0; CODED_BITS], 0, 0.0));
            periods.len() - 1
        });
        let (_, coded, count, power) = &mut periods[at];
        let soft = &burst.soft_bits[ports];
        pbch::accumulate(soft, pci, cp, quarter, coded);
        (*count, *power) = (*count + soft.len(), *power + llr::power(soft));
    }
    periods.sort_by(|a, b| b.3.total_cmp(&a.3));
    let mut plausible = periods.iter().filter(|(_, coded, count, power)| llr::may_be_repeated(coded, *count, *power));
    plausible.find_map(|(number, coded, ..)| {
        let decoded = pbch::decode(coded, decoder)?;
        Some((decoded, origin + FRAMES * number))
    })
}

/// How far soft bits support a MIB with its frame numbers, and their power.
fn support<'a>(
    bursts: impl Iterator<Item = &'a Burst>,
    ports: usize,
    found: &FoundMib,
    pci: Pci,
    cp: CyclicPrefix,
) -> (f32, f32) {
    let (mut sum, mut energy) = (0.0, 0.0);
    for burst in bursts {
        let sfn = i64::from(found.sfn(burst.frame).get());
        let mut coded = [0.0; CODED_BITS];
        pbch::accumulate(&burst.soft_bits[ports], pci, cp, sfn.rem_euclid(FRAMES) as usize, &mut coded);
        let periods = sfn.div_euclid(FRAMES) - i64::from(found.decoded.mib.sfn_msbs());
        let mib = found.decoded.mib.later(periods.rem_euclid(256) as usize);
        for (soft, bit) in coded.iter().zip(pbch::coded_bits(mib, found.decoded.ports)) {
            sum += if bit == 1 { -soft } else { *soft };
            energy += soft * soft;
        }
    }
    (sum, energy)
}

#[cfg(test)]
mod tests {
    use super::{super::mib::find_mib, *};
    use crate::{
        cell::Bandwidth,
        coding::test_channel::TestChannel,
        grid::{ChannelEstimate, ResourceGrid},
    };

    /// Bursts of frames with these numbers, one after the other.
    fn bursts(sfns: &[i64], esn0_db: f32) -> (Pci, Vec<Burst>) {
        let (pci, cp) = (Pci::new(124).expect("in range"), CyclicPrefix::Normal);
        let ideal = ChannelEstimate::still(vec![vec![num_complex::Complex32::ONE; 72]], vec![0.5; 6]);
        let mut channel = TestChannel::new(5);
        let sent = sfns.iter().zip(0..).map(|(sfn, frame)| {
            let mib = Mib::new(0b010_000 << 18).later((sfn / FRAMES) as usize % 256);
            let mut grids = [ResourceGrid::new(cp, Bandwidth::Rb6)];
            let quarter = (sfn % FRAMES) as usize;
            pbch::encode_burst(mib, pci, cp, AntennaPorts::One, quarter, &mut grids);
            let clean = pbch::burst_soft_bits(&grids[0], &ideal, pci, cp, AntennaPorts::One);
            let bits: Vec<u8> = clean.iter().map(|soft| u8::from(*soft < 0.0)).collect();
            let soft = channel.transmit(&bits, esn0_db);
            let nothing = vec![0.0; soft.len()];
            Burst { frame, soft_bits: [soft, nothing.clone(), nothing] }
        });
        (pci, sent.collect())
    }

    fn find(sfns: &[i64], esn0_db: f32) -> Option<FoundMib> {
        let (pci, bursts) = bursts(sfns, esn0_db);
        let mut decoder = ConvolutionalDecoder::default();
        find_mib(&bursts, pci, CyclicPrefix::Normal, &mut decoder, |_| true)
    }

    #[test]
    fn frames_in_a_loop_keep_their_numbers() {
        for frames in 1..=8 {
            for first_sfn in [0, 5, 510, 1022] {
                for begun in [0, 3] {
                    let sfns: Vec<i64> = (0..16).map(|n| (first_sfn + (n + begun) % frames) % 1024).collect();
                    let found = find(&sfns, 3.0).unwrap_or_else(|| panic!("{frames} from {first_sfn}"));
                    let got: Vec<i64> = (0..16).map(|frame| i64::from(found.sfn(frame).get())).collect();
                    assert_eq!(got, sfns, "{frames} from {first_sfn}, begun at {begun}");
                    assert!(found.turn.is_some());
                    let later: Vec<i64> =
                        (0..13).map(|frame| i64::from(found.counted_from(3).sfn(frame).get())).collect();
                    assert_eq!(later, sfns[3..]);
                }
            }
        }
    }

    #[test]
    fn frames_that_go_on_are_in_no_loop() {
        for first_sfn in 0..40 {
            for esn0_db in [-6.0, 10.0] {
                let sfns: Vec<i64> = (0..16).map(|n| (8 * first_sfn + n) % 1024).collect();
                let found = find(&sfns, esn0_db).expect("received");
                assert_eq!((found.turn, i64::from(found.sfn(0).get())), (None, sfns[0]), "{esn0_db} dB");
            }
        }
    }

    #[test]
    fn noise_has_no_mib() {
        assert_eq!(find(&[0; 16], -30.0), None);
    }
}
