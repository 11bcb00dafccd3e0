//! What was heard before, kept as small as the rules need it: one track a transmitter, one mark a dwell.
//!
//! In: the observations of a dwell with the registry's answers. Out: tracks that tell transmitters of one physical-layer
//! identity apart by frame timing. Refuses to know verdicts, findings, files and clocks; rebuilt from stored
//! observations by adding them again.

pub mod configuration;
pub mod contents;
pub mod flaps;
pub mod kept;
pub mod moment;
pub mod route;
pub mod separate;
pub mod timebase;
pub mod track;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use flaps::FlapLimits;
pub use moment::Moment;
pub use route::Route;
pub use separate::are_separate;
pub use track::{CarrierKey, Known, RegisteredAs, Retention, Sighting, Track};

use crate::{
    observation::{CellState, Ecgi, Observation, Position},
    registry::RegistryAnswer,
};

/// Transmitters remembered; the longest unheard are forgotten first.
pub const MAX_TRACKS: usize = 1024;

/// Dwells remembered.
pub const MAX_DWELLS: usize = 8192;

/// Seconds after which a track no longer says anything about what is on air now.
pub const LIVE_S: f64 = 1800.0;

/// Dwells after which the same holds where recordings have no time.
const LIVE_DWELLS: u64 = 400;

/// Frame timings further apart than this are two transmitters; a drive of 1.5 km changes the delay by 5 µs.
pub(crate) const SAME_TIMING_S: f64 = 10e-6;

/// Carrier offsets further apart than this, beyond their errors, are two transmitters: twice the Doppler shift of 180
/// km/h is 0.17 ppm.
pub(crate) const SAME_OFFSET_PPM: f64 = 0.3;

/// When and where a dwell was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DwellMark {
    /// File stem of the recording, or the dwell's id.
    pub recording: String,
    /// Time of its first sample.
    pub start: Option<Timestamp>,
    /// Order of arrival.
    pub seq: u64,
    /// Unix time of its middle in seconds.
    pub time_s: Option<f64>,
    /// Where the receiver was.
    pub position: Option<Position>,
    /// Carriers on which a cell was heard.
    pub carriers: Vec<CarrierKey>,
}

/// Everything heard before, bounded.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    tracks: Vec<Track>,
    /// In order of time.
    dwells: Vec<DwellMark>,
    contents: contents::Contents,
    next_seq: u64,
    /// How far the latest aligned dwell was from the common timebase: clocks drift by more than cells may disagree.
    shift_s: f64,
    /// Dwells one after the other that needed the shift of the one before: the recordings' own times are good.
    #[serde(default)]
    steady: u32,
}

/// So many make the times of recordings good enough that a dwell without any known cell keeps the shift: of two that
/// needed the same by chance, one in a thousand would have.
const STEADY_MIN: u32 = 3;

impl History {
    /// Adds the cells of one dwell; gives the track of each, valid until the next call.
    ///
    /// A dwell that is known already, by its recording's name and start, changes nothing.
    pub fn add(&mut self, observations: &[Observation], answers: &[RegistryAnswer]) -> Vec<usize> {
        let Some(first) = observations.first() else { return Vec::new() };
        if let Some(mark) = self.mark_of(first) {
            let seq = mark.seq;
            let known: Option<Vec<usize>> = observations.iter().map(|o| self.track_in(o, seq)).collect();
            if let Some(known) = known {
                return known;
            }
        }
        self.make_room(observations.len());
        let seq = self.next_seq;
        self.next_seq += 1;
        let mut carriers: Vec<_> = observations.iter().map(|o| CarrierKey::of(&o.carrier)).collect();
        carriers.sort_unstable();
        carriers.dedup();
        let mark = DwellMark {
            recording: first.dwell.recording.clone(),
            start: first.dwell.start,
            seq,
            time_s: time_s(first),
            position: first.position,
            carriers,
        };
        let placed = self.assign(observations, mark.time_s, seq);
        for (i, (o, &(track, phase_s))) in observations.iter().zip(&placed).enumerate() {
            self.tracks[track].hear(o, answers.get(i), seq, mark.time_s, phase_s);
            self.contents.learn(o, mark.time_s);
        }
        let at = self.dwells.partition_point(|d| d.time_s <= mark.time_s);
        self.dwells.insert(at, mark);
        placed.into_iter().map(|(track, _)| track).collect()
    }

