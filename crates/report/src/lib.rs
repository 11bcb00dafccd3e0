//! What users and programs are told, on standard output.
//!
//! In: observations with what was made of them, and what happened on the way; or what a store holds of a drive. Out: a
//! text table or JSON events; or the account of the drive as HTML, map layers and tables. Refuses to know where its bytes
//! go.

pub mod account;
pub mod comparison;
pub mod doors;
pub mod escape;
pub mod features;
pub mod format;
pub mod inspection;
pub mod json;
pub mod palette;
pub mod progress;
pub mod routes;
pub mod spreadsheet;
pub mod sweep;
pub mod text;
pub mod whereabouts;

/// Declares the forms' files and lists them in [`FORMATS`]. `cargo fmt` does not follow modules into a macro: `.ci/run`
/// names these files itself.
macro_rules! formats {
    ($($module:ident),* $(,)?) => {
        $(pub mod $module;)*

        /// Every form of report, the usual one first.
        pub static FORMATS: &[&format::Format] = &[$(&$module::FORMAT),*];
    };
}

formats! {
    html,
    kml,
    geojson,
    csv,
    gpkg,
    wigle,
    pcapng,
}

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use cellwarden_core::{
    alert::{Alert, CellId},
    drive::{JudgedCell, SearchedDwell},
    locate::Whereabouts,
};

pub use json::JsonReport;
pub use pcapng::PcapngWriter;
pub use progress::ProgressDisplay;
pub use sweep::{AirShares, SweepProgress};
pub use text::TextReport;

/// Why nothing was found, or what was not searched.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchNote {
    /// The kind of reason, in a word that programs rely on.
    pub code: &'static str,
    /// What was seen, in values, and what to do.
    pub message: String,
    /// The share that was searched, 0 to 1, where only a part was and the share is known.
    pub share: Option<f64>,
}

/// What went wrong at a radio, and what of its samples nobody asked for, in counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DeviceCounts {
    /// Times that it had samples nobody took in time.
    pub overflows: u64,
    /// Times that no sample came.
    pub timeouts: u64,
    /// Reads that gave less than it gives at once.
    pub short_reads: u64,
    /// Times that it was gone.
    pub disconnects: u64,
    /// Samples that it gave between dwells.
    pub skipped_samples: u64,
}

impl DeviceCounts {
    /// What came since `before` was counted.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            overflows: self.overflows - before.overflows,
            timeouts: self.timeouts - before.timeouts,
            short_reads: self.short_reads - before.short_reads,
            disconnects: self.disconnects - before.disconnects,
            skipped_samples: self.skipped_samples - before.skipped_samples,
        }
    }

    /// How often something was wrong. A short read is nothing wrong.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.overflows + self.timeouts + self.disconnects
    }
}

/// What a store could not take yet, and what it will never get, in counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct StorageCounts {
    /// Dwells that wait in memory.
    pub waiting_dwells: u64,
    /// Alerts that wait in memory.
    pub waiting_alerts: u64,
    /// Dwells that were dropped as too many waited.
    pub dropped_dwells: u64,
    /// Alerts that were dropped as too many waited.
    pub dropped_alerts: u64,
}

impl StorageCounts {
    /// Whether nothing waits and nothing was dropped.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        *self == Self::default()
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
    /// Samples that a radio gave and nobody asked for, while what it gave before was searched; `None` of recordings.
    pub skipped_samples: Option<u64>,
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
    /// Begins the output of `command`; `rules_version` where rules judge.
    ///
    /// # Errors
    /// From writing.
    pub fn begin(&mut self, command: &str, rules_version: Option<&str>) -> io::Result<()> {
        match self {
            Self::Text(_) => Ok(()),
            Self::Json(json) => json.begin(command, rules_version),
        }
    }

    /// Reports the cells of one dwell, and in `notes` why there is none or what was not searched.
    ///
    /// # Errors
    /// From writing.
    pub fn dwell(&mut self, dwell: &SearchedDwell, cells: &[JudgedCell], notes: &[SearchNote]) -> io::Result<()> {
        match self {
            Self::Text(text) => text.dwell(dwell, cells, notes),
            Self::Json(json) => json.dwell(dwell, cells, notes),
        }
    }

    /// Tells an alert.
    ///
    /// # Errors
    /// From writing.
    pub fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        match self {
            Self::Text(text) => text.alert(alert),
            Self::Json(json) => json.alert(alert),
        }
    }

    /// Reports where a suspicious cell is, by what was heard of it until now.
    ///
    /// # Errors
    /// From writing.
    pub fn place(&mut self, id: &CellId, whereabouts: &Whereabouts) -> io::Result<()> {
        if matches!(whereabouts, Whereabouts::TooFew { .. }) {
            return Ok(());
        }
        match self {
            Self::Text(text) => {
                text.place(id, whereabouts);
                Ok(())
            }
            Self::Json(json) => json.place(id, whereabouts),
        }
    }

    /// Reports that an input cannot be read or searched; `code` is the kind of reason, where there is one.
    ///
    /// # Errors
    /// From writing.
    pub fn error(&mut self, recording: &str, code: Option<&str>, message: &str) -> io::Result<()> {
        match self {
            // The line on standard error says it all.
            Self::Text(_) => Ok(()),
            Self::Json(json) => json.error(recording, code, message),
        }
    }

    /// Reports something about a whole recording.
    ///
    /// # Errors
    /// From writing.
    pub fn note(&mut self, recording: &str, note: &SearchNote) -> io::Result<()> {
        match self {
            Self::Text(text) => text.note(recording, note),
            Self::Json(json) => json.note(recording, None, note),
        }
    }

    /// Tells what went wrong at a radio.
    ///
    /// # Errors
    /// From writing.
    pub fn device(&mut self, device: &str, time: Timestamp, counts: &DeviceCounts) -> io::Result<()> {
        match self {
            Self::Text(text) => text.device(device, counts),
            Self::Json(json) => json.device(device, time, counts),
        }
    }

    /// Reports where a scan's sweep stands; in the table, only that it is complete.
    ///
    /// # Errors
    /// From writing.
    pub fn sweep(&mut self, time: Timestamp, progress: &SweepProgress) -> io::Result<()> {
        match self {
            Self::Text(text) if progress.is_complete => text.sweep(progress),
            Self::Text(_) => Ok(()),
            Self::Json(json) => json.sweep(time, progress),
        }
    }

    /// Reports that the store cannot be written, or can again.
    ///
    /// # Errors
    /// From writing.
    pub fn storage(&mut self, time: Timestamp, ok: bool, message: &str, counts: &StorageCounts) -> io::Result<()> {
        match self {
            // The line on standard error says it all.
            Self::Text(_) => Ok(()),
            Self::Json(json) => json.storage(time, ok, message, counts),
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
