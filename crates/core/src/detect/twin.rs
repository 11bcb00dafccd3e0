//! `twin`: one cell's identity on air from two transmitters at once.

use serde_json::Value;

use super::{
    calibration::NEAR_M,
    history::{Known, Sighting, Track, are_separate, median, time_s},
    registry_view::{RegistryMismatch, differences},
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};
use crate::observation::{Ecgi, Position};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "twin",
    version: 4,
    class: Class::Identity,
    facts: &[Fact::FrameTiming],
    severity: Severity::Critical,
    seen: "one ECGI on air at once under two PCIs, or with two frame timings, frame numbers or carrier offsets; or in \
           turn: at levels that no station at the registered place gives both, or as registered and then under another \
           PCI with other antenna ports or another bandwidth",
    reference: "TS 36.300 §8.2 (an ECGI is one cell's)",
    false_positives: "single-frequency networks, distributed antennas, multipath beyond the cyclic prefix",
    settings: Twin::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct Twin {
        /// Frame timings of one PCI nearer than this may be one cell's, unless frame numbers or offsets prove two: fibre to
        /// a distant antenna takes 5 µs a kilometre.
        min_timing_us: f64 = 150.0,
        /// Seconds within which both must be heard.
        window_s: f64 = 600.0,
        /// How far the powers are apart that explain the levels of one heard after the other: a station that restarts has
        /// two frame timings too.
        min_power_apart_db: f64 = 15.0,
    }
}

/// Dwells that must have given the name with each of those timings.
const POWER_DWELLS_MIN: usize = 3;

/// Path-loss exponents of a street with and without line of sight. 3GPP TR 36.814 Table A.2.1.1.2-3.
const EXPONENTS: [f64; 2] = [2.2, 3.9];

impl Rule for Twin {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let track = case.cell.track;
        let ecgi = case.observation().ecgi().or_else(|| Some(track.last_confirmed()?.ecgi))?;
        let mine = track.known(ecgi).filter(|k| k.is_confirmed())?;
        let other = case
            .history
            .others_named(ecgi, track)
            .filter(|other| other.carrier == track.carrier && are_two(case, track, other, self.min_timing_us))
            .filter(|other| other.known(ecgi).is_some_and(|theirs| is_impostor(track, mine, other, theirs)))
            .find(|other| {
                heard_at_once(track, other, ecgi, self.window_s)
                    || are_unlike(track, mine, other, self.window_s, self.min_power_apart_db)
                    || self.is_other_hardware(case, other, ecgi)
            })?;
        Some(
            case.finding(&ABOUT)
                .with("ecgi", ecgi.to_string())
                .with("pci", track.pci.get())
                .with("other_pci", other.pci.get())
                .with("same_pci", track.pci == other.pci)
                .with("registered_alike", mine.registered.map(|r| r.alike))
                .with("both_alike", is_as_registered(track, ecgi) && is_as_registered(other, ecgi))
                .with_all(strongest(["own_strongest_db", "own_strongest_at"], track))
                .with_all(strongest(["other_strongest_db", "other_strongest_at"], other))
                .with("frame_timing_apart_us", track.timing_apart_s(other).map(|s| rounded(s * 1e6, 1)))
                .with("carrier_offset_hz", rounded(track.offset_hz, 1))
                .with("other_carrier_offset_hz", rounded(other.offset_hz, 1))
                .with("other_heard_seconds_before", seconds_between(case, other)),
        )
    }
}

impl Twin {
    /// Whether the other was heard as registered soon before or after, and this one is of another PCI and of other
    /// antenna ports or another bandwidth: operators change PCIs, but no hardware while a receiver drives past.
    fn is_other_hardware(&self, case: &Case<'_>, other: &Track, ecgi: Ecgi) -> bool {
        let differs = case.cell.answer.map_or_else(Vec::new, |answer| differences(case.observation(), answer));
        let other_box = [RegistryMismatch::Pci, RegistryMismatch::Carrier].iter().all(|d| differs.contains(d));
        is_as_registered(other, ecgi) && other_box && soon_after(case.cell.track, other, self.window_s)
    }
}

