//! The filters of a cell's channel: over reference symbols in time, then over points in frequency.

use num_complex::Complex32;

use super::wiener::Wiener;
use crate::{
    cell::{Bandwidth, Pci},
    kernels::complex,
    search::statistics::ChannelStatistics,
};

/// Reference elements of one port that a frequency filter reads: 3 subcarriers apart, half a megahertz.
const POINTS: usize = 12;
/// Distance of the filter's points in subcarriers: the two combs of a port, one between the other.
pub(super) const SPACING: usize = 3;
/// Points on either side of those that have as many below them as the filter wants.
const EDGE: usize = POINTS / 2;

/// Filters for a cell whose channel has certain statistics.
pub(super) struct Filters {
    statistics: ChannelStatistics,
    wiener: Wiener,
    /// Those in time; only the first `used` of them are for these statistics.
    in_time: Vec<TimeFilter>,
    used: usize,
    /// Places of the symbols of the filter looked for.
    places: Vec<i32>,
    /// Those in frequency by the subcarrier they are for, counted from their first point; each weight twice.
    in_frequency: Vec<[f32; 2 * POINTS]>,
    weights: Vec<f32>,
    /// First point and filter of every subcarrier.
    windows: Vec<(u16, u16)>,
    /// Subcarrier of the first point.
    first: usize,
}

/// Weights of reference symbols for the channel at two instants.
#[derive(Default)]
struct TimeFilter {
    /// Places of the symbols and of the instants, in eighths of a symbol.
    places: Vec<i32>,
    at: [i32; 2],
    /// For the first instant, then for the second.
    weights: Vec<f32>,
}

impl Filters {
    pub(super) fn new(pci: Pci, bandwidth: Bandwidth, statistics: ChannelStatistics) -> Self {
        let mut filters = Self {
            statistics,
            wiener: Wiener::default(),
            in_time: Vec::new(),
            used: 0,
            places: Vec::new(),
            in_frequency: Vec::new(),
            weights: Vec::new(),
            windows: windows(pci, bandwidth),
            first: usize::from(pci.get()) % SPACING,
        };
        filters.renew(statistics);
        filters
    }

    /// Becomes those for other statistics.
    pub(super) fn renew(&mut self, statistics: ChannelStatistics) {
        self.statistics = statistics;
        self.used = 0;
        let points: [f32; POINTS] = std::array::from_fn(|i| (i * SPACING) as f32);
        let targets = (0..POINTS * SPACING).map(|k| k as f32);
        let spread = statistics.delay_spread;
        // The time filter has taken its part of the noise off already: two to four symbols at least.
        let noise = 1.0 / (snr(&statistics) * 2.0);
        let correlation = |d: f32| (-2.0 * (std::f32::consts::PI * spread * d * 15e3).powi(2)).exp();
        self.wiener.weights(&points, targets, noise, correlation, &mut self.weights);
        self.in_frequency.clear();
        self.in_frequency.extend(self.weights.chunks_exact(POINTS).map(|filter| {
            // Noise is weighed where soft bits are made, a shrunken channel would be counted twice.
            let sum: f32 = filter.iter().sum();
            std::array::from_fn(|i| filter[i / 2] / sum.max(0.1))
        }));
    }

    /// Weights of symbols at `times` (samples at 1.92 MS/s) for the channel at each of the two instants `at`; they sum up to
    /// about 1.
    pub(super) fn in_time(&mut self, times: &[f32], at: [f32; 2]) -> [&[f32]; 2] {
        let eighths = |t: f32| (t / 16.0).round() as i32;
        self.places.clear();
        self.places.extend(times.iter().copied().map(eighths));
        let instants = at.map(eighths);
        let is_it = |filter: &TimeFilter| filter.at == instants && filter.places == self.places;
        let known = self.in_time[..self.used].iter().position(is_it);
        let filter = known.unwrap_or_else(|| {
            self.make_in_time(times, at, instants);
            self.used - 1
        });
        self.in_time[filter].weights.split_at(times.len()).into()
    }

    fn make_in_time(&mut self, times: &[f32], at: [f32; 2], instants: [i32; 2]) {
        if self.used == self.in_time.len() {
            self.in_time.push(TimeFilter::default());
        }
        // What the frequency filter will average over counts here: about the points within the coherence bandwidth.
        let together = (1.0 / (self.statistics.delay_spread * 90e3 * 4.0)).clamp(1.0, POINTS as f32 / 2.0);
        let noise = 1.0 / (snr(&self.statistics) * together);
        let doppler = self.statistics.doppler;
        // Jakes' J0(2πf_D·t) by its Gaussian of the same curvature.
        let correlation = |d: f32| (-(std::f32::consts::PI * doppler * d / 1.92e6).powi(2)).exp();
        let filter = &mut self.in_time[self.used];
        filter.places.clone_from(&self.places);
        filter.at = instants;
        self.wiener.weights(times, at, noise, correlation, &mut filter.weights);
        self.used += 1;
    }

