//! A dwell of a drive: what was searched where, and what was made of the cells heard.

use jiff::{SignedDuration, Timestamp};

use super::Searched;
use crate::{
    detect::{Finding, Verdict},
    observation::{MAX_CLIPPED, Observation, Position},
};

/// A stretch of signal that was searched.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchedDwell {
    /// File stem of the recording, or the dwell's own id.
    pub recording: String,
    /// Time of the first sample.
    pub start: Option<Timestamp>,
    /// Frequency of the recording's centre.
    pub center_hz: f64,
    /// Its sample rate.
    pub sample_rate_hz: f64,
    /// Samples searched.
    pub samples: u64,
    /// Samples lost.
    pub lost: u64,
    /// Share of its samples, 0 to 1, whose I or Q is at the end of the converter's range.
    pub clipped: f64,
    /// Receiver gain in dB.
    pub gain_db: Option<f64>,
    /// The carriers searched; `None` where the whole recorded band was.
    pub carriers_hz: Option<Vec<f64>>,
    /// Where the receiver was.
    pub position: Option<Position>,
}

/// A cell of a dwell, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedCell {
    /// What was observed.
    pub observation: Observation,
    /// What the registry makes of it.
    pub verdict: Verdict,
    /// The rules that fired.
    pub findings: Vec<Finding>,
}

impl JudgedCell {
    /// A cell that was not checked, as no registry was given.
    #[must_use]
    pub fn unchecked(observation: Observation) -> Self {
        Self { observation, verdict: Verdict::Unchecked, findings: Vec::new() }
    }
}

impl SearchedDwell {
    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.samples as f64 / self.sample_rate_hz
    }

    /// Whether so much of it was clipped that its levels are wrong.
    #[must_use]
    pub fn is_clipped(&self) -> bool {
        self.clipped >= MAX_CLIPPED
    }

    /// Time of its middle; `None` without a start.
    #[must_use]
    pub fn middle(&self) -> Option<Timestamp> {
        let half = SignedDuration::try_from_secs_f64(self.seconds() / 2.0).ok()?;
        self.start?.checked_add(half).ok()
    }

    /// What it searched.
    #[must_use]
    pub fn searched(&self) -> Searched {
        match &self.carriers_hz {
            Some(carriers_hz) => Searched::carriers(carriers_hz),
            None => Searched::band(self.center_hz, self.sample_rate_hz),
        }
    }
}
