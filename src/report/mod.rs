//! What users and programs are told, on standard output.
//!
//! In: observations with what was made of them, and what happened on the way. Out: a text table or JSON events. Refuses
//! to know where its bytes go.

pub mod escape;
pub mod json;
pub mod progress;
pub mod text;

use std::io::{self, Write};

use crate::{observation::Observation, source::SourceInfo};

pub use json::JsonReport;
pub use progress::ProgressDisplay;
pub use text::TextReport;

/// What was made of an observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict's word.
    pub verdict: &'static str,
    /// Findings as objects of rule, version, severity and evidence.
    pub findings: Vec<serde_json::Value>,
}

impl Judgement {
    /// Nothing was checked, as no registry was given.
    #[must_use]
    pub fn unchecked() -> Self {
        Self { verdict: "unchecked", findings: Vec::new() }
    }
}

/// The end of a command, in figures.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Summary {
    /// Recordings read.
    pub recordings: u64,
    /// Cells found.
    pub cells: u64,
    /// Alerts raised.
    pub alerts: u64,
    /// Length of the signal searched.
    pub iq_seconds: f64,
    /// Time that took.
    pub wall_seconds: f64,
    /// Processor time that took, of all threads.
    pub cpu_seconds: f64,
    /// Samples lost.
    pub lost_samples: u64,
    /// Inputs that could not be read.
    pub errors: u64,
}

impl Summary {
    /// Signal over wall time.
    #[must_use]
    pub fn realtime_factor(&self) -> f64 {
        if self.wall_seconds > 0.0 { self.iq_seconds / self.wall_seconds } else { 0.0 }
    }
}

/// One of the forms of output. Every method may fail as writing may.
pub enum Report<W: Write> {
    /// A table.
    Text(TextReport<W>),
    /// Events.
    Json(JsonReport<W>),
}

impl<W: Write> Report<W> {
    /// Begins the output of `command`.
    ///
    /// # Errors
    /// From writing.
    pub fn begin(&mut self, command: &str) -> io::Result<()> {
        match self {
            Self::Text(text) => text.begin(),
            Self::Json(json) => json.begin(command),
        }
    }

    /// Tells the cells of one dwell.
    ///
    /// # Errors
    /// From writing.
    pub fn dwell(&mut self, info: &SourceInfo, cells: &[(Observation, Judgement)], lost: u64) -> io::Result<()> {
        match self {
            Self::Text(text) => text.dwell(info, cells, lost),
            Self::Json(json) => json.dwell(info, cells, lost),
        }
    }

    /// Tells that an input cannot be read.
    ///
    /// # Errors
    /// From writing.
    pub fn error(&mut self, recording: &str, message: &str) -> io::Result<()> {
        match self {
            // The line on standard error says it all.
            Self::Text(_) => Ok(()),
            Self::Json(json) => json.error(recording, message),
        }
    }

    /// Ends the output.
    ///
    /// # Errors
    /// From writing.
    pub fn end(&mut self, summary: &Summary) -> io::Result<()> {
        match self {
            Self::Text(text) => text.end(summary),
            Self::Json(json) => json.end(summary),
        }
    }
}
