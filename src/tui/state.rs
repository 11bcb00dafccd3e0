//! What the terminal shows: a snapshot of plain data, cloned off the engine, and what the user asks of it.

use std::sync::Arc;

use jiff::Timestamp;

use cellwarden_core::{
    alert::{Alert, CellId},
    detect::{Finding, Severity, Verdict},
    drive::homing::{HomingLevel, HomingLevels},
    locate::Whereabouts,
    observation::{Observation, Position},
    registry::{CellKind, CellStatus},
};
use cellwarden_report::SweepProgress;

/// Everything that the screens read. Whatever is large or long is shared, so that a clone costs little.
#[derive(Debug, Clone, Default)]
pub struct ScreenSnapshot {
    /// What is looked at: the command and its input.
    pub title: String,
    /// Time of the newest dwell in a replay, the clock in a scan.
    pub now: Option<Timestamp>,
    /// The cells heard, in the order of their first dwell.
    pub cells: Vec<Arc<CellEntry>>,
    /// One a tuning of the receiver, in ascending frequency.
    pub spectra: Vec<Arc<Spectrum>>,
    /// Alerts, oldest first.
    pub alerts: Vec<Arc<AlertEntry>>,
    /// Where the receiver was, oldest first.
    pub track: Arc<Vec<Position>>,
    /// Registered sites near the track.
    pub sites: Arc<Vec<Site>>,
    /// What happened, oldest first.
    pub log: Arc<Vec<LogLine>>,
    /// The receiver's state.
    pub health: Health,
    /// Where a replay stands; `None` in a scan.
    pub replay: Option<ReplayProgress>,
    /// Where a scan's sweep stands; `None` in a replay.
    pub sweep: Option<SweepProgress>,
    /// The cell that is homed in on.
    pub homing: Option<Homing>,
    /// What is to be heard.
    pub alarms: Alarms,
    /// How a browser comes to the van's page; `None` without one.
    pub invitation: Option<Arc<ScreenInvitation>>,
}

/// How a browser comes to the van's page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScreenInvitation {
    /// The address as a QR code in half blocks, a row each.
    pub qr: Vec<String>,
    /// The address, the pairing code and the certificate's fingerprint.
    pub lines: Vec<String>,
}

/// What happened so far that is to be heard, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alarms {
    /// Alerts raised, or risen, to each severity: the least first.
    pub alerts: [u64; Severity::ALL.len()],
    /// Times that the radio was lost.
    pub radio_lost: u64,
    /// Times that the GNSS receiver lost its fix.
    pub fix_lost: u64,
}

impl Alarms {
    /// An alert was raised, or has risen.
    pub fn raise(&mut self, severity: Severity) {
        if let Some(at) = Severity::ALL.iter().position(|known| *known == severity) {
            self.alerts[at] += 1;
        }
    }

    /// How often the bell rings for what happened since: three times for a critical alert, twice for a high one or where the
    /// radio or the fix was lost, once for a medium one.
    #[must_use]
    pub fn bells_since(&self, before: &Self) -> u32 {
        let is_newer = |severity: Severity| {
            let at = Severity::ALL.iter().position(|known| *known == severity);
            at.is_some_and(|at| self.alerts[at] > before.alerts[at])
        };
        if is_newer(Severity::Critical) {
            3
        } else if is_newer(Severity::High) || self.radio_lost > before.radio_lost || self.fix_lost > before.fix_lost {
            2
        } else {
            u32::from(is_newer(Severity::Medium))
        }
    }
}

/// A cell that is homed in on, and its levels.
#[derive(Debug, Clone, PartialEq)]
pub struct Homing {
    /// The cell.
    pub id: CellId,
    /// Its levels since the lock.
    pub levels: Arc<HomingLevels>,
    /// The latest time that anything was measured, in the seconds of the levels.
    pub now_s: f64,
    /// Share of the samples of the last stretch that the converter clipped.
    pub clipped: f64,
    /// When other carriers were looked at last, in the same seconds; `None` before the first time.
    pub beside_s: Option<f64>,
}

impl Homing {
    /// Begins to home in on a cell.
    #[must_use]
    pub fn on(id: CellId) -> Self {
        Self { id, levels: Arc::default(), now_s: 0.0, clipped: 0.0, beside_s: None }
    }