    /// All tracks.
    #[must_use]
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// The dwells, in order of time.
    #[must_use]
    pub fn dwells(&self) -> &[DwellMark] {
        &self.dwells
    }

    /// What each cell's system information was when it was first heard.
    #[must_use]
    pub fn contents(&self) -> &contents::Contents {
        &self.contents
    }

    /// Whether an observation's identity stands on more than one reception, in its dwell or over the dwells of the cell.
    #[must_use]
    pub fn confirmed(&self, observation: &Observation) -> bool {
        let Some(ecgi) = observation.ecgi() else { return false };
        let carrier = CarrierKey::of(&observation.carrier);
        let same_cell = |t: &&Track| t.pci == observation.pci && t.carrier == carrier;
        let receptions: u32 =
            self.tracks.iter().filter(same_cell).filter_map(|t| t.known(ecgi)).map(|k| k.receptions).sum();
        observation.identity_confirmed() || receptions >= 2
    }

    /// The other live tracks that say they are `ecgi`, each on more than one reception.
    pub fn others_named(&self, ecgi: Ecgi, than: &Track) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(move |t| !std::ptr::eq(*t, than) && t.known(ecgi).is_some_and(Known::is_confirmed))
    }

    /// The dwell an observation is from, where it was added before.
    fn mark_of(&self, o: &Observation) -> Option<&DwellMark> {
        self.dwells.iter().rev().find(|d| d.recording == o.dwell.recording && d.start == o.dwell.start)
    }

    /// The track that an observation of a known dwell went to.
    fn track_in(&self, o: &Observation, seq: u64) -> Option<usize> {
        let carrier = CarrierKey::of(&o.carrier);
        let apart = |t: &Track| {
            let sighting = t.sightings.iter().find(|s| s.seq == seq)?;
            Some((sighting.at_s - o.timing.at_seconds).abs())
        };
        self.tracks
            .iter()
            .enumerate()
            .filter(|(_, t)| t.pci == o.pci && t.carrier == carrier)
            .filter_map(|(i, t)| Some((i, apart(t)?)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(i, _)| i)
    }

    fn make_room(&mut self, more: usize) {
        if self.tracks.len() + more > MAX_TRACKS {
            self.tracks.sort_by_key(|t| std::cmp::Reverse(t.last_seq()));
            self.tracks.truncate(MAX_TRACKS.saturating_sub(more));
        }
        if self.dwells.len() >= MAX_DWELLS {
            self.dwells.remove(0);
        }
    }

    /// The track of each observation, new ones added, and the frame phase to remember where the dwell's timebase is
    /// known.
    fn assign(&mut self, observations: &[Observation], now_s: Option<f64>, seq: u64) -> Vec<(usize, Option<f64>)> {
        let live: Vec<Vec<usize>> = observations.iter().map(|o| self.live_tracks_of(o, now_s, seq)).collect();
        let phases: Vec<f64> = observations.iter().map(timebase::phase_s).collect();
        let candidates: Vec<Vec<f64>> = observations
            .iter()
            .zip(&live)
            .map(|(o, tracks)| {
                let sound = o.state >= CellState::Mib;
                tracks.iter().filter(|_| sound).filter_map(|&t| self.tracks[t].phase_s).collect()
            })
            .collect();
        // Frames on the two sides of a loss are as far apart as what was lost is long: they say nothing.
        let is_whole = observations.iter().all(|o| o.dwell.lost == 0);
        let agreed = timebase::align(&phases, &candidates, self.shift_s);
        let is_kept = agreed.is_some_and(|shift| timebase::is_same(shift, self.shift_s));
        let is_steady = self.steady >= STEADY_MIN && candidates.iter().all(Vec::is_empty);
        self.steady = if is_kept || is_steady { self.steady.saturating_add(1) } else { 0 };
        let aligned = agreed.or(is_steady.then_some(self.shift_s)).or_else(|| {
            let timed = |t: &&Track| t.phase_s.is_some() && t.is_live(now_s, seq, LIVE_S, LIVE_DWELLS);
            let sound = observations.iter().filter(|o| o.state >= CellState::Mib).count();
            let timed = self.tracks.iter().filter(timed).count();
            (is_whole && self.begins_timebase(sound, timed)).then_some(0.0)
        });
        let shift = aligned.filter(|_| is_whole);
        self.shift_s = shift.unwrap_or(self.shift_s);
        let drift_hz = self.common_drift(observations, &live, &phases, shift);

        let phase = |i: usize| shift.map(|s| timebase::wrap_s(phases[i] - s));
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for (i, o) in observations.iter().enumerate() {
            let apart = |&t: &usize| Some((self.tracks[t].apart(o, phase(i), drift_hz)?, i, t));
            pairs.extend(live[i].iter().filter_map(apart));
        }
        // The most alike first: of two cells with one PCI neither takes the other's track.
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut track_of = vec![None; observations.len()];
        let mut taken = vec![false; self.tracks.len()];
        for (_, i, track) in pairs {
            if track_of[i].is_none() && !taken[track] {
                (track_of[i], taken[track]) = (Some(track), true);
            }
        }
        let placed = observations.iter().enumerate().map(|(i, o)| {
            let track = track_of[i].unwrap_or_else(|| {
                self.tracks.push(Track::new(o));
                self.tracks.len() - 1
            });
            (track, phase(i).filter(|_| o.state >= CellState::Mib))
        });
        placed.collect()
    }

    /// Whether a dwell that cannot be aligned starts the timebase anew: with two cells, where the old one has no two to
    /// tell apart, or where there is none.
    fn begins_timebase(&mut self, sound: usize, timed: usize) -> bool {
        let begins = timed == 0 || (timed == 1 && sound >= 2);
        if begins {
            self.tracks.iter_mut().for_each(|t| t.phase_s = None);
        }
        begins
    }

    fn live_tracks_of(&self, o: &Observation, now_s: Option<f64>, seq: u64) -> Vec<usize> {
        let carrier = CarrierKey::of(&o.carrier);
        let same = |t: &Track| t.pci == o.pci && t.carrier == carrier && t.duplex == o.duplex;
        let live = |t: &Track| t.is_live(now_s, seq, LIVE_S, LIVE_DWELLS);
        self.tracks.iter().enumerate().filter(|(_, t)| same(t) && live(t)).map(|(i, _)| i).collect()
    }

    /// How far the receiver's own frequency moved since the tracks were heard: the median over the cells whose timing
    /// says that they are the same; `None` with fewer than three, which cannot outvote a stranger.
    fn common_drift(
        &self,
        observations: &[Observation],
        live: &[Vec<usize>],
        phases: &[f64],
        shift: Option<f64>,
    ) -> Option<f64> {
        let shift = shift?;
        let mut drifts = Vec::new();
        for (i, o) in observations.iter().enumerate() {
            let near = |&&t: &&usize| {
                let apart = self.tracks[t].phase_s.map(|p| timebase::wrap_s(phases[i] - shift - p).abs());
                apart.is_some_and(|a| a <= SAME_TIMING_S)
            };
            drifts.extend(live[i].iter().find(near).map(|&t| o.offset.hz - self.tracks[t].offset_hz));
        }
        if drifts.len() < 3 { None } else { median(&mut drifts) }
    }
}

