//! `drift`: a carrier or frames that wander while the receiver and the macro cells stand still.

use super::{
    frequency_error::stands_still,
    history::{Sighting, Track, median, timebase::wrap_s},
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};
use crate::registry::CellKind;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "drift",
    version: 1,
    class: Class::Radio,
    facts: &[Fact::CarrierOffset, Fact::FrameTiming],
    severity: Severity::High,
    seen: "a carrier offset or frame timing that drifts at standstill against macro cells that do not drift among themselves",
    reference: "TS 36.104 §6.5.1 (frequency error); §6.5.3 (time alignment)",
    false_positives: "the receiver's own oscillator warming up, which moves all cells alike and is taken out",
    settings: Drift::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct Drift {
        /// Seconds of standstill looked back, and how many of them must be covered.
        window_s: f64 = 300.0,
        /// Dwells that cell and macro cells must share.
        min_dwells: usize = 9,
        /// Macro cells to compare with.
        min_macros: usize = 2,
        /// Change of the carrier offset against theirs that is too much.
        max_offset_ppm: f64 = 0.1,
        /// Change of the frame timing against theirs that is too much, in microseconds a minute.
        max_timing_us_per_minute: f64 = 3.0,
        /// Metres that are still a standstill.
        standstill_m: f64 = 30.0,
    }
}

/// How a cell's offset and timing moved against a macro cell's, from the first to the last third of shared dwells.
struct Moved {
    offset_ppm: f64,
    timing_us_per_minute: f64,
    dwells: usize,
}

impl Rule for Drift {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let now_s = super::history::time_s(case.observation())?;
        let track = case.cell.track;
        if !case.confirmed
            || !case.own_network()
            || !stands_still(case, now_s - self.window_s, now_s, self.standstill_m)
        {
            return None;
        }
        let carrier_hz = case.observation().carrier.hz;
        let macros: Vec<&Track> = case
            .history
            .tracks()
            .iter()
            .filter(|t| !std::ptr::eq(*t, track) && t.carrier == track.carrier && t.is_genuine(CellKind::Macro))
            .collect();
        let moved = |a: &Track, b: &Track| self.moved(a, b, now_s, carrier_hz);
        let against: Vec<Moved> = macros.iter().filter_map(|m| moved(track, m)).collect();
        let (first, rest) = macros.split_first()?;
        let among: Vec<Moved> = rest.iter().filter_map(|m| moved(m, first)).collect();
        if against.len() < self.min_macros || among.len() + 1 < self.min_macros {
            return None;
        }
        let offset_ppm = median(&mut against.iter().map(|m| m.offset_ppm).collect::<Vec<_>>())?;
        let timing = median(&mut against.iter().map(|m| m.timing_us_per_minute).collect::<Vec<_>>())?;
        // Macro cells that drift among themselves are no reference.
        let quiet = |m: &Moved| {
            2.0 * m.offset_ppm.abs() <= self.max_offset_ppm
                && 2.0 * m.timing_us_per_minute.abs() <= self.max_timing_us_per_minute
        };
        let drifts = offset_ppm.abs() > self.max_offset_ppm || timing.abs() > self.max_timing_us_per_minute;
        (drifts && among.iter().all(quiet)).then(|| {
            case.finding(&ABOUT)
                .with("offset_change_ppm", rounded(offset_ppm, 3))
                .with("limit_ppm", self.max_offset_ppm)
                .with("timing_change_us_per_minute", rounded(timing, 2))
                .with("limit_us_per_minute", self.max_timing_us_per_minute)
                .with("macros", against.len())
                .with("dwells", against.iter().map(|m| m.dwells).min())
                .with("seconds", self.window_s)
        })
    }
}

