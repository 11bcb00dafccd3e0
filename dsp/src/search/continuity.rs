//! Tells a loss of samples from an echo that takes over: through a fade the channel of a cell goes on, and with a loss it
//! moves as a whole.
//!
//! In: reference symbols on either side of a place. Out: whether the channel behind it is the one before it, moved.

use num_complex::Complex32;

use super::confirm::{BASE_RATE, CrsDwell, CrsSymbol, ELEMENT_SPACING_HZ, ELEMENTS};
use crate::{
    frontend::{mixer::cis, ofdm::CellSync},
    sequences::crs::crs_offset,
};

/// Reference symbols of each of a slot's two that are averaged on either side of a place: over one millisecond and two of
/// FDD, in which a channel changes little.
const AVERAGED: [usize; 2] = [2, 4];
/// Symbols by which the place may be wrong.
const UNSURE: usize = 2;
/// Share of the likeness of a side's own parts by which the moved channel must be more like the one before than the channel as it
/// is: where all paths fade at once, noise decides nothing.
const CLEAR_SHARE: f32 = 0.4;
/// Time between symbols that are compared at most: TDD has downlink subframes 5 ms apart.
const MAX_SECONDS: f64 = 12e-3;
/// Distance of the elements of both of a slot's reference symbols taken together, which tells delays modulo 22 µs.
const SPACING_HZ: f64 = ELEMENT_SPACING_HZ / 2.0;
/// Distance of subcarriers, of which one lies unused in the carrier's middle. TS 36.211 §6.12.
const SUBCARRIER_HZ: f64 = 15e3;

/// How far places are apart at most that are compared, in samples at 1.92 MS/s: what [`SPACING_HZ`] tells apart, 6 km of way.
pub(super) const MAX_APART: f64 = BASE_RATE / SPACING_HZ;

/// A channel at the elements of both reference symbols of a slot.
type Channel = [Complex32; 2 * ELEMENTS];

/// Whether the channel of a cell behind a place, in samples at 1.92 MS/s, is the one before it `apart` samples later, rather
/// than the same. `dwells` were collected at `sync` on either side. `None` where one side holds too few symbols.
pub(super) fn moves(dwells: &[CrsDwell], sync: &CellSync, place: f64, apart: f64) -> Option<bool> {
    let evidence = |later: i64| -> Option<f32> {
        let of_port = |dwell: &CrsDwell| -> Option<f32> {
            let at = dwell.symbols.partition_point(|s| sync.at(s.time * BASE_RATE) < place) as i64 + later;
            let (before, after) = dwell.symbols.split_at_checked(usize::try_from(at).ok()?)?;
            let of_count = |count: usize| -> Option<f32> {
                let (before, farther) = channels(dwell, sync, before.iter().rev(), count)?;
                let (after, later) = channels(dwell, sync, after.iter(), count)?;
                let usual = [(&before, farther), (&after, later)]
                    .map(|(near, far)| far.map_or(0.0, |far| likeness(near, &far, 0.0)));
                let [moved, still] = [apart, 0.0].map(|apart| likeness(&before, &after, apart));
                Some(moved - still - CLEAR_SHARE * usual[0].max(usual[1]))
            };
            AVERAGED.into_iter().map(of_count).sum()
        };
        dwells.iter().map(of_port).sum()
    };
    let unsure = UNSURE as i64;
    (-unsure..=unsure).filter_map(evidence).max_by(f32::total_cmp).map(|most| most > 0.0)
}

/// How far the channels agree if the second one is `apart` samples later.
fn likeness(before: &Channel, after: &Channel, apart: f64) -> f32 {
    let turned = before.iter().zip(after).enumerate().map(|(j, (before, after))| {
        let hz = SPACING_HZ * j as f64 + if j < ELEMENTS { 0.0 } else { SUBCARRIER_HZ };
        before.conj() * after * cis(hz * apart / BASE_RATE)
    });
    turned.sum::<Complex32>().norm()
}

/// The mean channel of the first `count` of these symbols of either kind, and that of the next ones; `None` where there is
/// none of one kind, or they are far from the others.
fn channels<'a>(
    dwell: &CrsDwell,
    sync: &CellSync,
    mut symbols: impl Iterator<Item = &'a CrsSymbol>,
    count: usize,
) -> Option<(Channel, Option<Channel>)> {
    let first = mean(dwell, sync, &mut symbols, count)?;
    Some((first, mean(dwell, sync, &mut symbols, count)))
}

fn mean<'a>(
    dwell: &CrsDwell,
    sync: &CellSync,
    symbols: &mut impl Iterator<Item = &'a CrsSymbol>,
    count: usize,
) -> Option<Channel> {
    let mut channel = Channel::default();
    let mut counts = [0; 2];
    let mut start = None;
    while counts != [count; 2]
        && let Some(symbol) = symbols.next()
        && (symbol.time - *start.get_or_insert(symbol.time)).abs() < MAX_SECONDS
    {
        let counted = &mut counts[usize::from(symbol.is_first)];
        if *counted == count || !symbol.weight.is_finite() {
            continue;
        }
        *counted += 1;
        let first = crs_offset(sync.pci, dwell.port, 0, usize::from(!symbol.is_first)) / 3;
        for (sum, gain) in channel[first..].iter_mut().step_by(2).zip(&symbol.gains) {
            *sum += gain * symbol.weight;
        }
    }
    (!counts.contains(&0)).then_some(channel)
}