/// Whether two tracks of one identity cannot be one transmitter.
pub(super) fn are_two(case: &Case<'_>, a: &Track, b: &Track, min_timing_us: f64) -> bool {
    a.pci != b.pci
        || a.timing_apart_s(b).is_some_and(|s| s * 1e6 >= min_timing_us)
        || are_separate(a, b, case.history.dwells(), case.observation().carrier.hz)
}

/// Whether two tracks, the second soon after the first, cannot be the registered station before and after a restart or a
/// change of its PCI: neither with line of sight nor without does one power, to so many dB, explain the levels of both.
pub(super) fn are_unlike(a: &Track, known: &Known, b: &Track, window_s: f64, apart_db: f64) -> bool {
    // Under another PCI the one before must be the station itself, as registered.
    if a.pci != b.pci && !is_as_registered(b, known.ecgi) {
        return false;
    }
    let Some(site) = known.registered.and_then(|r| r.place) else { return false };
    let differences = EXPONENTS.map(|n| {
        let powers = power_db(a, known.ecgi, site, n).zip(power_db(b, known.ecgi, site, n));
        powers.map_or(0.0, |(a, b)| a - b)
    });
    soon_after(a, b, window_s)
        && (differences.iter().all(|db| *db >= apart_db) || differences.iter().all(|db| *db <= -apart_db))
}

/// The middle of the powers at a place that would give a track's levels under a path-loss exponent, in dB; `None` of too
/// few dwells.
fn power_db(track: &Track, ecgi: Ecgi, site: Position, exponent: f64) -> Option<f64> {
    let named = track.sightings.iter().filter(|s| s.ecgi == Some(ecgi) && s.phase_s.is_some());
    let power = |s: &Sighting| {
        let distance_m = s.position?.distance_m(&site).max(NEAR_M);
        Some(s.level_db? + 10.0 * exponent * distance_m.log10())
    };
    let mut powers: Vec<f64> = named.filter_map(power).collect();
    if powers.len() < POWER_DWELLS_MIN { None } else { median(&mut powers) }
}

/// The highest level of a track and where it was measured, under these names.
fn strongest([level, at]: [&'static str; 2], track: &Track) -> [(&'static str, Value); 2] {
    let levels = track.sightings.iter().filter_map(|s| Some((s.level_db?, s.position?)));
    let highest = levels.max_by(|a, b| a.0.total_cmp(&b.0));
    let place = highest.map(|(_, at)| format!("{:.5}, {:.5}", at.lat, at.lon));
    let level_db = highest.map(|(level_db, _)| rounded(level_db, 1));
    [(level, level_db.into()), (at, place.into())]
}

/// Whether a track gave a name with the parameters that the registry has for it.
fn is_as_registered(track: &Track, ecgi: Ecgi) -> bool {
    track.known(ecgi).and_then(|k| k.registered).is_some_and(|r| r.alike)
}

/// Whether no more than so many seconds lie between the last sighting of one and the first of the other.
fn soon_after(a: &Track, b: &Track, window_s: f64) -> bool {
    let span = |t: &Track| t.sightings.first()?.time_s.zip(t.sightings.last()?.time_s);
    span(a)
        .zip(span(b))
        .is_some_and(|((a_first, a_last), (b_first, b_last))| (b_first - a_last).max(a_first - b_last) <= window_s)
}

/// Seconds from the last sighting of the other to now.
fn seconds_between(case: &Case<'_>, other: &Track) -> Option<f64> {
    let last_s = other.recent(0.0).next()?.time_s?;
    Some(rounded(time_s(case.observation())? - last_s, 1))
}

/// Whether the first of two is the one to accuse: the one unlike the registry's row. Where the row fits both or neither,
/// the one heard later; of one PCI both, as an alert does not tell them apart.
fn is_impostor(track: &Track, mine: &Known, other: &Track, theirs: &Known) -> bool {
    let alike = |k: &Known| k.registered.is_some_and(|r| r.alike);
    match (alike(mine), alike(theirs)) {
        (false, true) => true,
        (true, false) => false,
        _ => track.pci == other.pci || mine.first_s >= theirs.first_s,
    }
}

/// Whether both were on air at once: in one dwell, or one before and after the other.
pub(super) fn heard_at_once(a: &Track, b: &Track, ecgi: Ecgi, window_s: f64) -> bool {
    // A sighting under another name is not one of this cell; one without a name is one of its transmitter.
    let of_cell = |t: &Track| {
        let fits = |s: &&Sighting| s.ecgi.is_none_or(|e| e == ecgi) && s.phase_s.is_some();
        t.sightings.iter().filter(fits).map(|s| (s.seq, s.time_s)).collect::<Vec<_>>()
    };
    interleaved(&of_cell(a), &of_cell(b), window_s)
}