    /// Takes what a stretch gave: the level, where the cell was heard in it, and the share of its samples that was clipped.
    pub fn measure(&mut self, now_s: f64, level: Option<HomingLevel>, clipped: f64) {
        (self.now_s, self.clipped) = (now_s, clipped);
        if let Some(level) = level {
            Arc::make_mut(&mut self.levels).add(level);
        }
    }

    /// Whether an entry is of this cell, which may have been too weak to say its name at the time.
    #[must_use]
    pub fn is_of(&self, id: &CellId) -> bool {
        let is_unnamed = id.ecgi.is_none() || self.id.ecgi.is_none();
        (id.carrier_hz, id.pci) == (self.id.carrier_hz, self.id.pci) && (is_unnamed || id.ecgi == self.id.ecgi)
    }
}

/// A cell with what was made of it.
#[derive(Debug, Clone)]
pub struct CellEntry {
    /// What tells it from other cells.
    pub id: CellId,
    /// The latest observation.
    pub observation: Observation,
    /// The verdict on it.
    pub verdict: Verdict,
    /// The rules that fired.
    pub findings: Vec<Finding>,
    /// What the registry says it is.
    pub kind: Option<CellKind>,
    /// One a dwell, oldest first; of a long drive the latest.
    pub history: Vec<LevelPoint>,
    /// Where it was heard strongest, of all dwells that have a place.
    pub strongest: Option<LevelPoint>,
    /// Where it is, by its levels so far; of suspicious cells only.
    pub whereabouts: Option<Whereabouts>,
    /// Equalised symbols of the last dwell as (I, Q), about 1 strong.
    pub constellation: Vec<(f32, f32)>,
    /// Channel response of the last dwell over the cell's bandwidth in dB, lowest frequency first.
    pub channel_response_db: Vec<f32>,
}

impl CellEntry {
    /// Adds a dwell's level, and forgets the oldest beyond `most`.
    pub fn hear(&mut self, point: LevelPoint, most: usize) {
        let is_stronger = self.strongest.is_none_or(|strongest| point.rsrp_db > strongest.rsrp_db);
        if point.position.is_some() && is_stronger {
            self.strongest = Some(point);
        }
        self.history.push(point);
        let excess = self.history.len().saturating_sub(most);
        self.history.drain(..excess);
    }
}

/// How strong a cell was in one dwell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelPoint {
    /// When.
    pub time: Option<Timestamp>,
    /// Reference signal received power less the receiver's gain.
    pub rsrp_db: f64,
    /// CRS Es/N0.
    pub sinr_db: f64,
    /// Where.
    pub position: Option<Position>,
}

/// The received spectrum at one tuning.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// Centre frequency.
    pub center_hz: f64,
    /// Width of a row: the sample rate.
    pub span_hz: f64,
    /// Power a bin in dBFS, lowest frequency first; the newest row last.
    pub rows: Vec<Arc<[f32]>>,
    /// Nominal frequencies of the carriers with cells on them, with their channel numbers.
    pub carriers: Vec<(f64, Option<u32>)>,
}

/// An alert and what the user made of it.
#[derive(Debug, Clone)]
pub struct AlertEntry {
    /// The alert.
    pub alert: Alert,
    /// Whether somebody has seen it.
    pub acknowledged: bool,
    /// What somebody wrote about it.
    pub note: String,
}

/// A registered site.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Where.
    pub place: Position,
    /// What.
    pub kind: Option<CellKind>,
    /// Whether it may be on air.
    pub status: CellStatus,
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Something happened.
    Info,
    /// Something needs a look.
    Warning,
    /// Something failed.
    Error,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub time: Option<Timestamp>,
    /// How much it matters.
    pub level: LogLevel,
    /// What happened.
    pub text: String,
}