/// Unix time of the middle of an observation's dwell, in seconds.
#[must_use]
pub fn time_s(o: &Observation) -> Option<f64> {
    o.time().map(|t| t.as_nanosecond() as f64 * 1e-9)
}

/// The middle value, or the mean of the two in the middle; `None` of nothing. Sorts its input.
#[must_use]
pub fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => None,
        _ if n % 2 == 1 => Some(values[n / 2]),
        _ => Some((values[n / 2 - 1] + values[n / 2]) / 2.0),
    }
}

/// From the lowest to the highest value, 0 of none.
#[must_use]
pub fn range(values: &[f64]) -> f64 {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if values.is_empty() { 0.0 } else { high - low }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::detect::scene::{Build, macro_cell};

    /// The cells in a dwell of their own, so many seconds into the drive.
    fn dwell(second: i64, cells: &[Build]) -> Vec<Observation> {
        let start: Timestamp = "2026-11-20T01:00:00Z".parse().expect("a time");
        let placed = cells.iter().map(|cell| {
            let mut o = cell.observation.clone();
            o.dwell.start = Some(start + SignedDuration::from_secs(second));
            o.dwell.recording = format!("at-{second}");
            o
        });
        placed.collect()
    }

    fn resident() -> [Build; 2] {
        [macro_cell(0x3f_0d101, 301), macro_cell(0x3f_0d102, 302)]
    }

    #[test]
    fn a_cell_keeps_its_track_and_another_transmitter_gets_its_own() {
        let mut history = History::default();
        let [a, b] = resident();
        assert_eq!(history.add(&dwell(0, &[a.clone(), b.clone()]), &[]), [0, 1]);
        let other = b.clone().frames_at_s(0.007);
        assert_eq!(history.add(&dwell(5, &[a.clone(), other.clone()]), &[]), [0, 2]);
        assert_eq!(history.add(&dwell(10, &[b, a, other]), &[]), [1, 0, 2]);
    }

    #[test]
    fn rough_start_times_are_found_from_two_cells() {
        let mut history = History::default();
        let late = |ms: f64| resident().map(|b| b.change(|o| o.timing.at_seconds += ms * 1e-3));
        for (second, ms) in [(0, 0.0), (5, 3.3), (10, 9.1), (15, 0.2)] {
            assert_eq!(history.add(&dwell(second, &late(ms)), &[]), [0, 1], "{ms} ms late");
        }
        let [_, b] = late(6.6);
        // One cell alone: its PCI is all there is.
        assert_eq!(history.add(&dwell(20, &[b]), &[]), [1]);
        assert_eq!(history.tracks()[1].sightings.last().and_then(|s| s.phase_s), None);
    }

    #[test]
    fn good_start_times_go_on_where_no_known_cell_is_heard() {
        // The residents alone, and then a stranger that drowns them and two that follow it.
        let phases = |late_ms: [f64; 5]| {
            let mut history = History::default();
            for (n, ms) in late_ms.into_iter().enumerate() {
                let late = resident().map(|b| b.change(|o| o.timing.at_seconds += ms * 1e-3));
                history.add(&dwell(5 * n as i64, &late), &[]);
            }
            for n in 0..3 {
                let stranger = macro_cell(0x5a_fff31 + n, 401 + n as u16).frames_at_s(4e-3);
                history.add(&dwell(30 + 5 * i64::from(n), &[stranger]), &[]);
            }
            history.tracks()[2..].iter().map(|t| t.phase_s).collect::<Vec<_>>()
        };
        let good = phases([0.0; 5]);
        assert_eq!(good.len(), 3);
        assert!(good.iter().all(|phase| *phase == good[0] && phase.is_some()), "{good:?}");
        for rough in [[0.0, 3.3, 9.1, 0.2, 0.2], [0.0, 0.0, 0.0, 0.0, 3.3]] {
            assert_eq!(phases(rough)[0], None, "{rough:?}");
        }
    }

    #[test]
    fn across_a_loss_no_timing_is_compared() {
        let lossy = |cell: Build, lost: u64| cell.change(|o| o.dwell.lost = lost);
        for lost in [0, 5_000] {
            let mut history = History::default();
            let [a, b] = resident();
            history.add(&dwell(0, &[a.clone(), b.clone()]), &[]);
            // The same cell on both sides of a loss, which moves its frames by 0.87 ms.
            let late = b.observation.timing.at_seconds + 0.87e-3;
            let heard = [a.clone(), b.clone(), b.clone().frames_at_s(late)].map(|cell| lossy(cell, lost));
            let tracks = history.add(&dwell(5, &heard), &[]);
            assert_eq!((tracks[0], tracks[1], tracks.len()), (0, 1, 3));
            let [.., first, second] = history.tracks() else { panic!("two tracks and more") };
            assert_eq!(first.timing_apart_s(second).is_some(), lost == 0, "{lost}");
            let last = first.sightings.last().expect("heard");
            assert_eq!((last.phase_s.is_some(), last.sfn.is_some()), (lost == 0, lost == 0), "{lost}");
        }
    }

    #[test]
    fn another_carrier_frequency_is_another_transmitter_where_three_agree() {
        let mut history = History::default();
        let [a, b] = resident();
        let c = macro_cell(0x3f_0d103, 303);
        let off = c.clone().offset_hz(-2200.0 + 0.4 * 1840.0);
        history.add(&dwell(0, &[a.clone(), b.clone(), c]), &[]);
        let drifted = |cell: Build| cell.change(|o| o.offset.hz += 900.0);
        assert_eq!(history.add(&dwell(5, &[drifted(a), drifted(b), drifted(off)]), &[]), [0, 1, 3]);
    }

    #[test]
    fn a_dwell_given_twice_counts_once_and_order_does_not_matter() {
        let mut history = History::default();
        let once = [macro_cell(0x3f_0d101, 301).sib1_periods(1)];
        let late = dwell(5, &once);
        history.add(&late, &[]);
        history.add(&late, &[]);
        assert!(!history.confirmed(&late[0]));
        history.add(&dwell(0, &once), &[]);
        assert!(history.confirmed(&late[0]));
        let times: Vec<_> = history.dwells().iter().filter_map(|d| d.time_s).collect();
        assert!(times.len() == 2 && times[0] < times[1]);
        assert!(history.tracks()[0].sightings.is_sorted_by_key(|s| s.time_s));
    }

    #[test]
    fn what_is_written_down_is_read_back_and_goes_on_alike() {
        let mut history = History::default();
        let [a, b] = resident();
        let with_sibs = |mut cell: Build| {
            cell.observation.sibs.insert("sib3".to_owned(), serde_json::json!({"q-Hyst": "dB2"}));
            cell
        };
        for second in [0, 5, 10] {
            let other = b.clone().frames_at_s(0.007).no_sib1();
            history.add(&dwell(second, &[with_sibs(a.clone()), b.clone(), other]), &[]);
        }
        let text = serde_json::to_string(&history).expect("written");
        let mut read: History = serde_json::from_str(&text).expect("read");
        assert_eq!(read, history);
        let next = dwell(15, &[b, with_sibs(a)]);
        assert_eq!(read.add(&next, &[]), history.add(&next, &[]));
        assert_eq!(read, history);
        for wrong in [text.replace("450-08", "450-0x"), text.replace("\"pci\":301", "\"pci\":504")] {
            assert!(serde_json::from_str::<History>(&wrong).is_err());
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut history = History::default();
        for second in 0..2_i64 * MAX_TRACKS as i64 {
            let cell = macro_cell(second as u32, (second % 504) as u16).frames_at_s(1e-3 * second as f64 / 300.0);
            history.add(&dwell(second, &[cell]), &[]);
        }
        assert!(history.tracks().len() <= MAX_TRACKS);
        for second in 0..2 * track::MAX_SIGHTINGS as i64 {
            history.add(&dwell(1_000_000 + second, &resident()[..1]), &[]);
        }
        assert!(history.tracks().iter().all(|t| t.sightings.len() <= track::MAX_SIGHTINGS));
        assert_eq!(history.add(&[], &[]), Vec::<usize>::new());
    }

    #[test]
    fn hostile_values_do_not_stop_the_engine() {
        let mut history = History::default();
        for value in [f64::NAN, f64::INFINITY, -1e300] {
            let cell = macro_cell(0x3f_0d101, 301).change(|o| {
                (o.offset.hz, o.offset.ppm, o.carrier.hz, o.timing.at_seconds) = (value, value, value, value);
                o.dwell.seconds = value;
            });
            history.add(&dwell(0, &[cell]), &[]);
        }
    }
}
