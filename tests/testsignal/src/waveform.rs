//! One transmitter's samples, every antenna port apart, on the transmitter's own clock.

use lte_dsp::cell::{Bandwidth, CyclicPrefix, Sfn};
use num_complex::Complex32;

use crate::{
    ofdm::{DELTA_F_HZ, OfdmModulator},
    random::{Purpose, generator},
    scenario::{CellConfig, Scenario, ScenarioError},
    subframe::Transmitter,
};

/// Rates a waveform is made at, in units of 1.92 MS/s: those with fast transforms.
static MULTIPLES: [usize; 14] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40];
/// The most of its rate a waveform occupies on each side, so that the interpolator's images are far off.
const MAX_OCCUPIED: f64 = 0.36;
/// The most of the receiver's rate that its own filter passes on each side.
pub(crate) const RECEIVER_PASS: f64 = 0.42;

/// A cell's transmitted samples. Its carrier is at 0 Hz and one resource element of energy 1 is a tone of power 1.
#[derive(Debug, Clone)]
pub struct Waveform {
    pub(crate) rate_hz: f64,
    /// Subcarriers' outer edge.
    pub(crate) occupied_hz: f64,
    /// Whether all of the carrier lies within the receiver's filter.
    pub(crate) fits: bool,
    pub(crate) ports: Vec<Vec<Complex32>>,
}

impl Waveform {
    /// Samples per second on the transmitter's clock.
    #[must_use]
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// Antenna port `port`'s samples, from the start of the scenario's first frame.
    ///
    /// # Panics
    /// If the cell has no such port.
    #[must_use]
    pub fn port(&self, port: usize) -> &[Complex32] {
        &self.ports[port]
    }

    /// A recording at `rate_hz` with its carrier at 0 Hz, as the waveform of one antenna port. `crs_power` is the power of
    /// a CRS resource element in it.
    ///
    /// # Panics
    /// If there is no power, or the rate does not hold the carrier with room for a filter.
    #[must_use]
    pub fn recorded(samples: Vec<Complex32>, rate_hz: f64, bandwidth: Bandwidth, crs_power: f32) -> Self {
        Self::recorded_ports(vec![samples], rate_hz, bandwidth, crs_power)
    }

    /// The same of several antenna ports, each recorded alone.
    ///
    /// # Panics
    /// If there is no power, or the rate does not hold the carrier with room for a filter.
    #[must_use]
    pub fn recorded_ports(mut ports: Vec<Vec<Complex32>>, rate_hz: f64, bandwidth: Bandwidth, crs_power: f32) -> Self {
        let occupied_hz = (bandwidth.subcarriers() / 2 + 1) as f64 * DELTA_F_HZ;
        assert!(crs_power > 0.0, "a reference element's power is {crs_power}");
        assert!(2.0 * occupied_hz < rate_hz, "{rate_hz} samples per second do not hold {occupied_hz} Hz on each side");
        let scale = crs_power.sqrt().recip();
        ports.iter_mut().flatten().for_each(|x| *x *= scale);
        Self { rate_hz, occupied_hz, fits: true, ports }
    }

    fn new(index: usize, cell: &CellConfig, scenario: &Scenario) -> Result<Self, ScenarioError> {
        let occupied_hz = (cell.bandwidth.subcarriers() / 2 + 1) as f64 * DELTA_F_HZ;
        let offset_hz = (cell.carrier_hz - scenario.center_hz).abs();
        let fits = offset_hz + occupied_hz <= RECEIVER_PASS * scenario.sample_rate_hz;
        // A carrier that the receiver's filter cuts is shifted before it, at a rate that holds the shift.
        let reach_hz = if fits { occupied_hz } else { offset_hz + occupied_hz };
        let multiple = MULTIPLES.into_iter().find(|m| *m as f64 * 1.92e6 * MAX_OCCUPIED >= reach_hz);
        let multiple = multiple.ok_or(ScenarioError {
            what: "carrier_hz",
            value: cell.carrier_hz.to_string(),
            allowed: "within 18 MHz of center_hz",
        })?;
        let ports = (0..cell.antenna_ports.count()).map(|_| Vec::new()).collect();
        let mut waveform = Self { rate_hz: multiple as f64 * 1.92e6, occupied_hz, fits, ports };
        // The clocks' errors, below 0.2 %, need less than another frame.
        let frames = ((scenario.seconds * 1.002 + cell.time_offset_s) / 0.01).ceil() as usize + 1;
        let rng = generator(scenario.seed, Purpose::Traffic { cell: index });
        let mut transmitter = Transmitter::new(cell, rng)?;
        let mut modulator = OfdmModulator::new(cell.cp, 128 * multiple);
        let mut mbsfn_modulator = OfdmModulator::new(CyclicPrefix::Extended, 128 * multiple);
        for frame in 0..frames {
            let sfn = Sfn::wrapping(i64::from(cell.first_sfn) + frame as i64);
            for n in 0..10 {
                for (grid, samples) in transmitter.subframe(sfn, n).iter().zip(&mut waveform.ports) {
                    modulator.modulate(grid, samples);
                }
                // Port 4 is sent where port 0 is, after its control region.
                if let Some(grid) = transmitter.mbsfn_region(sfn, n) {
                    let mut region = Vec::new();
                    mbsfn_modulator.modulate(&grid, &mut region);
                    let samples = &mut waveform.ports[0];
                    let start = samples.len() - region.len();
                    samples[start..].iter_mut().zip(region).for_each(|(x, y)| *x += y);
                }
            }
        }
        Ok(waveform)
    }
}

impl Scenario {
    /// Makes every cell's waveform: all that does not depend on levels, offsets of less than the receiver's bandwidth,
    /// channels, noise or front end.
    ///
    /// # Errors
    /// If a setting is outside what it may be.
    pub fn transmit(&self) -> Result<Vec<Waveform>, ScenarioError> {
        self.check()?;
        self.cells.iter().enumerate().map(|(index, cell)| Waveform::new(index, cell, self)).collect()
    }

    /// [`Scenario::transmit`], then [`Scenario::receive`].
    ///
    /// # Errors
    /// If a setting is outside what it may be.
    pub fn generate(&self) -> Result<Vec<Complex32>, ScenarioError> {
        Ok(self.receive(&self.transmit()?))
    }
}
