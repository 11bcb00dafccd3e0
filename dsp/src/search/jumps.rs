//! Finds where samples are missing from a stream: there the frames of all its cells jump together.
//!
//! [`JumpFinder::stretches`] is the recipe: the PSS of the strongest cell, half frame by half frame, shows where it goes on at
//! another place, its reference signals confirm that it is the same cell there and not heard at the old place any more, and
//! their delays show jumps within the cyclic prefix. Clocks drift evenly and echoes fade slowly; neither is a jump.

use super::{
    FoundCell, Nominal,
    confirm::{CrsDwell, path_reach},
    continuity::{MAX_APART, moves},
    pss::{PssCorrelator, PssHypothesis},
    pss_path::{PssPath, Run},
    pss_removal::first_pss,
    readings::{
        ABSENT_SHARE, HEARD_DEVIATIONS, MAX_JUMPS, NOISE_DEVIATION, Reading, Scratch, agreement, common_slope, delay,
        goes_on_steadily, is_in_place, middle, read, steps, usual_slope,
    },
    sss::sync_places,
    timing::HALF_FRAME,
    tracker::Tracker,
};
use crate::{
    frontend::{
        channelise::StreamView,
        ofdm::{CellSync, FRAME},
        spectra::BlockSpectra,
    },
    units::Hertz,
};

/// Places beside a run's own at which the cell is looked for: another cell with the same PSS may be stronger for a while.
const MAX_PLACES: usize = 4;
/// How much later than the PSS seems to be it may be, in samples at 1.92 MS/s: a microsecond off, reference symbols cancel.
const UNSURE_PLACES: [f64; 5] = [0.0, -1.0, 1.0, -2.0, 2.0];
/// Timings nearer than this, in samples at 1.92 MS/s, are told apart by delays of reference symbols, not by the PSS.
const NEAR: f64 = 4.0;
/// Stretch on either side of a jump in which the channel is compared, in samples at 1.92 MS/s: that of TDD's subframes.
const COMPARED: f64 = 2.2 * FRAME as f64;
/// Symbols on either side of a jump that may be on its wrong side.
const UNSURE: usize = 8;

/// A part of a stream without jumps.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// First sample at 1.92 MS/s, counted like the cell's frame start.
    pub from: f64,
    /// End.
    pub to: f64,
    /// Samples at 1.92 MS/s by which its frames begin too early for those of the stretch before, modulo a frame: from minus
    /// half a frame up to half a frame. 0 of the first.
    pub missing: f64,
    /// The cell as it is there.
    pub cell: FoundCell,
}

/// Finds jumps; keeps the memory that this takes.
#[derive(Default)]
pub struct JumpFinder {
    tracker: Tracker,
    correlator: Option<PssCorrelator>,
    /// Readings of the stream that is looked at.
    readings: Vec<Reading>,
    scratch: Scratch,
}

impl JumpFinder {
    /// Whether a cell is heard all through the stream with no jump: what is true of nearly every stream, and found fast.
    pub fn is_steady(&mut self, stream: StreamView<'_>, sync: &CellSync) -> bool {
        let mut readings = std::mem::take(&mut self.readings);
        self.read_into(stream, sync, &mut readings);
        let is_steady = goes_on_steadily(&readings, &mut self.scratch);
        self.readings = readings;
        is_steady
    }

    /// The stretches of a stream at 1.92 MS/s in which the frames of a cell are in step, in order; none where it is not found.
    /// `spectra` are those of the recording that the stream was taken from. `before` tells that `cell` is where frames before
    /// the stream's first sample were.
    pub fn stretches(
        &mut self,
        stream: StreamView<'_>,
        spectra: &BlockSpectra,
        cell: &CellSync,
        nominal: &Nominal,
        before: Option<&FoundCell>,
    ) -> Vec<Stretch> {
        // A jump may have named another carrier, whose clock would be another one.
        let relative = Hertz(cell.offset.0 + (cell.clock_excess - nominal.clock_bias) * nominal.absolute.0);
        let nominal = &Nominal { relative, ..*nominal };
        let hypothesis = PssHypothesis {
            n_id_2: cell.pci.n_id_2(),
            bin: (cell.offset.0 / spectra.bin_hz()).round() as i64,
            clock_excess: cell.clock_excess,
        };
        let correlator = match self.correlator.take().filter(|c| c.block_len() == spectra.block_len()) {
            Some(correlator) => self.correlator.insert(correlator),
            None => self.correlator.insert(PssCorrelator::new(spectra.block_len())),
        };
        let path = PssPath::new(correlator, spectra, &hypothesis);
        let runs = path.runs();
        if runs.len() > MAX_JUMPS + 1 {
            return Vec::new();
        }
        let end = stream.samples.len() as f64 / stream.multiple() as f64;
        let edge = |run: &Run, i: usize| 2.0 * path.at(run.first + i, run.places[i]);
        let mut found: Vec<Stretch> = before.map(|cell| Stretch::of(cell.clone(), 0.0, 0.0)).into_iter().collect();
        for (i, run) in runs.iter().enumerate() {
            let from = i.checked_sub(1).map_or(0.0, |i| edge(&runs[i], runs[i].places.len() - 1));
            let to = runs.get(i + 1).map_or(end, |next| edge(next, 0));
            let part = part_of(stream, from, to);
            let Some(there) = self.confirm_beside(part, &path, run, cell, nominal) else { continue };
            self.add(stream, &path, &mut found, Stretch::of(there, from, to));
        }
        self.split(stream, found)
    }

