//! `pci-collision`: two transmitters with one physical-layer identity on one carrier.

use super::{
    history::{Sighting, Track, are_separate},
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
    twin::interleaved,
};
use crate::observation::CellState;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "pci-collision",
    version: 3,
    class: Class::Identity,
    facts: &[Fact::Pci, Fact::FrameTiming],
    severity: Severity::High,
    seen: "two transmitters with one PCI on one carrier, that differ in frame timing, frame number or carrier offset",
    reference: "TS 36.300 §22.3.5 (a PCI is free of collision and confusion)",
    false_positives: "planning errors: registered pairs and cells of \
                      different networks, as at borders, are passed over; it is medium where no registry tells",
    settings: PciCollision::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct PciCollision {
        /// Frame timings nearer than this may be one cell's, over distant antennas, unless frame numbers or offsets prove two.
        min_timing_us: f64 = 150.0,
        /// Seconds within which both must be heard.
        window_s: f64 = 600.0,
    }
}

impl Rule for PciCollision {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let track = case.cell.track;
        let two = |other: &&Track| {
            !std::ptr::eq(*other, track)
                && other.shares_pci_with(track)
                && (other.timing_apart_s(track).is_some_and(|s| s * 1e6 >= self.min_timing_us)
                    || are_separate(track, other, case.history.dwells(), case.observation().carrier.hz))
        };
        let other = case
            .history
            .tracks()
            .iter()
            .filter(two)
            .filter(|other| !both_planned(track, other) && !are_of_other_networks(track, other))
            .find(|other| interleaved(&sound(track), &sound(other), self.window_s))?;
        let name = |t: &Track| t.last_confirmed().map(|k| k.ecgi.to_string());
        let finding = case
            .finding(&ABOUT)
            .with("pci", track.pci.get())
            .with("ecgi", name(track))
            .with("other_ecgi", name(other))
            .with("same_name", name(track).is_some() && name(track) == name(other))
            .with("frame_timing_apart_us", track.timing_apart_s(other).map(|s| rounded(s * 1e6, 1)))
            .with("carrier_offset_hz", rounded(track.offset_hz, 1))
            .with("other_carrier_offset_hz", rounded(other.offset_hz, 1));
        let finding = if track.timing_apart_s(other).is_some_and(|s| s * 1e6 >= self.min_timing_us) {
            finding
        } else {
            finding.resting_on([Fact::Pci, Fact::FrameTiming, Fact::CarrierOffset])
        };
        // Without a registry of the network nobody can tell a planned pair.
        let own = |t: &Track| t.last_confirmed().is_some_and(|k| k.own_network);
        Some(if own(track) || own(other) { finding } else { finding.weighing(Severity::Medium) })
    }
}

/// The dwells in which a track's MIB passed its CRC in the common timebase: a false peak has none.
fn sound(track: &Track) -> Vec<(u64, Option<f64>)> {
    let decoded = |s: &&Sighting| s.state >= CellState::Mib && s.phase_s.is_some();
    track.sightings.iter().filter(decoded).map(|s| (s.seq, s.time_s)).collect()
}

/// Whether two tracks are different cells that are registered with this PCI.
fn both_planned(a: &Track, b: &Track) -> bool {
    let planned = |t: &Track| t.last_confirmed().filter(|k| k.registered.is_some_and(|r| r.alike)).map(|k| k.ecgi);
    matches!((planned(a), planned(b)), (Some(a), Some(b)) if a != b)
}

