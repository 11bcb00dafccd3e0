//! What reference symbols say of a cell, symbol by symbol: whether it is heard, how late, and where that changes at once.

use num_complex::Complex32;

use super::confirm::{BASE_RATE, CrsDwell, CrsSymbol, ELEMENT_SPACING_HZ, ELEMENTS};
use crate::frontend::ofdm::CellSync;

/// Jumps of a stream at most; beyond, it is no signal of one transmitter.
pub(super) const MAX_JUMPS: usize = 32;
/// Share of the usual agreement below which a cell is not heard.
pub(super) const ABSENT_SHARE: f32 = 0.4;
/// Standard deviation of a symbol's agreement where there is no cell: of eleven products of elements.
pub(super) const NOISE_DEVIATION: f32 = 0.3;
/// Standard deviations above that from which a cell is heard for certain.
pub(super) const HEARD_DEVIATIONS: f32 = 6.0;
/// Symbols whose delays are taken together, on either side of a step: 3 ms of FDD.
const WINDOW: usize = 12;
/// The same to see that a step is one: fading takes longer.
const SHORT_WINDOW: usize = 4;
/// The same to see that it lasts: a deep fade passes.
const LONG_WINDOW: usize = 8 * WINDOW;
/// Least step of the delay that is looked at, in samples at 1.92 MS/s: 0.4 µs. What is less renames no carrier.
const MIN_STEP: f64 = 0.8;
/// How much larger than the usual change from window to window a step must be.
const STEP_DEVIATIONS: f64 = 8.0;
/// Share of a step by which shorter and longer windows may show another one.
const MAX_DIFFERENCE: f64 = 0.4;
/// Share of the whole agreement that may be missing in one part of a dwell and too much in another, and how many standard
/// deviations of its sum.
const UNEVEN_SHARE: f32 = 0.08;
const UNEVEN_DEVIATIONS: f32 = 1.6;
/// Time to the next reference symbol at most, between which a carrier turns little: those of a slot are nearer.
const NEXT_SECONDS: f64 = 0.3e-3;

/// What a reference symbol says of a cell.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// Place in samples at 1.92 MS/s.
    pub at: f64,
    /// Mean product of neighbouring elements: 1 without noise, 0 without the cell; its phase is the delay's.
    pub agreement: Complex32,
    /// The same product as strong as it was received: where a channel fades its delay means little.
    product: Complex32,
    /// Mean product with the next symbol's elements, three subcarriers beside its own, real part: 1 without noise; negative
    /// half a period of the elements' delays or more from its place, where neighbouring elements agree as well. 0 where
    /// none follows.
    in_place: f32,
}

/// Sets `readings` to what a port's reference symbols, as collected at `sync`, say.
pub(super) fn read(dwell: &CrsDwell, sync: &CellSync, readings: &mut Vec<Reading>) {
    let reading = |(s, next): (&CrsSymbol, Option<&CrsSymbol>)| {
        let neighbours: Complex32 = s.gains.windows(2).map(|g| g[1] * g[0].conj()).sum();
        let agreement = neighbours * (s.weight * s.weight / (ELEMENTS - 1) as f32);
        let is_near = |next: &&CrsSymbol| next.time - s.time < NEXT_SECONDS && next.weight.is_finite();
        let in_place = next.filter(is_near).map_or(0.0, |next| {
            let product: Complex32 = s.gains.iter().zip(&next.gains).map(|(g, next)| next * g.conj()).sum();
            product.re * s.weight * next.weight / ELEMENTS as f32
        });
        Reading { at: sync.at(s.time * BASE_RATE), agreement, product: neighbours, in_place }
    };
    let symbols = &dwell.symbols;
    let following = symbols.iter().skip(1).map(Some).chain([None]);
    readings.clear();
    readings.extend(symbols.iter().zip(following).filter(|(s, _)| s.weight.is_finite()).map(reading));
}

/// Memory for what is sorted.
#[derive(Default)]
pub(super) struct Scratch {
    changes: Vec<f64>,
    sorted: Vec<f64>,
}

/// Whether readings are those of a cell that is heard all through with no jump.
pub(super) fn goes_on_steadily(readings: &[Reading], scratch: &mut Scratch) -> bool {
    let mean = agreement(readings).norm();
    // As many symbols as it takes to hear the cell.
    let window = (HEARD_DEVIATIONS * NOISE_DEVIATION / mean.max(1e-3)).powi(2) as usize;
    let window = window.max(WINDOW);
    let is_heard = |part: &[Reading]| agreement(part).norm() > ABSENT_SHARE * mean && is_in_place(part);
    readings.len() < 2 * WINDOW
        || readings.chunks(window).filter(|part| part.len() >= WINDOW).all(is_heard)
            && !comes_or_goes(readings)
            && steps(readings, usual_slope(&[readings], scratch), scratch).is_empty()
}

/// Mean agreement.
pub(super) fn agreement(readings: &[Reading]) -> Complex32 {
    readings.iter().map(|r| r.agreement).sum::<Complex32>() / readings.len().max(1) as f32
}

