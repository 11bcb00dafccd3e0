//! Carriers of a wide recording that nobody named: where the band holds power, a PSS over a few half frames tells.

use lte_dsp::{
    cell::NId2,
    frontend::spectra::BlockSpectra,
    search::{
        Nominal,
        pss::{PssCorrelator, PssHypothesis, PssPeak},
    },
    units::{Hertz, Ppm, SampleRate},
};
use rayon::prelude::*;

use super::carrier::RASTER_HZ;

/// Half frames summed.
const PERIODS: usize = 4;
/// Bins between frequency hypotheses: 7.5 kHz, at most 0.9 dB lost half-way.
const BIN_STEP: usize = 8;
/// Standard deviations above noise: some millions of places are searched.
const THRESHOLD: f32 = 9.0;
/// Power above the band's floor below which no carrier is looked for.
const LEAST_POWER: f32 = 1.06;
/// Half the bandwidth of the narrowest carrier's middle, which the PSS takes.
const HALF_PSS_HZ: f64 = 0.47e6;
/// Raster frequencies looked into at most.
const MOST_CANDIDATES: usize = 48;
/// Peaks looked into at one of them.
const PEAKS_A_CANDIDATE: usize = 4;

/// A stretch of the recorded band, relative to its centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Lower edge in hertz.
    pub from: f64,
    /// Upper edge in hertz.
    pub to: f64,
}

impl Stretch {
    /// Whether a frequency lies in it.
    pub fn contains(&self, hz: f64) -> bool {
        (self.from..=self.to).contains(&hz)
    }
}

/// A raster frequency at which a PSS seems to stand.
#[derive(Debug, Clone, PartialEq)]
pub struct CarrierCandidate {
    /// The frequency.
    pub nominal: Nominal,
    /// The peaks nearest to it, strongest first.
    pub peaks: Vec<PssPeak>,
}

/// Raster frequencies with a PSS outside of `explained`, the strongest first. `crystal` is the known error of the
/// receiver's crystal, 0 where nothing is known.
///
/// A PSS shows at many frequencies around its own, some 15 kHz apart and hardly weaker; the SSS must tell which it is.
pub fn find_candidates(
    spectra: &BlockSpectra,
    recorded: SampleRate,
    center: Hertz,
    crystal: Ppm,
    explained: &[Stretch],
) -> Vec<CarrierCandidate> {
    let bin_hz = spectra.bin_hz();
    let bins = candidate_bins(spectra, recorded, explained);
    let mut peaks: Vec<PssPeak> = bins
        .par_iter()
        .map_init(
            || PssCorrelator::new(spectra.block_len()),
            |correlator, &bin| {
                NId2::ALL.map(|n_id_2| {
                    let hypothesis = PssHypothesis { n_id_2, bin, clock_excess: 0.0 };
                    correlator.peaks(spectra, hypothesis, PERIODS, THRESHOLD, 1)
                })
            },
        )
        .flatten_iter()
        .flatten()
        .collect();
    peaks.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    let mut candidates: Vec<CarrierCandidate> = Vec::new();
    for mut peak in peaks {
        let seen = peak.hypothesis.bin as f64 * bin_hz;
        let absolute = ((center.0 + seen) * (1.0 - crystal.0 * 1e-6) / RASTER_HZ).round() * RASTER_HZ;
        let nominal = Nominal { relative: Hertz(absolute - center.0), absolute: Hertz(absolute) };
        peak.hypothesis.clock_excess = nominal.clock_excess(Hertz(seen));
        match candidates.iter().position(|c| c.nominal == nominal) {
            Some(at) if candidates[at].peaks.len() < PEAKS_A_CANDIDATE => candidates[at].peaks.push(peak),
            None if candidates.len() < MOST_CANDIDATES => {
                candidates.push(CarrierCandidate { nominal, peaks: vec![peak] });
            }
            _ => {}
        }
    }
    candidates
}

/// Bins where a carrier's centre may be: its middle holds power, and nothing found explains it.
fn candidate_bins(spectra: &BlockSpectra, recorded: SampleRate, explained: &[Stretch]) -> Vec<i64> {
    let power = spectra.mean_power();
    let bin_hz = spectra.bin_hz();
    let half = (HALF_PSS_HZ / bin_hz) as usize;
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(power.iter().scan(0.0, |sum, &p| {
            *sum += f64::from(p);
            Some(*sum)
        }))
        .collect();
    if power.len() <= 2 * half {
        return Vec::new();
    }
    // Beyond the recorded band a resampled one is empty, which would pass for a low floor.
    let within = (recorded.hz() / 2.0 - HALF_PSS_HZ) / bin_hz;
    let is_within = |c: &usize| (*c as f64 - (power.len() / 2) as f64).abs() <= within;
    let centres: Vec<usize> = (half..power.len() - half).step_by(BIN_STEP).filter(is_within).collect();
    let middle = |c: usize| (sums[c + half] - sums[c - half]) as f32;
    let floor = centres.iter().map(|&c| middle(c)).fold(f32::INFINITY, f32::min);
    let is_explained = |hz: f64| explained.iter().any(|s| s.contains(hz));
    centres
        .into_iter()
        .filter(|&c| middle(c) > LEAST_POWER * floor)
        .map(|c| c as i64 - (power.len() / 2) as i64)
        .filter(|&bin| !is_explained(bin as f64 * bin_hz))
        .collect()
}