    /// Gains of all subcarriers from those of the points.
    pub(super) fn over_frequency(&self, points: &[Complex32], gains: &mut [Complex32]) {
        // From here to there each point's neighbours are as far away as those of the next.
        let (from, to) = (self.first + EDGE * SPACING - 1, self.first + (points.len() - EDGE) * SPACING + 2);
        let interpolate = |range: std::ops::Range<usize>, gains: &mut [Complex32]| {
            complex::interpolate(points, &self.in_frequency, &self.windows[range], gains);
        };
        let middle = EDGE * SPACING;
        let filters = [middle - 1, middle, middle + 1].map(|filter| &self.in_frequency[filter]);
        interpolate(0..from, &mut gains[..from]);
        complex::interpolate_thirds(points, filters, &mut gains[from..to]);
        interpolate(to..gains.len(), &mut gains[to..]);
    }
}

/// First point and filter of every subcarrier: the points around it, moved inwards at the band's edges.
fn windows(pci: Pci, bandwidth: Bandwidth) -> Vec<(u16, u16)> {
    // The first point's subcarrier.
    let v_shift = usize::from(pci.get()) % SPACING;
    let of = |k: usize| {
        let nearest = (k + SPACING / 2).saturating_sub(v_shift) / SPACING;
        let start = nearest.saturating_sub(POINTS / 2).min(4 * bandwidth.n_rb_dl() - POINTS);
        let filter = k.saturating_sub(v_shift + start * SPACING).min(POINTS * SPACING - 1);
        (start as u16, filter as u16)
    };
    (0..bandwidth.subcarriers()).map(of).collect()
}

/// Power of a reference element relative to noise.
pub(super) fn snr(statistics: &ChannelStatistics) -> f32 {
    (statistics.power / statistics.noise.max(f32::MIN_POSITIVE)).clamp(0.003, 3000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Filters with the same neighbours over the whole band give what each subcarrier's own window gives.
    #[test]
    fn the_middle_is_filtered_as_the_windows_say() {
        let statistics = ChannelStatistics { power: 1.0, noise: 0.1, delay_spread: 4e-7, doppler: 5.0, quality: 0.1 };
        for bandwidth in Bandwidth::ALL {
            for pci in (0..3).filter_map(Pci::new) {
                let filters = Filters::new(pci, bandwidth, statistics);
                let points: Vec<Complex32> =
                    (0..4 * bandwidth.n_rb_dl()).map(|n| Complex32::cis((n * n % 31) as f32)).collect();
                let mut gains = vec![Complex32::ONE; bandwidth.subcarriers()];
                filters.over_frequency(&points, &mut gains);
                for (k, (gain, (first, filter))) in gains.iter().zip(&filters.windows).enumerate() {
                    let weights = filters.in_frequency[usize::from(*filter)].iter().step_by(2);
                    let naive: Complex32 = points[usize::from(*first)..].iter().zip(weights).map(|(p, w)| p * w).sum();
                    assert!((gain - naive).norm() < 1e-5, "{bandwidth:?} {pci} subcarrier {k}: {gain} for {naive}");
                }
            }
        }
    }

    #[test]
    fn other_statistics_forget_the_filters_and_keep_their_memory() {
        let mut statistics =
            ChannelStatistics { power: 1.0, noise: 0.1, delay_spread: 4e-7, doppler: 5.0, quality: 0.1 };
        let mut filters = Filters::new(Pci::new(7).expect("in range"), Bandwidth::Rb6, statistics);
        let (times, at) = ([0.0, 960.0], [240.0, 720.0]);
        let slow = filters.in_time(&times, at).map(<[f32]>::to_vec);
        assert!((filters.in_time(&times[..1], at)[0][0] - 1.0).abs() < 0.1);
        assert_eq!(filters.in_time(&times, at), [&slow[0][..], &slow[1]]);
        statistics.doppler = 400.0;
        filters.renew(statistics);
        assert_ne!(filters.in_time(&times, at), [&slow[0][..], &slow[1]]);
        assert_eq!((filters.used, filters.in_time.len()), (1, 2));
    }
}