/// Whether two lists of dwells, each in order of time, share a dwell or enclose one another within a window.
pub(super) fn interleaved(a: &[(u64, Option<f64>)], b: &[(u64, Option<f64>)], window_s: f64) -> bool {
    let shared = a.iter().any(|(seq, _)| b.iter().any(|(other, _)| other == seq));
    let encloses = |outer: &[(u64, Option<f64>)], inner: &[(u64, Option<f64>)]| {
        let times = |list: &[(u64, Option<f64>)]| list.iter().filter_map(|(_, t)| *t).collect::<Vec<f64>>();
        let (outer, inner) = (times(outer), times(inner));
        let between = |w: &[f64]| w[1] - w[0] <= window_s && inner.iter().any(|&t| w[0] < t && t < w[1]);
        outer.windows(2).any(between)
    };
    shared || encloses(a, b) || encloses(b, a)
}

#[cfg(test)]
mod tests {
    use lte_dsp::cell::Sfn;

    use super::*;
    use crate::detect::scene::{Build, Scene, macro_cell, north_m, pci};

    fn genuine() -> Build {
        macro_cell(0x3f_0d102, 302)
    }

    fn resident() -> Build {
        macro_cell(0x3f_0d101, 301)
    }

    /// The same names from another box: its own frame timing.
    fn clone_under(pci_value: u16) -> Build {
        genuine().change(|o| o.pci = pci(pci_value)).frames_at_s(0.0083)
    }

    #[test]
    fn fires_on_the_clone_and_not_on_the_genuine_cell() {
        let mut scene = Scene::new().registered(&genuine()).registered(&resident());
        scene.dwell(&[resident(), genuine(), clone_under(77)]);
        let outcome = scene.dwell(&[resident(), genuine(), clone_under(77)]);
        assert_eq!(outcome[1].of(ABOUT.id), None);
        let finding = outcome[2].of(ABOUT.id).expect("fires");
        assert_eq!((&finding.evidence["pci"], &finding.evidence["other_pci"]), (&77.into(), &302.into()));
    }

    #[test]
    fn fires_on_a_perfect_twin_heard_between_two_sightings_of_the_cell() {
        let mut scene = Scene::new().registered(&genuine()).registered(&resident());
        let twin = clone_under(302);
        for heard in [genuine(), twin.clone(), twin] {
            assert_eq!(scene.dwell(&[resident(), heard])[1].of(ABOUT.id), None);
        }
        let outcome = scene.dwell(&[resident(), genuine()]);
        assert!(outcome[1].of(ABOUT.id).is_some_and(|f| f.evidence["other_pci"] == 302));
        assert_eq!(outcome[0].of(ABOUT.id), None);
    }

    #[test]
    fn stays_silent_on_a_cell_that_moves_once() {
        // Re-provisioned: another PCI from some time on; restarted: another timing from some time on.
        for changed in [clone_under(77), clone_under(302)] {
            let mut scene = Scene::new().registered(&genuine()).registered(&resident());
            for heard in [genuine(), genuine(), changed.clone(), changed] {
                assert_eq!(scene.dwell(&[resident(), heard])[1].of(ABOUT.id), None);
            }
        }
    }

    #[test]
    fn fires_on_a_clone_of_other_hardware_that_comes_when_the_cell_is_out_of_reach() {
        let one_port = clone_under(77).change(|o| {
            o.mib.as_mut().expect("a MIB").antenna_ports = lte_dsp::cell::AntennaPorts::One;
        });
        for (clone, wait_s, fires) in [(one_port.clone(), 0, true), (one_port, 600, false), (clone_under(77), 0, false)]
        {
            let mut scene = Scene::new().registered(&genuine()).registered(&resident());
            scene.dwell(&[resident(), genuine()]);
            scene.wait_s(wait_s).dwell(&[resident(), clone.clone()]);
            assert_eq!(scene.dwell(&[resident(), clone])[1].of(ABOUT.id).is_some(), fires, "{wait_s} s");
        }
    }