    /// The cell in a part of the stream, at a run's places or beside them.
    fn confirm_beside(
        &mut self,
        part: StreamView<'_>,
        path: &PssPath,
        run: &Run,
        cell: &CellSync,
        nominal: &Nominal,
    ) -> Option<FoundCell> {
        let (pss, _) = sync_places(cell.duplex, cell.cp);
        let half_frame = HALF_FRAME * (1.0 + cell.clock_excess);
        let middle = run.places.len() / 2;
        let there = 2.0 * path.at(run.first + middle, run.places[middle]) - pss * (1.0 + cell.clock_excess);
        let mut best: Option<FoundCell> = None;
        for later in path.beside(run, MAX_PLACES) {
            for (half, late) in [0.0, half_frame].into_iter().flat_map(|half| UNSURE_PLACES.map(|late| (half, late))) {
                let frame_start = there + 2.0 * later as f64 - half + late;
                let heard = self.tracker.confirm(part, CellSync { frame_start, ..*cell }, nominal);
                if let Some(heard) = heard
                    && best.as_ref().is_none_or(|best| heard.strength > best.strength)
                {
                    best = Some(heard);
                }
            }
            // It is where the PSS is, nearly always.
            if best.is_some() {
                break;
            }
        }
        best
    }

    /// Adds a stretch behind others, or makes the last one longer where it goes on.
    fn add(&mut self, stream: StreamView<'_>, path: &PssPath, found: &mut Vec<Stretch>, mut next: Stretch) {
        let Some(last) = found.last_mut() else {
            found.push(next);
            return;
        };
        let apart = apart(&last.cell.sync, &next.cell.sync, next.from);
        let goes_on = apart.abs() < NEAR || {
            let at = self.change(stream, last, &next);
            (last.to, next.from) = (at.min(next.to), at.max(last.from));
            let [before, after] = [&last.cell.sync, &next.cell.sync];
            self.is_echo(stream, before, at, apart)
                || (shows_beside(path, before, after, next.from, next.to)
                    && self.is_heard(stream, before, next.from, next.to))
                || (shows_beside(path, after, before, last.from, last.to)
                    && self.is_heard(stream, after, last.from, last.to))
        };
        if !goes_on {
            found.push(next);
            return;
        }
        last.to = next.to;
        if next.cell.strength > last.cell.strength && apart.abs() < NEAR {
            last.cell = next.cell;
        }
    }

