//! From the transmitters' waveforms to the receiver's samples.

use num_complex::{Complex32, Complex64};

use crate::{
    fading::Fader,
    ofdm::DELTA_F_HZ,
    random::{Purpose, complex_normal, generator},
    resample::Interpolator,
    scenario::{CellConfig, Scenario},
    waveform::{RECEIVER_PASS, Waveform},
};

impl Scenario {
    /// What the receiver records of `waveforms`, which [`Scenario::transmit`] made of the same cells: each through its
    /// channel at its level, time and frequency, and noise, through the front end. The same `seed` gives the same samples.
    ///
    /// # Panics
    /// If `waveforms` are not as many as the cells.
    #[must_use]
    pub fn receive(&self, waveforms: &[Waveform]) -> Vec<Complex32> {
        assert_eq!(waveforms.len(), self.cells.len(), "waveforms are not of this scenario's cells");
        let mut samples = vec![Complex32::ZERO; self.samples()];
        for (index, (cell, waveform)) in self.cells.iter().zip(waveforms).enumerate() {
            self.add_cell(index, cell, waveform, &mut samples);
        }
        if self.noise {
            let mut rng = generator(self.seed, Purpose::Noise);
            // N_0 · 15 kHz is 1, and white noise fills the whole rate.
            let amplitude = (self.sample_rate_hz / DELTA_F_HZ).sqrt() as f32;
            for x in &mut samples {
                *x += complex_normal(&mut rng) * amplitude;
            }
        }
        self.front_end.apply(&mut samples, self.sample_rate_hz);
        samples
    }

    fn add_cell(&self, index: usize, cell: &CellConfig, waveform: &Waveform, samples: &mut [Complex32]) {
        let mut sent = self.through_channel(index, cell, waveform);
        let receiver = 1.0 + self.clock_error();
        let transmitter = 1.0 + cell.cfo_hz / cell.carrier_hz;
        // The carrier in the receiver's baseband, in true hertz.
        let offset_hz = cell.carrier_hz * transmitter - self.center_hz * (1.0 + self.crystal_ppm * 1e-6);
        let (pass_hz, stop_hz);
        if waveform.fits {
            pass_hz = waveform.occupied_hz;
            stop_hz = waveform.rate_hz.min(self.sample_rate_hz) - waveform.occupied_hz;
        } else {
            rotate(&mut sent, offset_hz / transmitter / waveform.rate_hz);
            pass_hz = RECEIVER_PASS * self.sample_rate_hz;
            stop_hz = self.sample_rate_hz / 2.0;
        }
        let interpolator = Interpolator::new(pass_hz / waveform.rate_hz, stop_hz / waveform.rate_hz);
        let step = waveform.rate_hz * transmitter / (self.sample_rate_hz * receiver);
        let mut received = vec![Complex32::ZERO; samples.len()];
        interpolator.run(&sent, cell.time_offset_s * waveform.rate_hz, step, &mut received);
        if waveform.fits {
            rotate(&mut received, offset_hz / (self.sample_rate_hz * receiver));
        }
        let amplitude = 10f32.powf(cell.crs_es_n0_db / 20.0);
        for (sum, x) in samples.iter_mut().zip(received) {
            *sum += x * amplitude;
        }
    }

    /// The sum of the antenna ports, each through a channel of its own.
    fn through_channel(&self, index: usize, cell: &CellConfig, waveform: &Waveform) -> Vec<Complex32> {
        let mut sum = vec![Complex32::ZERO; waveform.ports[0].len()];
        for (port, sent) in waveform.ports.iter().enumerate() {
            let mut rng = generator(self.seed, Purpose::Fading { cell: index, port });
            if let Some(taps) = cell.channel.profile.taps() {
                Fader::new(taps, cell.channel.doppler_hz, waveform.rate_hz, &mut rng).add(sent, &mut sum);
            } else if port == 0 {
                sum.copy_from_slice(sent);
            } else {
                let direction = complex_normal(&mut rng);
                let gain = direction / direction.norm();
                for (sum, x) in sum.iter_mut().zip(sent) {
                    *sum += x * gain;
                }
            }
        }
        sum
    }
}