impl Drift {
    /// How one cell moved against another over the dwells in which both were heard; `None` of too few.
    fn moved(&self, a: &Track, b: &Track, now_s: f64, carrier_hz: f64) -> Option<Moved> {
        let recent = |s: &&Sighting| s.time_s.is_some_and(|t| (now_s - t) <= self.window_s && t <= now_s);
        let mut pairs: Vec<(f64, f64, f64)> = Vec::new();
        for mine in a.sightings.iter().filter(recent) {
            let theirs = b.sightings.iter().find(|s| s.seq == mine.seq);
            let (Some(theirs), Some(time_s)) = (theirs, mine.time_s) else { continue };
            let first_apart = pairs.first().map_or(0.0, |p| p.2);
            let apart = mine.at_s - theirs.at_s;
            // Unwrapped against the first pair, so that frames may cross.
            pairs.push((time_s, mine.offset_hz - theirs.offset_hz, first_apart + wrap_s(apart - first_apart)));
        }
        if pairs.len() < self.min_dwells.max(3) {
            return None;
        }
        let third = pairs.len() / 3;
        let middle = |part: &[(f64, f64, f64)], value: fn(&(f64, f64, f64)) -> f64| {
            median(&mut part.iter().map(value).collect::<Vec<_>>())
        };
        let (early, late) = (&pairs[..third], &pairs[pairs.len() - third..]);
        let minutes = (middle(late, |p| p.0)? - middle(early, |p| p.0)?) / 60.0;
        let offset_hz = middle(late, |p| p.1)? - middle(early, |p| p.1)?;
        let timing_s = middle(late, |p| p.2)? - middle(early, |p| p.2)?;
        (minutes > 0.0).then(|| Moved {
            offset_ppm: offset_hz / carrier_hz * 1e6,
            timing_us_per_minute: timing_s * 1e6 / minutes,
            dwells: pairs.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Build, Scene, macro_cell, north_m},
    };

    /// Five minutes beside two macro cells, everything moved by `all_hz` and the cell by `own_hz` more at their end.
    fn stand(cell: Build, all_hz: f64, own_hz: f64, step_m: f64, macros: usize) -> Option<Finding> {
        let resident = [301, 302].map(|pci| macro_cell(0x3f_0d000 + u32::from(pci), pci));
        let mut scene = resident[..macros].iter().fold(Scene::new().registered(&cell), Scene::registered);
        let mut last = None;
        for step in 0..61 {
            let share = f64::from(step) / 60.0;
            scene.at(north_m(step_m * f64::from(step)));
            let mut heard: Vec<_> =
                resident[..macros].iter().map(|m| m.clone().offset_hz(-2200.0 + share * all_hz)).collect();
            heard.push(cell.clone().offset_hz(-2200.0 + share * (all_hz + own_hz)));
            last = scene.dwell(&heard).pop();
        }
        last?.of(ABOUT.id)
    }

    fn cell() -> Build {
        macro_cell(0x3f_0d103, 303)
    }

    #[test]
    fn fires_on_a_cell_that_wanders_alone() {
        let finding = stand(cell(), 0.0, 400.0, 0.0, 2).expect("fires");
        assert!(finding.evidence["offset_change_ppm"].as_f64().is_some_and(|ppm| ppm > 0.1));
    }

    #[test]
    fn stays_silent_while_the_receiver_warms_drives_or_has_no_reference() {
        assert_eq!(stand(cell(), 4_000.0, 0.0, 0.0, 2), None);
        assert_eq!(stand(cell(), 0.0, 400.0, 30.0, 2), None);
        assert_eq!(stand(cell(), 0.0, 400.0, 0.0, 1), None);
    }

    #[test]
    fn a_slower_drift_is_just_below_the_limit() {
        // Of 61 dwells, 41 of 60 steps lie between the middles of the first and the last third; 0.1 ppm is 184 Hz.
        let seen_hz = |hz: f64| hz * 60.0 / 41.0;
        assert_eq!(stand(cell(), 0.0, seen_hz(183.0), 0.0, 2), None);
        assert!(stand(cell(), 0.0, seen_hz(185.0), 0.0, 2).is_some());
    }
}
