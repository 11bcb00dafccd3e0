//! The PSS of a dwell half frame by half frame: where a lost sample moves it, it goes on at another place.

use super::pss::{PERIOD, PssCorrelator, PssHypothesis};
use crate::frontend::spectra::BlockSpectra;

/// What a change of place costs: noise alone gains less by it in a dwell, as each half frame's greatest value of thousands
/// is 9 above its mean.
const CHANGE_COST: f32 = 24.0;
/// What a step to a neighbouring sample costs: clocks 150 ppm off make two in three half frames.
const STEP_COST: f32 = 0.5;
/// Most that one half frame counts: what is strongest for a moment decides nothing.
const MAX_VALUE: f32 = 48.0;
/// Mean of noise: a peak between two samples shows in both, and these are added.
const MEAN: f32 = 2.0;
/// Mean of the greatest of three neighbours of it.
const MEAN_OF_THREE: f32 = 3.2;

/// Half frames in which the PSS keeps its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// The first of them.
    pub first: usize,
    /// Place in each, in search-rate samples from the half frame's start.
    pub places: Vec<usize>,
}

/// How a place was reached from the half frame before.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Earlier,
    Same,
    Later,
    /// From the best place of all.
    Change,
}

/// The correlation of a dwell, half frame by half frame.
pub(super) struct PssPath {
    /// Relative length of a half frame.
    stretch: f64,
    /// One row a half frame, of `PERIOD` values.
    values: Vec<f32>,
}

impl PssPath {
    /// The whole half frames of `spectra` for one hypothesis.
    pub fn new(correlator: &mut PssCorrelator, spectra: &BlockSpectra, hypothesis: &PssHypothesis) -> Self {
        let stretch = 1.0 + hypothesis.clock_excess;
        let correlation = correlator.correlation(spectra, hypothesis);
        let half_frames = (correlation.len() as f64 / (PERIOD as f64 * stretch)) as usize;
        let mut values = vec![MEAN; half_frames * PERIOD];
        for (half_frame, row) in values.chunks_exact_mut(PERIOD).enumerate() {
            let first = (half_frame as f64 * PERIOD as f64 * stretch).round() as usize;
            for (value, pair) in row.iter_mut().zip(correlation.get(first..).unwrap_or_default().windows(2)) {
                *value = (pair[0] + pair[1]).min(MAX_VALUE);
            }
        }
        Self { stretch, values }
    }

    /// Where a place of a half frame is, in search-rate samples from the stream's first.
    pub fn at(&self, half_frame: usize, place: usize) -> f64 {
        half_frame as f64 * PERIOD as f64 * self.stretch + place as f64 + 0.5
    }

    fn half_frames(&self) -> usize {
        self.values.len() / PERIOD
    }

    /// The run of places that explains most, in stretches between which it changes its place.
    pub fn runs(&self) -> Vec<Run> {
        let half_frames = self.half_frames();
        let mut steps = vec![Step::Same; half_frames * PERIOD];
        let mut origins = vec![0; half_frames];
        let mut score: Vec<f32> = self.values.get(..PERIOD).unwrap_or_default().to_vec();
        if score.is_empty() {
            return Vec::new();
        }
        let best_of = |score: &[f32]| score.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        let mut next = vec![0.0; PERIOD];
        for half_frame in 1..half_frames {
            let Some((origin, best)) = best_of(&score) else { break };
            origins[half_frame] = origin;
            let row = &self.values[half_frame * PERIOD..][..PERIOD];
            let steps = &mut steps[half_frame * PERIOD..][..PERIOD];
            for place in 0..PERIOD {
                let before = score[(place + PERIOD - 1) % PERIOD] - STEP_COST;
                let after = score[(place + 1) % PERIOD] - STEP_COST;
                let mut reached = (score[place], Step::Same);
                for way in [(before, Step::Later), (after, Step::Earlier), (best - CHANGE_COST, Step::Change)] {
                    if way.0 > reached.0 {
                        reached = way;
                    }
                }
                next[place] = reached.0 + row[place];
                steps[place] = reached.1;
            }
            std::mem::swap(&mut score, &mut next);
        }
        let mut place = best_of(&score).map_or(0, |(place, _)| place);
        let mut runs: Vec<Run> = Vec::new();
        let mut places = Vec::new();
        for half_frame in (0..half_frames).rev() {
            places.push(place);
            let step = steps[half_frame * PERIOD + place];
            if step == Step::Change || half_frame == 0 {
                places.reverse();
                runs.push(Run { first: half_frame, places: std::mem::take(&mut places) });
            }
            place = match step {
                Step::Same => place,
                Step::Later => (place + PERIOD - 1) % PERIOD,
                Step::Earlier => (place + 1) % PERIOD,
                Step::Change => origins[half_frame],
            };
        }
        runs.reverse();
        runs
    }

    /// Mean height above noise of the PSS where one begins `at`, modulo a half frame, in the half frames between two places;
    /// all are in samples at 1.92 MS/s from the stream's first. 0 where there is no half frame.
    pub fn height(&self, at: f64, from: f64, to: f64) -> f32 {
        let half_frame = PERIOD as f64 * self.stretch;
        let place = (0.5 * at - 0.5).rem_euclid(half_frame).round() as usize;
        let is_inside = |row: &usize| (from..to).contains(&(2.0 * self.at(*row, place)));
        let (mut sum, mut count) = (0.0f32, 0.0f32);
        for row in (0..self.half_frames()).filter(is_inside) {
            let row = &self.values[row * PERIOD..][..PERIOD];
            let near = [PERIOD - 1, 0, 1].map(|beside| row[(place + beside) % PERIOD]);
            sum += near.into_iter().fold(0.0, f32::max) - MEAN_OF_THREE;
            count += 1.0;
        }
        sum / count.max(1.0)
    }

    /// The `most` places beside a run that explain most, the run's own first, each as so many samples after it.
    pub fn beside(&self, run: &Run, most: usize) -> Vec<usize> {
        let mut sums = vec![0.0f32; PERIOD];
        for (i, &place) in run.places.iter().enumerate() {
            let row = &self.values[(run.first + i) * PERIOD..][..PERIOD];
            let (head, tail) = row.split_at(place);
            for (sum, value) in sums.iter_mut().zip(tail.iter().chain(head)) {
                *sum += value;
            }
        }
        let mut found = vec![0];
        while found.len() < most {
            let is_near = |later: usize| {
                let near = |other: &usize| later.abs_diff(*other).min(PERIOD - later.abs_diff(*other)) < 4;
                found.iter().any(near)
            };
            let best = (0..PERIOD).filter(|&later| !is_near(later)).max_by(|&a, &b| sums[a].total_cmp(&sums[b]));
            found.extend(best);
        }
        found
    }
}
