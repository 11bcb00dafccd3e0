//! Which cells are one transmitter: those that share frame timing and carrier offset, and those of which one is switched off
//! and the next on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    detect::{
        Judged,
        history::{Moment, SAME_OFFSET_PPM, SAME_TIMING_S, timebase::wrap_s},
    },
    observation::Observation,
};
use cellwarden_event::Severity;

/// The longest time between two dwells whose frame timings still tell transmitters apart: clocks that differ by
/// [`SAME_OFFSET_PPM`] move by 36 µs in it, which one in 140 unlike frames of 10 ms matches by chance.
const MAX_APART_S: f64 = 120.0;

/// What a cell shares with every other cell of its transmitter, when it was last heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Mark {
    recording: String,
    time: Option<Timestamp>,
    /// Start of a frame after the recording's first sample.
    at_s: f64,
    /// The same in the timebase of all dwells, where the dwell could be aligned.
    phase_s: Option<f64>,
    offset_ppm: f64,
    offset_error_ppm: f64,
    /// Carrier in hertz and PCI: by these alone two cells are one place of the network's plan.
    channel: (u64, u16),
    /// Whether cells that nothing is held against have the same timing: then timing tells nobody apart.
    is_common: bool,
    /// What it is known by where its identity changes.
    #[serde(default)]
    moment: Moment,
}

/// The marks of the cells of a dwell.
pub(super) fn marks(observations: &[Observation], judged: &[Judged]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = observations.iter().zip(judged).map(|(o, judged)| Mark::of(o, judged)).collect();
    for i in 0..marks.len() {
        let is_honest = |j: usize| judged[j].findings.iter().all(|finding| finding.severity < Severity::High);
        let is_near = |j: usize| marks[i].timing_apart_s(&marks[j]).is_some_and(|apart_s| apart_s <= SAME_TIMING_S);
        marks[i].is_common = (0..marks.len()).any(|j| j != i && is_honest(j) && is_near(j));
    }
    marks
}

impl Mark {
    fn of(o: &Observation, judged: &Judged) -> Self {
        Self {
            recording: o.dwell.recording.clone(),
            time: o.dwell.start,
            at_s: o.timing.at_seconds,
            phase_s: judged.phase_s,
            offset_ppm: o.offset.ppm,
            offset_error_ppm: o.offset.error_hz / o.carrier.hz.max(1.0) * 1e6,
            channel: (o.carrier.hz.max(0.0) as u64, o.pci.get()),
            is_common: false,
            moment: Moment {
                time_s: o.dwell.start.map(|start| start.as_nanosecond() as f64 * 1e-9),
                at: o.position,
                level_db: o.comparable_db(),
                sinr_db: f64::from(o.level.sinr_db),
                offset_ppm: o.offset.ppm,
                offset_error_ppm: o.offset.error_hz / o.carrier.hz.max(1.0) * 1e6,
            },
        }
    }

    /// How far the frame timings are apart in seconds; `None` where they do not compare.
    fn timing_apart_s(&self, other: &Self) -> Option<f64> {
        if self.recording == other.recording && self.time == other.time {
            return Some(wrap_s(self.at_s - other.at_s).abs());
        }
        Some(wrap_s(self.phase_s? - other.phase_s?).abs())
    }

    /// Whether a cell that came with the mark `came` is the one with this last mark under another identity.
    pub(super) fn became(&self, came: &Self) -> bool {
        self.channel.0 == came.channel.0 && self.moment.is_switched_to(&came.moment)
    }

    /// Whether frame timing and carrier offset say that both cells are one transmitter's.
    pub(super) fn is_one_with(&self, other: &Self) -> bool {
        let gap_s = self.time.zip(other.time).map_or(0.0, |(a, b)| a.duration_since(b).as_secs_f64().abs());
        if gap_s > MAX_APART_S || (self.is_common || other.is_common) && self.channel != other.channel {
            return false;
        }
        let limit_s = SAME_TIMING_S + SAME_OFFSET_PPM * 1e-6 * gap_s;
        let limit_ppm = SAME_OFFSET_PPM + 3.0 * self.offset_error_ppm.hypot(other.offset_error_ppm);
        self.timing_apart_s(other).is_some_and(|apart_s| apart_s <= limit_s)
            && (self.offset_ppm - other.offset_ppm).abs() <= limit_ppm
    }
}