    /// Where the frames leave one place for another.
    fn change(&mut self, stream: StreamView<'_>, first: &Stretch, second: &Stretch) -> f64 {
        if first.to <= first.from {
            return second.from;
        }
        let (from, to) = (first.from, second.to);
        let part = part_of(stream, from, to);
        let mut gains: Vec<(f64, f32)> = Vec::new();
        for (stretch, sign) in [(first, 1.0), (second, -1.0)] {
            let readings = self.read(part, &stretch.cell.sync);
            let own: Vec<Reading> =
                readings.iter().copied().filter(|r| (stretch.from..stretch.to).contains(&r.at)).collect();
            let mean = agreement(&own);
            let direction = mean.conj() / mean.norm().max(1e-9);
            gains.extend(readings.iter().map(|r| (r.at, sign * ((r.agreement * direction).re - 0.5 * mean.norm()))));
        }
        gains.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut sum, mut best, mut at) = (0.0f32, f32::NEG_INFINITY, from);
        // Between the symbol after which the most speaks for the change and the next one.
        for (i, &(place, gain)) in gains.iter().enumerate() {
            if sum > best {
                (best, at) = (sum, if i == 0 { from } else { 0.5 * (gains[i - 1].0 + place) });
            }
            sum += gain;
        }
        if sum > best { to } else { at }
    }

    /// Whether the frames seem to begin `apart` samples later from a place on because an echo is stronger there.
    fn is_echo(&mut self, stream: StreamView<'_>, sync: &CellSync, place: f64, apart: f64) -> bool {
        if apart.abs() > MAX_APART {
            return false;
        }
        self.tracker.collect(part_of(stream, place - COMPARED, place + COMPARED), sync);
        moves(self.tracker.collected(), sync, place, apart) == Some(false)
    }

    /// Whether a cell is heard for certain, and in its place, between two others, their surroundings left out.
    fn is_heard(&mut self, stream: StreamView<'_>, sync: &CellSync, from: f64, to: f64) -> bool {
        let readings = self.read(part_of(stream, from, to), sync);
        let sure = readings.get(UNSURE..readings.len().saturating_sub(UNSURE)).unwrap_or_default();
        let least = HEARD_DEVIATIONS * NOISE_DEVIATION / (sure.len() as f32).sqrt();
        // Within a prefix of its place a cell is heard as well, but elsewhere; so it is a period of its delays from there.
        sure.len() >= UNSURE && agreement(sure).norm() > least && delay(sure).abs() < NEAR && is_in_place(sure)
    }

    /// The same stretches with their jumps measured, and more where a delay jumps within them.
    fn split(&mut self, stream: StreamView<'_>, found: Vec<Stretch>) -> Vec<Stretch> {
        let mut read: Vec<(Stretch, Vec<Reading>)> = found
            .into_iter()
            .map(|stretch| {
                let readings = self.read(part_of(stream, stretch.from, stretch.to), &stretch.cell.sync);
                (stretch, readings)
            })
            .collect();
        let all: Vec<&[Reading]> = read.iter().map(|(_, readings)| &readings[..]).collect();
        let usual = usual_slope(&all, &mut self.scratch);
        let mut parts: Vec<(Stretch, Vec<Reading>)> = Vec::new();
        for (stretch, readings) in read.drain(..) {
            let mut begin = 0;
            let place = |i: usize| 0.5 * (readings[i - 1].at + readings[i].at);
            let mut jumps = steps(&readings, usual, &mut self.scratch);
            jumps.retain(|&(i, size)| !self.is_echo(stream, &stretch.cell.sync, place(i), size));
            for step in jumps.into_iter().map(|(i, _)| i).chain([readings.len()]) {
                let from = if begin == 0 { stretch.from } else { place(begin) };
                let to = if step == readings.len() { stretch.to } else { place(step) };
                parts.push((Stretch { from, to, ..stretch.clone() }, readings[begin..step].to_vec()));
                begin = step;
            }
        }
        let slope = common_slope(parts.iter().map(|(_, readings)| &readings[..]), usual);
        for i in 1..parts.len() {
            let (before, after) = (&parts[i - 1], &parts[i]);
            let at = after.0.from;
            let moved = |(_, readings): &(Stretch, Vec<Reading>)| {
                if readings.is_empty() { 0.0 } else { delay(readings) + slope * (at - middle(readings)) }
            };
            let apart = apart(&before.0.cell.sync, &after.0.cell.sync, at) + moved(after) - moved(before);
            parts[i].0.missing = -apart;
        }
        parts.into_iter().map(|(stretch, _)| stretch).collect()
    }

    /// What the reference symbols of a stream say of a cell.
    fn read(&mut self, stream: StreamView<'_>, sync: &CellSync) -> Vec<Reading> {
        let mut readings = Vec::new();
        self.read_into(stream, sync, &mut readings);
        readings
    }

    /// The same into `readings`, in place of what is there.
    fn read_into(&mut self, stream: StreamView<'_>, sync: &CellSync, readings: &mut Vec<Reading>) {
        self.tracker.collect(stream, sync);
        let dwell = CrsDwell::stronger(self.tracker.collected(), path_reach(sync.cp));
        read(dwell, sync, readings);
    }
}

impl Stretch {
    fn of(cell: FoundCell, from: f64, to: f64) -> Self {
        Self { from, to, missing: 0.0, cell }
    }
}

/// The part of a stream between two places in samples at 1.92 MS/s.
fn part_of(stream: StreamView<'_>, from: f64, to: f64) -> StreamView<'_> {
    let (first, len) = (stream.first, stream.samples.len());
    let place = |at: f64| ((at * stream.multiple() as f64).max(0.0) as usize).clamp(first, first + len) - first;
    let (from, to) = (place(from), place(to));
    StreamView { samples: &stream.samples[from..to.max(from)], first: first + from, ..stream }
}

/// Whether a cell's PSS shows between two places as it does where `there` has it. Reference signals two periods of their delays
/// from their place, 22 µs, are still heard, and agree as they do in it.
fn shows_beside(path: &PssPath, sync: &CellSync, there: &CellSync, from: f64, to: f64) -> bool {
    let height = |sync: &CellSync| path.height(first_pss(sync), from, to);
    height(sync) >= ABSENT_SHARE * height(there)
}

/// How much later the frames of `b` begin than those of `a` near a place: from minus half a frame up to half a frame.
fn apart(a: &CellSync, b: &CellSync, at: f64) -> f64 {
    let phase = |sync: &CellSync| {
        let frame = FRAME as f64 * (1.0 + sync.clock_excess);
        (sync.frame_start - at).rem_euclid(frame)
    };
    let frame = FRAME as f64 * (1.0 + a.clock_excess);
    let apart = (phase(b) - phase(a)).rem_euclid(frame);
    if apart > frame / 2.0 { apart - frame } else { apart }
}
