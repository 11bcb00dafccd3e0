//! What dwells in which two tracks were heard side by side prove of them, however near their frames start.
//!
//! Antennas of one cell, and its echoes, send the same frames: they carry one system frame number, and one crystal sets
//! their carriers apart by no more than Doppler does. A transmitter of its own has its own count and its own crystal.

use super::{DwellMark, Sighting, Track};
use crate::{detect::history::timebase::FRAME_S, observation::CellState};

/// Speed of light in m/s.
const LIGHT_MPS: f64 = 299_792_458.0;

/// The receiver's speed where its positions do not tell it, in m/s: 180 km/h.
const FASTEST_MPS: f64 = 50.0;

/// Standard errors that two offsets must be apart beyond Doppler.
const SIGMAS: f64 = 3.0;

/// Dwells in which two frame numbers must differ: one false MIB that passes its CRC is no proof.
const NUMBERED_APART_MIN: usize = 2;

/// Dwells in which the offsets must differ the same way.
const OFFSET_APART_MIN: usize = 3;

/// Whether two tracks are two transmitters by the frame numbers or carrier offsets of the dwells that they share.
#[must_use]
pub fn are_separate(a: &Track, b: &Track, dwells: &[DwellMark], carrier_hz: f64) -> bool {
    let (mut numbered_apart, mut above, mut below) = (0, 0, 0);
    for mine in a.sightings.iter().filter(|s| s.state >= CellState::Mib) {
        let shared = |s: &&Sighting| s.seq == mine.seq && s.state >= CellState::Mib;
        let Some(theirs) = b.sightings.iter().find(shared) else { continue };
        numbered_apart += usize::from(are_numbered_apart(mine, theirs));
        let apart_hz = mine.offset_hz - theirs.offset_hz;
        // Two antennas of one cell may lie ahead and behind.
        let doppler_hz = 2.0 * speed_mps(dwells, mine.seq) / LIGHT_MPS * carrier_hz;
        let limit_hz = doppler_hz + SIGMAS * mine.offset_error_hz.hypot(theirs.offset_error_hz);
        above += usize::from(apart_hz > limit_hz);
        below += usize::from(apart_hz < -limit_hz);
    }
    numbered_apart >= NUMBERED_APART_MIN || above.max(below) >= OFFSET_APART_MIN
}

/// Whether the frames of two sightings in one dwell carry different numbers at one time.
fn are_numbered_apart(a: &Sighting, b: &Sighting) -> bool {
    let (Some(first), Some(second)) = (a.sfn, b.sfn) else { return false };
    // Casts of what is no number give 0: hostile values prove nothing then.
    let frames = ((b.at_s - a.at_s) / FRAME_S).round() as i64;
    (i64::from(second.get()) - i64::from(first.get()) - frames).rem_euclid(1024) != 0
}

/// How fast the receiver was at a dwell, by the positions before and after it.
fn speed_mps(dwells: &[DwellMark], seq: u64) -> f64 {
    let Some(at) = dwells.iter().position(|d| d.seq == seq) else { return FASTEST_MPS };
    let between = |from: &DwellMark, to: &DwellMark| {
        let (a, b) = (from.position?, to.position?);
        let seconds = to.time_s? - from.time_s?;
        Some((a.distance_m(&b) + a.error_m + b.error_m) / seconds.max(1e-3))
    };
    let steps = [at.checked_sub(1).map(|before| (before, at)), Some((at, at + 1))].into_iter().flatten();
    let speeds = steps.filter_map(|(from, to)| between(&dwells[from], dwells.get(to)?));
    speeds
        .fold(None, |fastest: Option<f64>, v| Some(fastest.map_or(v, |f| f.max(v))))
        .map_or(FASTEST_MPS, |v| v.min(FASTEST_MPS))
}

#[cfg(test)]
mod tests {
    use lte_dsp::cell::Sfn;

    use super::*;
    use crate::{
        detect::{
            history::History,
            scene::{Build, macro_cell, north_m},
        },
        observation::Observation,
    };

    /// Dwells 5 s and so many metres apart with a cell and what is heard 20 µs after it.
    fn side_by_side(dwells: u32, step_m: f64, second: impl Fn(Build) -> Build) -> bool {
        let first = || macro_cell(0x3f_0d102, 302);
        let late = || first().change(|o| o.timing.at_seconds += 20e-6);
        let mut history = History::default();
        for n in 0..dwells {
            let placed = |cell: Build| -> Observation {
                let mut o = cell.observation;
                o.dwell.recording = format!("dwell-{n}");
                let start: jiff::Timestamp = "2026-11-20T01:00:00Z".parse().expect("a time");
                o.dwell.start = Some(start + jiff::SignedDuration::from_secs(5 * i64::from(n)));
                o.position = Some(north_m(step_m * f64::from(n)));
                o
            };
            history.add(&[placed(first()), placed(second(late()))], &[]);
        }
        let [a, b] = history.tracks() else { panic!("{} tracks", history.tracks().len()) };
        are_separate(a, b, history.dwells(), 1840e6)
    }

    #[test]
    fn an_echo_or_a_second_antenna_is_not_separate() {
        assert!(!side_by_side(30, 60.0, |cell| cell));
        // 60 m in 5 s and 10 m of error: 14 m/s, which are 86 Hz towards one antenna and away from the other; the rest is
        // the measurement's, 21 Hz.
        assert!(!side_by_side(30, 60.0, |cell| cell.offset_hz(-2200.0 + 190.0)));
        let nowhere = |cell: Build| cell.offset_hz(-2200.0 + 600.0).change(|o| o.position = None);
        assert!(!side_by_side(2, 60.0, nowhere));
    }

    #[test]
    fn its_own_crystal_separates_after_three_dwells() {
        let crystal = |cell: Build| cell.offset_hz(-2200.0 - 196.0);
        assert!(side_by_side(3, 60.0, crystal));
        assert!(!side_by_side(2, 60.0, crystal));
    }

    #[test]
    fn its_own_frame_count_separates_after_two_dwells() {
        let numbered = |sfn: i64| move |cell: Build| cell.change(|o| o.timing.sfn = Some(Sfn::wrapping(sfn)));
        assert!(side_by_side(2, 60.0, numbered(101)));
        assert!(!side_by_side(1, 60.0, numbered(101)));
        assert!(!side_by_side(9, 60.0, numbered(100)));
        // Told a frame later, the number is one more.
        let later = |sfn: i64| move |cell: Build| numbered(sfn)(cell).change(|o| o.timing.at_seconds += 0.01);
        assert!(!side_by_side(9, 60.0, later(101)) && side_by_side(9, 60.0, later(100)));
    }

    #[test]
    fn hostile_values_prove_nothing() {
        for value in [f64::NAN, f64::INFINITY, -1e300] {
            let hostile = |cell: Build| cell.change(|o| o.offset.error_hz = value.abs());
            assert!(!side_by_side(9, 60.0, hostile), "{value}");
        }
    }
}