/// Whether they are cells of networks that plan apart from each other, as on both sides of a border: no PLMN in common,
/// and neither is a stranger in a network that the registry covers.
fn are_of_other_networks(a: &Track, b: &Track) -> bool {
    let is_honest =
        |t: &Track| t.last_confirmed().is_some_and(|k| !k.own_network || k.registered.is_some_and(|r| r.alike));
    is_honest(a) && is_honest(b) && !a.plmns.iter().any(|plmn| b.plmns.contains(plmn))
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Severity,
        scene::{Build, Scene, macro_cell},
    };

    fn genuine() -> Build {
        macro_cell(0x3f_0d102, 302)
    }

    /// Another transmitter with the same PCI.
    fn second(us: f64) -> Build {
        let at = genuine().observation.timing.at_seconds;
        macro_cell(0x5a_fff31, 302).frames_at_s(at + us * 1e-6)
    }

    fn heard_together(scene: Scene, cells: [Build; 2]) -> [bool; 2] {
        let mut scene = scene.registered(&genuine());
        let outcome = scene.dwell(&cells);
        [0, 1].map(|i| outcome[i].of(ABOUT.id).is_some())
    }

    #[test]
    fn fires_on_two_transmitters_in_one_dwell() {
        assert_eq!(heard_together(Scene::new(), [genuine(), second(3_000.0)]), [true, true]);
        assert_eq!(heard_together(Scene::new(), [genuine(), second(3_000.0).no_sib1()]), [true, true]);
    }

    #[test]
    fn stays_silent_on_a_registered_pair_and_on_false_peaks() {
        let planned = Scene::new().registered(&second(0.0));
        assert_eq!(heard_together(planned, [genuine(), second(3_000.0)]), [false, false]);
        let peak = second(3_000.0).no_sib1().change(|o| o.state = crate::observation::CellState::Detected);
        assert_eq!(heard_together(Scene::new(), [genuine(), peak]), [false, false]);
    }

    #[test]
    fn stays_silent_across_a_border() {
        let abroad = |plmns: &[&str]| second(3_000.0).plmns(plmns);
        assert_eq!(heard_together(Scene::new(), [genuine(), abroad(&["440-10"])]), [false, false]);
        assert_eq!(heard_together(Scene::new(), [genuine(), abroad(&["450-05", "450-06"])]), [false, false]);
        // A network of its own, and one that says nothing of itself, are no neighbours across a border.
        assert_eq!(heard_together(Scene::new(), [genuine(), abroad(&["440-10", "450-08"])]), [true, true]);
        assert_eq!(heard_together(Scene::new(), [genuine(), abroad(&["440-10"]).no_sib1()]), [true, true]);
        // An unregistered cell of the own network beside a cell from abroad, in either order.
        let stranger = macro_cell(0x5a_00001, 302);
        assert_eq!(heard_together(Scene::new(), [stranger.clone(), abroad(&["440-10"])]), [true, true]);
        assert_eq!(heard_together(Scene::new(), [abroad(&["440-10"]), stranger]), [true, true]);
    }

    #[test]
    fn it_is_high_where_either_is_of_the_operators_network_and_medium_elsewhere() {
        let of = |a: &[&str], b: &[&str]| {
            let heard = [genuine().eci(0x11_00001).plmns(a), second(3_000.0).plmns(b)];
            Scene::new().dwell(&heard).iter().map(|cell| cell.of(ABOUT.id).map(|f| f.severity)).collect::<Vec<_>>()
        };
        let (own, other) = (["450-08"], ["450-08", "450-05"]);
        assert_eq!(of(&own, &other), [Some(Severity::High); 2]);
        assert_eq!(of(&["450-05", "450-08"], &own), [Some(Severity::High); 2]);
        assert_eq!(of(&own, &["450-05", "450-08"]), [Some(Severity::High); 2]);
        assert_eq!(of(&["450-05"], &["450-05"]), [Some(Severity::Medium); 2]);
    }

    #[test]
    fn fires_on_a_nearer_one_with_frame_numbers_of_its_own() {
        let near = |sfn: i64| second(20.0).no_sib1().change(|o| o.timing.sfn = Some(lte_dsp::cell::Sfn::wrapping(sfn)));
        for (sfn, fires) in [(100, false), (611, true)] {
            let mut scene = Scene::new().registered(&genuine());
            let heard = [genuine(), near(sfn)];
            assert!(scene.dwell(&heard).iter().all(|cell| cell.of(ABOUT.id).is_none()));
            assert!(scene.dwell(&heard).iter().all(|cell| cell.of(ABOUT.id).is_some() == fires), "SFN {sfn}");
        }
    }

    #[test]
    fn a_distant_antenna_is_just_below_the_limit() {
        assert_eq!(heard_together(Scene::new(), [genuine(), second(149.0)]), [false, false]);
        assert_eq!(heard_together(Scene::new(), [genuine(), second(151.0)]), [true, true]);
    }
}
