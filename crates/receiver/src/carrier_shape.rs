//! Carriers by their shape in the power spectrum: flat over N_RB^DL resource blocks, with an edge on either side.
//!
//! In: the spectra of a chunk. Out: where a carrier's centre seems to be, the clearest first. Refuses to know what is on it:
//! a PSS that a few half frames hide, as behind one faded antenna, is found there over all of them.

use lte_dsp::{
    cell::Bandwidth,
    frontend::spectra::BlockSpectra,
    units::{Hertz, SampleRate},
};

use super::carrier_candidates::Stretch;

/// Width of the stretches that are compared on both sides of an edge: a resource block.
const STRETCH_HZ: f64 = 180e3;
/// Half the distance between them: transmitters need some subcarriers to fall off.
const HALF_GAP_HZ: f64 = 15e3;
/// Bins from one centre looked at to the next: some 4 kHz.
const STEP: usize = 4;
/// Ratio of the power within an edge to that beside it, at least: 0.5 dB, many deviations of a resource block's noise in a
/// chunk.
const LEAST_RATIO: f64 = 1.12;
/// Ratio of the least power within a carrier to that beside it, at least.
const LEAST_FILLED: f64 = 1.05;
/// How far a centre may be from where its edges say it is.
pub const CENTRE_TOLERANCE: Hertz = Hertz(30e3);
/// Centres given at most.
const MOST: usize = 6;

/// Mean powers of a spectrum's stretches by two look-ups, and how many bins the shape's parts have.
struct Spectrum {
    sums: Vec<f64>,
    stretch: usize,
    half_gap: usize,
}

/// Centres of what has the shape of an LTE carrier outside of `explained`, relative to the recording's centre.
pub fn carrier_centres(spectra: &BlockSpectra, recorded: SampleRate, explained: &[Stretch]) -> Vec<Hertz> {
    let bin_hz = spectra.bin_hz();
    let power = spectra.mean_power();
    let zero = power.len() / 2;
    let spectrum = Spectrum::new(&power, bin_hz);
    // Beyond the recorded band a resampled one is empty.
    let half_band = ((recorded.hz() / 2.0 / bin_hz) as usize).min(zero);
    let mut found: Vec<(f64, Hertz)> = Vec::new();
    for bandwidth in Bandwidth::ALL {
        let half = (0.5 * (bandwidth.subcarriers() + 1) as f64 * 15e3 / bin_hz).round() as usize;
        let reach = half + spectrum.half_gap + spectrum.stretch;
        let centres = (zero + reach).saturating_sub(half_band)..(zero + half_band).saturating_sub(reach);
        for centre in centres.step_by(STEP) {
            if let Some(ratio) = spectrum.least_edge(centre - half, centre + half) {
                found.push((ratio, Hertz((centre as f64 - zero as f64) * bin_hz)));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut centres: Vec<Hertz> = Vec::new();
    for (_, centre) in found {
        let is_new = centres.iter().all(|known| (known.0 - centre.0).abs() > STRETCH_HZ);
        let is_free = !explained.iter().any(|stretch| stretch.contains(centre.0));
        if is_new && is_free && centres.len() < MOST {
            centres.push(centre);
        }
    }
    centres
}

impl Spectrum {
    fn new(power: &[f32], bin_hz: f64) -> Self {
        let mut sum = 0.0;
        let after = power.iter().map(|&p| {
            sum += f64::from(p);
            sum
        });
        let sums = std::iter::once(0.0).chain(after).collect();
        Self { sums, stretch: (STRETCH_HZ / bin_hz) as usize, half_gap: (HALF_GAP_HZ / bin_hz) as usize }
    }

    /// Mean power of some bins.
    fn mean(&self, from: usize, to: usize) -> f64 {
        (self.sums[to] - self.sums[from]) / (to - from).max(1) as f64
    }

    /// Ratio of the power within to that beside the less clear of two edges, where there is a carrier between them.
    fn least_edge(&self, lower: usize, upper: usize) -> Option<f64> {
        let (near, far) = (self.half_gap, self.half_gap + self.stretch);
        let beside = [self.mean(lower - far, lower - near), self.mean(upper + near, upper + far)];
        let within = [self.mean(lower + near, lower + far), self.mean(upper - far, upper - near)];
        let ratio = f64::min(within[0] / beside[0], within[1] / beside[1]);
        let least = LEAST_FILLED * beside[0].max(beside[1]);
        let is_filled = || {
            let starts = (lower + near..).step_by(self.stretch).take_while(|start| start + far <= upper);
            starts.into_iter().all(|start| self.mean(start, start + self.stretch) > least)
        };
        (ratio > LEAST_RATIO && is_filled()).then_some(ratio)
    }
}

#[cfg(test)]
mod tests {
    use lte_dsp::fft::Transforms;
    use num_complex::Complex32;
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    use super::*;

    /// White noise, and such of each of `spans` (centre and width in hertz) in addition.
    fn spectra(rate_hz: f64, spans: &[(f64, f64)]) -> BlockSpectra {
        let mut rng = StdRng::seed_from_u64(9);
        let rate = SampleRate::new(rate_hz).expect("positive");
        let len = (rate_hz * 0.04) as usize;
        let mut fft = Transforms::new();
        let mut spectrum: Vec<Complex32> = (0..len)
            .map(|k| {
                let hz = if k < len / 2 { k as f64 } else { k as f64 - len as f64 } * rate_hz / len as f64;
                let is_in = spans.iter().any(|(centre, width)| (hz - centre).abs() < width / 2.0);
                let mut level = || (0..4).map(|_| rng.random::<f32>() - 0.5).sum::<f32>();
                Complex32::new(level(), level()) * if is_in { 1.5 } else { 1.0 }
            })
            .collect();
        fft.inverse(&mut spectrum);
        BlockSpectra::new(&mut fft, &spectrum, rate)
    }

    #[test]
    fn carriers_are_seen_by_their_widths() {
        let rate = SampleRate::new(19.2e6).expect("positive");
        let spans = [(-6.3e6, 4.515e6), (-0.2e6, 2.715e6), (5.1e6, 1.095e6), (7.5e6, 1.9e6)];
        let mut centres: Vec<f64> =
            carrier_centres(&spectra(19.2e6, &spans), rate, &[]).into_iter().map(|centre| centre.0).collect();
        centres.sort_by(f64::total_cmp);
        assert_eq!(centres.len(), 3, "{centres:?}");
        for (centre, (expected, _)) in centres.iter().zip(spans) {
            assert!((centre - expected).abs() < CENTRE_TOLERANCE.0 / 2.0, "{centres:?}");
        }
        let explained = [Stretch { from: -3e6, to: 6e6 }];
        assert_eq!(carrier_centres(&spectra(19.2e6, &spans), rate, &explained), [Hertz(centres[0])]);
    }

    #[test]
    fn noise_has_no_shape_and_a_narrow_band_no_room() {
        let rate = |hz| SampleRate::new(hz).expect("positive");
        assert_eq!(carrier_centres(&spectra(7.68e6, &[]), rate(7.68e6), &[]), []);
        assert_eq!(carrier_centres(&spectra(1.92e6, &[]), rate(1.92e6), &[]), []);
        assert_eq!(carrier_centres(&BlockSpectra::empty(rate(1.92e6)), rate(1.92e6), &[]), []);
    }
}
