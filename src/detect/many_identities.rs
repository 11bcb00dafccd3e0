//! `many-identities`: one transmitter that says it is one cell and later another.

use serde::Deserialize;

use super::{
    history::{Known, Track, median},
    rule::{About, Case, Class, Finding, Rule, Severity, rounded},
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "many-identities",
    version: 1,
    class: Class::Identity,
    severity: Severity::Critical,
    seen: "one PCI, EARFCN, carrier offset and frame timing, and two or more ECGIs over time",
    reference: "TS 36.211 §4 (frame timing is the transmitter's own); one box with several cell IDs, Korea 2025",
    false_positives: "re-provisioning; PCI reuse in a network with common timing, which is ruled out",
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManyIdentities {
    /// The longest silence between the last sighting as one cell and the first as the next.
    max_gap_s: f64,
    /// The longest way driven meanwhile.
    max_gap_m: f64,
    /// How far the carrier offsets may differ, beyond their errors: Doppler and the receiver's own drift.
    max_offset_ppm: f64,
}

/// Another cell with frames this near in time shows a network with common timing, where timing tells nobody apart.
const COMMON_TIMING_S: f64 = 20e-6;

impl Rule for ManyIdentities {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let track = case.cell.track;
        track.phase_s?;
        let now = track.known(case.observation().ecgi()?).filter(|k| k.is_confirmed())?;
        let before = track
            .identities
            .iter()
            .filter(|k| k.is_confirmed() && k.ecgi != now.ecgi && !both_genuine(k, now))
            .max_by_key(|k| k.last_seq)?;
        let (Some(ended_s), Some(began_s)) = (before.last_s, now.first_s) else { return None };
        let gap_s = (began_s - ended_s).max(0.0);
        let gap_m = gap_m(track, before, now).unwrap_or(0.0);
        if gap_s > self.max_gap_s
            || gap_m > self.max_gap_m
            || timing_is_common(case, track) && !both_strangers(before, now)
        {
            return None;
        }
        let offset_hz = |known: &Known| {
            let mine = track.sightings.iter().filter(|s| s.ecgi == Some(known.ecgi) && s.phase_s.is_some());
            median(&mut mine.map(|s| s.offset_hz).collect::<Vec<_>>())
        };
        let apart_hz = (offset_hz(now)? - offset_hz(before)?).abs();
        let observation = case.observation();
        if apart_hz > self.max_offset_ppm * 1e-6 * observation.carrier.hz + 3.0 * observation.offset.error_hz {
            return None;
        }
        let all: Vec<_> = track.identities.iter().filter(|k| k.is_confirmed()).map(|k| k.ecgi.to_string()).collect();
        Some(
            case.finding(&ABOUT)
                .with("ecgi", now.ecgi.to_string())
                .with("ecgis", all)
                .with("pci", observation.pci.get())
                .with("seconds_between", rounded(gap_s, 1))
                .with("metres_between", rounded(gap_m, 0))
                .with("carrier_offset_apart_hz", rounded(apart_hz, 1))
                .with("frame_timing_ms", track.phase_s.map(|p| rounded(p * 1e3, 4))),
        )
    }
}

/// Whether both identities are registered with the transmitter's parameters: two cells that reuse a PCI.
fn both_genuine(a: &Known, b: &Known) -> bool {
    let genuine = |k: &Known| k.registered.is_some_and(|r| r.alike && !r.status.is_inactive());
    genuine(a) && genuine(b)
}

/// Whether the registry covers both identities' network and has neither.
fn both_strangers(a: &Known, b: &Known) -> bool {
    let stranger = |k: &Known| k.own_network && k.registered.is_none();
    stranger(a) && stranger(b)
}

/// Whether a cell of another PCI has the same frame timing.
fn timing_is_common(case: &Case<'_>, track: &Track) -> bool {
    let near = |t: &Track| t.timing_apart_s(track).is_some_and(|s| s < COMMON_TIMING_S);
    case.history.tracks().iter().any(|t| t.pci != track.pci && near(t))
}

/// The way between the last sighting under one identity and the first under the next, in a straight line.
fn gap_m(track: &Track, before: &Known, now: &Known) -> Option<f64> {
    let last = track.sightings.iter().rev().find(|s| s.ecgi == Some(before.ecgi))?.position?;
    let first = track.sightings.iter().find(|s| s.ecgi == Some(now.ecgi))?.position?;
    Some(last.distance_m(&first))
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Build, Scene, macro_cell},
    };

    /// Three dwells with each cell in turn, beside a resident macro; the last cell's finding.
    fn in_turn(mut scene: Scene, cells: &[Build], wait_s: i64) -> Option<Finding> {
        let resident = macro_cell(0x3f_0d101, 301);
        let mut last = None;
        for cell in cells {
            for _ in 0..3 {
                last = scene.dwell(&[resident.clone(), cell.clone()]).pop();
            }
            scene.wait_s(wait_s);
        }
        last?.of(ABOUT.id)
    }

    fn rogue() -> Build {
        macro_cell(0x5a_fff31, 304)
    }

    #[test]
    fn fires_on_a_transmitter_that_changes_its_name() {
        let finding = in_turn(Scene::new(), &[rogue(), rogue().eci(0x5a_fff32)], 0).expect("fires");
        assert_eq!(finding.evidence["ecgis"], serde_json::json!(["450-08-5afff31", "450-08-5afff32"]));
        assert_eq!(finding.evidence["ecgi"], "450-08-5afff32");
        assert!(in_turn(Scene::without_registry(), &[rogue(), rogue().eci(0x5a_fff32)], 0).is_some());
    }

    #[test]
    fn stays_silent_on_two_transmitters_and_on_registered_reuse() {
        let elsewhere = rogue().eci(0x5a_fff32).frames_at_s(0.0091);
        assert_eq!(in_turn(Scene::new(), &[rogue(), elsewhere], 0), None);
        let (a, b) = (rogue(), rogue().eci(0x5a_fff32));
        assert_eq!(in_turn(Scene::new().registered(&a).registered(&b), &[a, b], 0), None);
        // All cells of a synchronised network have one timing.
        let common = |cell: Build| cell.frames_at_s(f64::from(301) * 1.1e-5 + 1e-3);
        let reuse = [common(rogue()), common(rogue().eci(0x5a_fff32))];
        assert_eq!(in_turn(Scene::without_registry(), &reuse, 0), None);
    }

    #[test]
    fn a_long_silence_and_another_offset_are_just_below_the_limit() {
        let cells = [rogue(), rogue().eci(0x5a_fff32)];
        assert_eq!(in_turn(Scene::new(), &cells, 600), None);
        assert!(in_turn(Scene::new(), &cells, 500).is_some());
        let other = rogue().eci(0x5a_fff32).offset_hz(-2200.0 + 0.2 * 1840.0 + 16.0);
        assert_eq!(in_turn(Scene::new(), &[rogue(), other], 0), None);
        let once = rogue().eci(0x5a_fff32).sib1_periods(1);
        let resident = macro_cell(0x3f_0d101, 301);
        let mut scene = Scene::new().registered(&resident);
        scene.dwell(&[resident.clone(), rogue()]);
        assert_eq!(scene.dwell(&[resident, once]).pop().expect("two cells").of(ABOUT.id), None);
    }
}
