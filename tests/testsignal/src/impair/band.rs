//! Shifts in frequency.

use num_complex::Complex32;

use crate::receive::rotate;

/// Moves all signals up by `hz`; what leaves the band at one end comes back at the other.
pub fn shift(samples: &mut [Complex32], rate_hz: f64, hz: f64) {
    rotate(samples, hz / rate_hz);
}
