//! What was measured of a cell, as opposed to what it says.

use lte_dsp::cell::Sfn;

/// Levels of a cell over its dwell. TS 36.214 §5.1.1, §5.1.3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Reference signal received power of port 0 in dBFS.
    pub rsrp_dbfs: f32,
    /// The same in dBm, where the receiver is calibrated.
    pub rsrp_dbm: Option<f32>,
    /// Reference signal received quality in dB, where the bandwidth is known.
    pub rsrq_db: Option<f32>,
    /// CRS Es/N0 in dB.
    pub sinr_db: f32,
}

/// The offset of a cell's carrier from the recording's nominal centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarrierOffset {
    /// In hertz; positive where the cell is above the nominal raster frequency.
    pub hz: f64,
    /// The same relative to the carrier.
    pub ppm: f64,
    /// Standard error of `hz`.
    pub error_hz: f64,
}

/// When the cell's frames start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameTiming {
    /// The number of the frame that starts at `at_sample`; `None` before the MIB.
    pub sfn: Option<Sfn>,
    /// A sample of the recording, at its own rate, where a frame starts.
    pub at_sample: f64,
    /// Seconds of that sample after the first of the recording.
    pub at_seconds: f64,
}
