//! How well the drift of a cell's timing shows the sample clock.

use super::{
    confirm::{BASE_RATE, CrsDwell, ELEMENT_SPACING_HZ, ELEMENTS},
    statistics::ChannelStatistics,
};

/// Standard deviation in seconds by which a moving channel's delay differs from one half of a dwell to the other: paths
/// come and go within a tenth of the spread that cities have.
const CHANNEL_DELAY: f64 = 50e-9;
/// How much worse the turn from element to element shows a delay than the bound has it.
const ESTIMATOR_LOSS: f64 = 2.0;

/// The sample clock as the timing of one cell shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredClock {
    /// Relative excess of the receiver's sample clock.
    pub excess: f64,
    /// Its standard error.
    pub error: f64,
}

impl CrsDwell {
    /// Standard error of the clock's excess by the drift between this dwell's halves: the Cramér-Rao bound of the delay,
    /// 1/(2π·β·√(2·n·snr)) over n elements of a root mean square bandwidth β, and what the channel moves. `None` without
    /// two symbols apart.
    pub(super) fn clock_error(&self, statistics: &ChannelStatistics) -> Option<f64> {
        let apart = 0.5 * (self.symbols.last()?.time - self.symbols.first()?.time);
        if apart <= 0.0 {
            return None;
        }
        let elements = (self.symbols.len() * ELEMENTS) as f64 / 2.0;
        let snr = f64::from(statistics.power / statistics.noise.max(f32::MIN_POSITIVE)).clamp(1e-3, 1e6);
        let bandwidth = ELEMENTS as f64 * ELEMENT_SPACING_HZ / 12f64.sqrt();
        let delay = ESTIMATOR_LOSS / (std::f64::consts::TAU * bandwidth * (2.0 * elements * snr).sqrt());
        // Nothing is read finer than a hundredth of a sample.
        let delay = delay.max(0.01 / BASE_RATE);
        Some((2.0 * delay * delay + CHANNEL_DELAY * CHANNEL_DELAY).sqrt() / apart)
    }
}