/// Shifts by `turns` a sample.
pub(crate) fn rotate(samples: &mut [Complex32], turns: f64) {
    let step = Complex64::cis(std::f64::consts::TAU * turns);
    for (block, samples) in samples.chunks_mut(4096).enumerate() {
        // Restarted now and then, so that rounding does not add up.
        let mut z = Complex64::cis(std::f64::consts::TAU * (turns * (4096 * block) as f64).fract());
        for x in samples {
            *x *= Complex32::new(z.re as f32, z.im as f32);
            z *= step;
        }
    }
}

#[cfg(test)]
mod tests {
    use lte_dsp::{
        cell::{AntennaPorts, Bandwidth, CyclicPrefix, Pci},
        sequences::crs::{crs_offset, crs_sequence},
    };

    use super::*;
    use crate::{ChannelConfig, fading::Profile, front_end::FrontEnd};

    fn pci() -> Pci {
        Pci::new(301).expect("in range")
    }

    fn scenario(rate: f64, seconds: f64) -> Scenario {
        Scenario::new(rate, 1.84e9, seconds, vec![CellConfig::new(pci(), Bandwidth::Rb6, 1.84e9)])
    }

    /// A resource element by the definition of the transform, `offset_hz` from the recording's centre. The useful part
    /// starts at `start`; the sum starts 2 µs earlier, in the prefix, where no filter lets the next symbol in.
    fn element(samples: &[Complex32], rate: f64, start: usize, offset_hz: f64) -> Complex32 {
        let points = (rate / DELTA_F_HZ) as usize;
        let turn = offset_hz / rate;
        let early = (2e-6 * rate) as usize;
        let sum: Complex64 = (start - early..start - early + points)
            .map(|n| {
                let x = samples[n];
                Complex64::new(x.re.into(), x.im.into())
                    * Complex64::cis(-std::f64::consts::TAU * turn * (n as f64 - start as f64))
            })
            .sum();
        Complex32::new(sum.re as f32, sum.im as f32) / points as f32
    }

    /// Port 0's reference values and what the samples hold in their place, in the first symbol of slot 0 of a frame that
    /// starts at `start`.
    fn first_crs(samples: &[Complex32], rate: f64, start: usize, centre_hz: f64) -> Vec<(Complex32, Complex32)> {
        let prefix = (160.0 / 30.72e6 * rate).round() as usize;
        crs_sequence(pci(), CyclicPrefix::Normal, Bandwidth::Rb6, 0, 0)
            .enumerate()
            .map(|(m, r)| {
                let k = (6 * m + crs_offset(pci(), 0, 0, 0)) as i64 - 36;
                let k = if k < 0 { k } else { k + 1 };
                (r, element(samples, rate, start + prefix, centre_hz + k as f64 * DELTA_F_HZ))
            })
            .collect()
    }

    /// The error energy of the values against the references times their common gain, in dB below the gain's.
    fn error_db(pairs: &[(Complex32, Complex32)]) -> f32 {
        let n = pairs.len() as f32;
        let gain: Complex32 = pairs.iter().map(|(r, x)| x * r.conj()).sum::<Complex32>() / n;
        let error: f32 = pairs.iter().map(|(r, x)| (x - gain * r).norm_sqr()).sum::<f32>() / n;
        10.0 * (error / gain.norm_sqr()).log10()
    }

    #[test]
    fn reference_signals_survive_resampling_and_a_carrier_offset() {
        for (rate, offset_hz) in [(1.92e6, 0.0), (3.84e6, 900e3), (5.76e6, -1.5e6)] {
            let mut scenario = scenario(rate, 0.012);
            scenario.noise = false;
            scenario.cells[0].carrier_hz += offset_hz;
            let samples = scenario.generate().expect("valid");
            let frame = (rate * 0.01) as usize;
            let pairs = first_crs(&samples, rate, frame, offset_hz);
            assert!(error_db(&pairs) < -60.0, "{rate}: {} dB", error_db(&pairs));
        }
    }