    /// A perfect twin at 1.5 km from the cell's site, then the cell itself at 0.5 km, so many dwells each.
    fn in_turn(twin_db: f64, cell_db: f64, dwells: usize) -> Option<crate::detect::Finding> {
        let cell = genuine().site(Some(north_m(2_000.0)));
        let twin = clone_under(302).site(Some(north_m(2_000.0)));
        let mut scene = Scene::new().registered(&cell).registered(&resident());
        let mut last = None;
        for (place_m, heard, level_db) in [(500.0, twin, twin_db), (1_500.0, cell, cell_db)] {
            for _ in 0..dwells {
                scene.at(north_m(place_m));
                last = scene.dwell(&[resident(), heard.clone().level_db(level_db)]).pop();
            }
        }
        last?.of(ABOUT.id)
    }

    #[test]
    fn fires_on_a_perfect_twin_that_is_gone_before_the_cell_comes() {
        assert!(in_turn(-20.0, -30.0, 3).is_some_and(|f| f.evidence["other_pci"] == 302));
    }

    #[test]
    fn fires_on_a_clone_under_another_pci_that_is_too_strong_for_its_site() {
        // The site is heard at 0.5 km, then the same hardware's name at 1.5 km.
        for (clone_db, fires) in [(-24.0, true), (-26.0, false)] {
            let cell = genuine().site(Some(north_m(2_000.0)));
            let clone = clone_under(77).site(Some(north_m(2_000.0)));
            let mut scene = Scene::new().registered(&cell).registered(&resident());
            let mut last = None;
            for (place_m, heard, level_db) in [(1_500.0, cell, -30.0), (500.0, clone, clone_db)] {
                for _ in 0..3 {
                    scene.at(north_m(place_m));
                    last = scene.dwell(&[resident(), heard.clone().level_db(level_db)]).pop();
                }
            }
            assert_eq!(last.expect("two cells").of(ABOUT.id).is_some(), fires, "{clone_db} dB");
        }
    }

    #[test]
    fn fires_on_a_twin_within_microseconds_that_counts_its_frames_otherwise() {
        let genuine_at = genuine().observation.timing.at_seconds;
        let twin = |sfn: i64| {
            let numbered = |o: &mut crate::observation::Observation| o.timing.sfn = Some(Sfn::wrapping(sfn));
            genuine().frames_at_s(genuine_at + 20e-6).change(numbered)
        };
        for (sfn, fires) in [(100, false), (612, true)] {
            let mut scene = Scene::new().registered(&genuine()).registered(&resident());
            scene.dwell(&[resident(), genuine(), twin(sfn)]);
            let outcome = scene.dwell(&[resident(), genuine(), twin(sfn)]);
            assert_eq!(outcome[2].of(ABOUT.id).is_some(), fires, "SFN {sfn}");
            assert_eq!(outcome[0].of(ABOUT.id), None);
        }
    }

    #[test]
    fn a_station_that_restarts_is_just_below_the_limit() {
        // From 1.5 to 0.5 km a level rises by 10.5 dB with line of sight and by 18.6 dB without.
        assert!(in_turn(-20.0, -24.6, 3).is_some());
        assert_eq!(in_turn(-20.0, -24.4, 3), None);
        assert_eq!(in_turn(-20.0, -9.5, 3), None);
        assert_eq!(in_turn(-20.0, -24.6, 2), None);
    }

    #[test]
    fn a_distant_antenna_is_just_below_the_limit() {
        let genuine_at = genuine().observation.timing.at_seconds;
        let echo = |us: f64| genuine().frames_at_s(genuine_at + us * 1e-6);
        for (us, fires) in [(149.0, false), (151.0, true)] {
            let mut scene = Scene::new().registered(&genuine()).registered(&resident());
            let heard = [resident(), genuine(), echo(us)];
            scene.dwell(&heard);
            assert_eq!(scene.dwell(&heard)[2].of(ABOUT.id).is_some(), fires, "{us} µs");
        }
    }

    #[test]
    fn one_reception_of_the_second_is_just_below_the_limit() {
        let mut scene = Scene::new().registered(&genuine()).registered(&resident());
        let outcome = scene.dwell(&[resident(), genuine(), clone_under(77).sib1_periods(1)]);
        assert_eq!(outcome[2].of(ABOUT.id), None);
    }
}