/// Whether a cell that is heard is where it is assumed, and not a period of its elements' delays, 11.1 µs, beside.
pub(super) fn is_in_place(readings: &[Reading]) -> bool {
    readings.iter().map(|r| r.in_place).sum::<f32>() >= 0.0
}

/// Whether a cell is heard better in one part of these than in another, by more than noise and slow fading do: the farthest
/// that the sum of its agreement departs from an even one.
fn comes_or_goes(readings: &[Reading]) -> bool {
    let mean = agreement(readings);
    let direction = mean.conj() / mean.norm().max(1e-9);
    let (mut sum, mut farthest) = (0.0f32, 0.0f32);
    for reading in readings {
        sum += (reading.agreement * direction).re - mean.norm();
        farthest = farthest.max(sum.abs());
    }
    let count = readings.len() as f32;
    farthest > (UNEVEN_SHARE * mean.norm() * count).max(UNEVEN_DEVIATIONS * NOISE_DEVIATION * count.sqrt())
}

/// Delay of what these say in samples at 1.92 MS/s.
pub(super) fn delay(readings: &[Reading]) -> f64 {
    let product: Complex32 = readings.iter().map(|r| r.product).sum();
    -f64::from(product.arg()) / std::f64::consts::TAU / ELEMENT_SPACING_HZ * BASE_RATE
}

/// A delay as symbols show it, whose elements tell it modulo the inverse of their spacing.
fn wrapped(delay: f64) -> f64 {
    const PERIOD: f64 = BASE_RATE / ELEMENT_SPACING_HZ;
    delay - PERIOD * (delay / PERIOD).round()
}

/// Mean place.
pub(super) fn middle(readings: &[Reading]) -> f64 {
    readings.iter().map(|r| r.at).sum::<f64>() / readings.len().max(1) as f64
}

/// Growth of the delay, as a ratio: the usual one from window to window, which a jump does not change.
pub(super) fn usual_slope(stretches: &[&[Reading]], scratch: &mut Scratch) -> f64 {
    let slope = |(a, b): (&[Reading], &[Reading])| wrapped(delay(b) - delay(a)) / (middle(b) - middle(a));

    scratch.sorted.clear();
    for readings in stretches {
        let windows = || readings.chunks_exact(WINDOW);
        scratch.sorted.extend(windows().zip(windows().skip(1)).map(slope));
    }
    middle_value(&mut scratch.sorted)
}

/// The growth of the delay that all stretches have in common, or `usual` where they are too short.
pub(super) fn common_slope<'a>(stretches: impl Iterator<Item = &'a [Reading]>, usual: f64) -> f64 {
    let (mut product, mut square) = (0.0, 0.0);
    for readings in stretches {
        let (at, late) = (middle(readings), delay(readings));
        for window in readings.chunks_exact(WINDOW) {
            let (x, weight) = (middle(window) - at, f64::from(agreement(window).norm()));
            product += weight * x * wrapped(delay(window) - late);
            square += weight * x * x;
        }
    }
    // Three windows and more.
    if square > BASE_RATE * BASE_RATE * 1e-6 { product / square } else { usual }
}

/// Numbers of the readings with which the delay, freed of its growth `slope`, is another one at once, in order, each with how
/// much later it is, in samples at 1.92 MS/s.
pub(super) fn steps(readings: &[Reading], slope: f64, scratch: &mut Scratch) -> Vec<(usize, f64)> {
    let mut found = Vec::new();
    add_steps(readings, 0, slope, scratch, &mut found);
    found.sort_unstable_by_key(|(at, _)| *at);
    found
}

/// Adds those of a part that begins with reading `first`.
fn add_steps(readings: &[Reading], first: usize, slope: f64, scratch: &mut Scratch, found: &mut Vec<(usize, f64)>) {
    if readings.len() < 2 * WINDOW || found.len() >= MAX_JUMPS {
        return;
    }
    let change = |i: usize, window: usize| {
        let (before, after) = (&readings[i.saturating_sub(window)..i], &readings[i..readings.len().min(i + window)]);
        wrapped(delay(after) - delay(before) - slope * (middle(after) - middle(before)))
    };
    let Scratch { changes, sorted } = scratch;
    changes.clear();
    changes.extend((WINDOW..=readings.len() - WINDOW).map(|i| change(i, WINDOW)));
    sorted.clear();
    sorted.extend(changes.iter().map(|c| c.abs()));
    let usual = middle_value(sorted);
    let Some((i, size)) = changes.iter().copied().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())) else {
        return;
    };
    let at = WINDOW + i;
    let shows = |window: usize| wrapped(change(at, window) - size).abs() < MAX_DIFFERENCE * size.abs();
    if size.abs() < MIN_STEP.max(STEP_DEVIATIONS * usual)
        || ![SHORT_WINDOW, 2 * WINDOW, LONG_WINDOW].into_iter().all(shows)
    {
        return;
    }
    found.push((first + at, size));
    add_steps(&readings[..at], first, slope, scratch, found);
    add_steps(&readings[at..], first + at, slope, scratch, found);
}

/// The middle one of these values, 0 of none.
fn middle_value(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f64::total_cmp).1 }
}