    /// A narrow recording of a wide carrier: the middle is whole, though the carrier reaches beyond both ends.
    #[test]
    fn a_wide_carrier_in_a_narrow_recording_keeps_its_middle() {
        let mut scenario = scenario(1.92e6, 0.002);
        scenario.noise = false;
        scenario.cells[0].bandwidth = Bandwidth::Rb50;
        let samples = scenario.generate().expect("valid");
        assert!(error_db(&first_crs(&samples, 1.92e6, 0, 0.0)) < -40.0);
    }

    #[test]
    fn es_n0_is_the_one_asked_for() {
        let mut scenario = scenario(1.92e6, 0.2);
        scenario.cells[0].crs_es_n0_db = 3.0;
        let samples = scenario.generate().expect("valid");
        let (mut total, mut noise, mut n) = (0.0, 0.0, 0.0);
        for frame in 0..20 {
            for (_, x) in first_crs(&samples, 1.92e6, 19_200 * frame, 0.0) {
                total += x.norm_sqr();
                n += 1.0;
            }
            // Beside the carrier there is noise alone.
            for k in 40..52 {
                noise += element(&samples, 1.92e6, 19_200 * frame + 10, f64::from(k) * DELTA_F_HZ).norm_sqr();
            }
        }
        let es_n0_db = 10.0 * ((total / n) / (noise / n) - 1.0f32).log10();
        assert!((es_n0_db - 3.0).abs() < 0.7, "{es_n0_db}");
    }

    /// A crystal 25 ppm fast tunes 46 kHz too high, so the carrier appears that much too low, and counts 25 samples more
    /// in a million.
    #[test]
    fn a_fast_crystal_moves_carrier_and_clock_together() {
        let mut scenario = scenario(1.92e6, 1.01);
        scenario.noise = false;
        scenario.crystal_ppm = 25.0;
        let samples = scenario.generate().expect("valid");
        let cfo_hz = -46_000.0;
        let slip = (1.92e6 * 25e-6f64).round() as usize;
        let aligned = error_db(&first_crs(&samples, 1.92e6, 1_920_000 + slip, cfo_hz));
        let misaligned = error_db(&first_crs(&samples, 1.92e6, 1_920_000, cfo_hz));
        assert!(aligned < -20.0 && misaligned > -10.0, "{aligned} {misaligned}");
    }

    #[test]
    fn the_recording_starts_inside_the_frame() {
        let mut scenario = scenario(1.92e6, 0.02);
        scenario.noise = false;
        scenario.cells[0].time_offset_s = 0.004;
        let samples = scenario.generate().expect("valid");
        assert!(error_db(&first_crs(&samples, 1.92e6, 11_520, 0.0)) < -60.0);
    }

    #[test]
    fn seeds_repeat_and_differ() {
        let mut scenario = scenario(1.92e6, 0.005);
        scenario.cells[0].antenna_ports = AntennaPorts::Four;
        scenario.cells[0].channel = ChannelConfig { profile: Profile::Etu, doppler_hz: 70.0 };
        let waveforms = scenario.transmit().expect("valid");
        let once = scenario.receive(&waveforms);
        assert_eq!(once, scenario.receive(&waveforms));
        scenario.seed = 1;
        assert_ne!(once, scenario.receive(&waveforms));
    }

    /// One cell's level, or a cell more, must not change the noise.
    #[test]
    fn noise_does_not_depend_on_the_cells() {
        let mut with = scenario(1.92e6, 0.001);
        with.front_end = FrontEnd::default();
        with.cells[0].crs_es_n0_db = -300.0;
        let mut without = with.clone();
        without.cells.clear();
        assert_eq!(with.generate(), without.generate());
    }

    #[test]
    fn impossible_settings_are_named() {
        let mut scenario = scenario(1.92e6, 0.001);
        scenario.sample_rate_hz = f64::NAN;
        assert_eq!(scenario.generate().expect_err("NaN").what, "sample_rate_hz");
    }
}
