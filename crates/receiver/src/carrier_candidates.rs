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

/// The channel raster. TS 36.101 §5.7.2.
pub const RASTER_HZ: f64 = 100e3;
/// Half frames summed.
const PERIODS: usize = 4;
/// Bins between frequency hypotheses: 7.5 kHz, at most 0.9 dB lost half-way.
const BIN_STEP: usize = 8;
/// Standard deviations above noise: some millions of places are searched.
const THRESHOLD: f32 = 9.0;
/// Power above the band's floor below which no carrier is looked for.
const LEAST_POWER: f32 = 1.06;
/// Ratio of a band's highest power to its lowest below which it is flat.
const FLAT: f32 = 1.3;
/// Half the bandwidth of the narrowest carrier's middle, which the PSS takes.
const HALF_PSS_HZ: f64 = 0.47e6;
/// Distance from a recorded band's edge within which no carrier can be searched: a tenth of the PSS would be outside, and
/// filters take more.
pub const EDGE_HZ: f64 = 0.4e6;
/// Raster frequencies looked into at most.
const MAX_CANDIDATES: usize = 48;
/// Peaks looked into at one of them. Of a strong cell the ghosts 15 kHz apart come first, up to a dozen of them.
const PEAKS_A_CANDIDATE: usize = 12;
/// Peaks of one frequency: a ghost of a fading cell may be higher than the cell.
const PEAKS_A_HYPOTHESIS: usize = 3;

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

/// A frequency near which a PSS seems to stand.
#[derive(Debug, Clone, PartialEq)]
pub struct CarrierCandidate {
    /// Where its strongest peak was seen, relative to the recording's centre.
    pub seen: Hertz,
    /// The peaks nearest to it, strongest first.
    peaks: Vec<(Hertz, PssPeak)>,
}

impl CarrierCandidate {
    /// Where its peaks were seen, each place once.
    pub fn hypotheses(&self) -> Vec<PssHypothesis> {
        let mut places: Vec<PssHypothesis> = self.peaks.iter().map(|(_, peak)| peak.hypothesis).collect();
        places.sort_by_key(|place| (place.n_id_2, place.bin));
        places.dedup_by_key(|place| (place.n_id_2, place.bin));
        places
    }

    /// Its peaks as a carrier at `nominal` would make them: with the clock that belongs to it.
    pub fn peaks_of(&self, nominal: &Nominal) -> Vec<PssPeak> {
        let tied = |(seen, mut peak): (Hertz, PssPeak)| {
            peak.hypothesis.clock_excess = nominal.clock_excess(seen);
            peak
        };
        self.peaks.iter().copied().map(tied).collect()
    }
}

/// Raster frequencies whose carrier a crystal within `range` of `expected` shows at `seen`, the nearest first.
pub fn nominals_near(seen: Hertz, center: Hertz, expected: Ppm, range: Ppm) -> Vec<Nominal> {
    let absolute = (center.0 + seen.0) * (1.0 - expected.0 * 1e-6);
    let reach = range.of(Hertz(absolute)).0 + RASTER_HZ / 2.0;
    let nearest = (absolute / RASTER_HZ).round() as i64;
    let steps = (reach / RASTER_HZ).ceil() as i64;
    let mut raster: Vec<f64> = (nearest - steps..=nearest + steps).map(|n| n as f64 * RASTER_HZ).collect();
    raster.retain(|hz| (hz - absolute).abs() <= reach);
    raster.sort_by(|a, b| (a - absolute).abs().total_cmp(&(b - absolute).abs()));
    raster.into_iter().map(|hz| Nominal::tied(Hertz(hz - center.0), Hertz(hz))).collect()
}

/// Frequencies with a PSS outside of `explained`, the strongest first.
///
/// A PSS shows at many frequencies around its own, some 15 kHz apart and hardly weaker; the SSS must tell which it is.
pub fn find_candidates(spectra: &BlockSpectra, recorded: SampleRate, explained: &[Stretch]) -> Vec<CarrierCandidate> {
    let bin_hz = spectra.bin_hz();
    let bins = candidate_bins(spectra, recorded, explained);
    let mut peaks: Vec<PssPeak> = bins
        .par_iter()
        .map_init(
            || PssCorrelator::new(spectra.block_len()),
            |correlator, &bin| {
                NId2::ALL.map(|n_id_2| {
                    let hypothesis = PssHypothesis { n_id_2, bin, clock_excess: 0.0 };
                    correlator.peaks(spectra, hypothesis, PERIODS, THRESHOLD, PEAKS_A_HYPOTHESIS)
                })
            },
        )
        .flatten_iter()
        .flatten()
        .collect();
    peaks.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    let mut candidates: Vec<CarrierCandidate> = Vec::new();
    for peak in peaks {
        let seen = Hertz(peak.hypothesis.bin as f64 * bin_hz);
        match candidates.iter().position(|c| (c.seen.0 - seen.0).abs() <= RASTER_HZ / 2.0) {
            Some(at) if candidates[at].peaks.len() < PEAKS_A_CANDIDATE => candidates[at].peaks.push((seen, peak)),
            None if candidates.len() < MAX_CANDIDATES => {
                candidates.push(CarrierCandidate { seen, peaks: vec![(seen, peak)] });
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
    // Beyond the recorded band a resampled one is empty, which would pass for a low floor.
    let reach = ((0.5 * recorded.hz() / bin_hz) as usize).min(power.len() / 2);
    let (first, last) = (power.len() / 2 - reach, power.len() / 2 + reach);
    let edge = (EDGE_HZ / bin_hz) as usize;
    if last - first <= 2 * edge {
        return Vec::new();
    }
    let is_within = |c: &usize| (first + edge..=last - edge).contains(c);
    let centres: Vec<usize> = (half..power.len() - half).step_by(BIN_STEP).filter(is_within).collect();
    let middle = |c: usize| {
        let (from, to) = (c.saturating_sub(half).max(first), (c + half).min(last));
        (sums[to] - sums[from]) as f32 / (to - from) as f32
    };
    let (floor, top) = centres
        .iter()
        .map(|&c| middle(c))
        .fold((f32::INFINITY, 0f32), |(low, high), power| (low.min(power), high.max(power)));
    // A flat band is empty, or within one carrier that is wider than it.
    let least = if explained.is_empty() && top < FLAT * floor { 0.0 } else { LEAST_POWER * floor };
    let is_explained = |hz: f64| explained.iter().any(|s| s.contains(hz));
    centres
        .into_iter()
        .filter(|&c| middle(c) > least)
        .map(|c| c as i64 - (power.len() / 2) as i64)
        .filter(|&bin| !is_explained(bin as f64 * bin_hz))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crystal_that_may_be_off_leaves_several_raster_frequencies() {
        let hz = |center: f64, expected: f64, range: f64| -> Vec<f64> {
            let nominals = nominals_near(Hertz(-158e3), Hertz(center), Ppm(expected), Ppm(range));
            assert!(nominals.iter().all(|n| n.relative.0 == n.absolute.0 - center));
            nominals.iter().map(|n| n.relative.0).collect()
        };
        assert_eq!(hz(8e8, 0.0, 60.0), [-2e5, -1e5]);
        assert_eq!(hz(2.646e9, 0.0, 60.0), [-2e5, -1e5, -3e5, 0.0]);
        assert_eq!(hz(2.646e9, -60.0, 0.0), [0.0]);
    }
}
