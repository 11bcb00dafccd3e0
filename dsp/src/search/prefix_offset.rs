//! A carrier's offset by the prefixes of its symbols, which repeat their ends. It repeats after 15 kHz alone, where the phases
//! between a cell's signals repeat after some kilohertz. TS 36.211 §6.12.

use num_complex::Complex32;

use super::confirm::always_downlink;
use crate::{
    frontend::{
        channelise::StreamView,
        ofdm::{CellSync, SLOT, SYMBOL, prefix, symbol_start},
    },
    units::Hertz,
};

/// Distance of subcarriers, after which the offset repeats.
const SPACING_HZ: f64 = 15e3;
/// Standard deviations of noise above which the prefixes say anything.
const LEAST_DEVIATIONS: f32 = 3.0;

/// The carrier of a cell whose timing is that of `sync`, next to the one that `sync` has; `None` where the prefixes of its
/// downlink subframes do not stand out of noise.
pub(super) fn offset_by_prefixes(stream: StreamView<'_>, sync: &CellSync) -> Option<Hertz> {
    let multiple = stream.multiple();
    let symbol = SYMBOL * multiple;
    // The first and the last samples hold other symbols by the paths' delays and the receiver's filter.
    let len = (prefix(sync.cp) - 2) * multiple;
    let (mut sum, mut count) = (Complex32::ZERO, 0.0);
    for slot in sync.numbers_in(stream, SLOT).filter(|slot| always_downlink(sync.duplex, slot.div_euclid(2))) {
        for l in 0..sync.cp.symbols_per_slot() {
            let place = sync.at(slot as f64 * SLOT as f64 + symbol_start(sync.cp, l) as f64) * multiple as f64;
            let first = place.round() - stream.first as f64 - (len + multiple) as f64;
            if first < 0.0 {
                continue;
            }
            let part = |at: usize| stream.samples.get(at..at + len);
            let Some((early, late)) = part(first as usize).zip(part(first as usize + symbol)) else { break };
            let (product, power) = early.iter().zip(late).fold((Complex32::ZERO, 0.0), |(product, power), (a, b)| {
                (product + b * a.conj(), power + 0.5 * (a.norm_sqr() + b.norm_sqr()))
            });
            // Every symbol has equal weight, so that no burst decides.
            if power > 0.0 {
                sum += product / power;
                count += 1.0;
            }
        }
    }
    if sum.norm() < LEAST_DEVIATIONS * f32::sqrt(count / len as f32) {
        return None;
    }
    let seen = stream.centre.0 + f64::from(sum.arg()) / std::f64::consts::TAU * SPACING_HZ;
    Some(Hertz(seen + SPACING_HZ * ((sync.offset.0 - seen) / SPACING_HZ).round()))
}