/// The receiver's state; what is not known is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    /// Device, or the recording played.
    pub source: String,
    /// Samples per second.
    pub sample_rate_hz: Option<f64>,
    /// Centre frequency.
    pub center_hz: Option<f64>,
    /// Receiver gain.
    pub gain_db: Option<f64>,
    /// Temperature of the device.
    pub temperature_c: Option<f64>,
    /// Mode of the GNSS receiver's latest report: below 2 it has no fix; 0 also where it is lost.
    pub gnss_mode: Option<u8>,
    /// Seconds that the clock is ahead of GNSS time, where that matters.
    pub clock_ahead_s: Option<f64>,
    /// Error of the crystal, as learnt from cells.
    pub crystal_ppm: Option<f64>,
    /// Samples taken.
    pub samples: u64,
    /// Samples lost.
    pub lost_samples: u64,
    /// Device faults: overflows, time-outs, reconnections.
    pub faults: u64,
    /// Inputs that could not be read.
    pub errors: u64,
    /// Signal searched, in seconds.
    pub iq_seconds: f64,
    /// Signal over wall time.
    pub realtime_factor: Option<f64>,
    /// Bytes free where evidence is written.
    pub disk_left_bytes: Option<u64>,
    /// Dwells that are not in the store: waiting for it in memory, or dropped.
    pub unstored: u64,
    /// Alerts that are not in the store.
    pub unstored_alerts: u64,
    /// Whether there is a store, which keeps notes and acknowledgements beyond this run.
    pub keeps_notes: bool,
}

/// How fast a replay plays.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Speed {
    /// So many times the speed of the recording.
    Times(f64),
    /// As fast as it decodes.
    #[default]
    Full,
}

impl Speed {
    /// The speeds offered, slowest first.
    pub const ALL: [Self; 6] =
        [Self::Times(0.5), Self::Times(1.0), Self::Times(2.0), Self::Times(5.0), Self::Times(20.0), Self::Full];

    /// The next faster one, or this.
    #[must_use]
    pub fn faster(self) -> Self {
        self.moved(1)
    }

    /// The next slower one, or this.
    #[must_use]
    pub fn slower(self) -> Self {
        self.moved(-1)
    }

    fn moved(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|speed| *speed == self).unwrap_or(Self::ALL.len() - 1);
        Self::ALL[at.saturating_add_signed(by).min(Self::ALL.len() - 1)]
    }
}

/// Where a replay stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplayProgress {
    /// Dwells shown.
    pub shown: u64,
    /// Recordings in all.
    pub total: u64,
    /// Whether it waits for the user.
    pub paused: bool,
    /// How fast it plays.
    pub speed: Speed,
    /// Whether all is shown.
    pub ended: bool,
}

/// What the user asks of the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Stop the replay, or go on.
    Pause,
    /// Show one more dwell, then stop.
    Step,
    /// Play so fast.
    Speed(Speed),
    /// Play on at full speed until the next alert is raised, then stop.
    NextAlert,
    /// Mark an alert as seen, or as not seen.
    Acknowledge {
        /// The alert.
        id: String,
        /// Seen or not.
        seen: bool,
    },
    /// Write about an alert.
    Note {
        /// The alert.
        id: String,
        /// The whole note.
        text: String,
    },
    /// Home in on a cell, or on none any more.
    Home(Option<CellId>),
    /// End.
    Quit,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bell_rings_for_what_is_new_and_the_more_the_worse() {
        let mut alarms = Alarms::default();
        let mut bells = |change: &dyn Fn(&mut Alarms)| {
            let before = alarms;
            change(&mut alarms);
            alarms.bells_since(&before)
        };
        assert_eq!(bells(&|_| ()), 0);
        for (severity, rings) in
            [(Severity::Info, 0), (Severity::Medium, 1), (Severity::High, 2), (Severity::Critical, 3)]
        {
            assert_eq!(bells(&|alarms| alarms.raise(severity)), rings, "{severity:?}");
        }
        assert_eq!(bells(&|alarms| alarms.radio_lost += 1), 2);
        assert_eq!(bells(&|alarms| alarms.fix_lost += 1), 2);
        assert_eq!(bells(&|_| ()), 0, "all was heard");
    }

    #[test]
    fn speeds_end_at_both_ends() {
        assert_eq!(Speed::Full.faster(), Speed::Full);
        assert_eq!(Speed::Full.slower(), Speed::Times(20.0));
        assert_eq!(Speed::Times(0.5).slower(), Speed::Times(0.5));
        assert_eq!(Speed::Times(1.0).faster(), Speed::Times(2.0));
    }
}
