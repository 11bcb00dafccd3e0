//! `many-identities`: one transmitter that says it is one cell and later another.

use super::{
    history::{Known, SAME_OFFSET_PPM, SAME_TIMING_S, Sighting, Track, median, timebase::wrap_s},
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "many-identities",
    version: 4,
    class: Class::Identity,
    facts: &[Fact::CellIdentity],
    severity: Severity::Critical,
    seen: "one EARFCN, carrier offset and frame timing, and two or more ECGIs over time; of two PCIs both must be \
           strangers, and the second begin soon after the first is gone. One reception of the first is enough where \
           network and tracking area are the second's",
    reference: "TS 36.211 §4 (frame timing is the transmitter's own); one box with several cell IDs, Korea 2025",
    false_positives: "re-provisioning; PCI reuse and sectors in a network with common timing, which are ruled out",
    settings: ManyIdentities::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct ManyIdentities {
        /// The longest silence between the last sighting as one cell and the first as the next.
        max_gap_s: f64 = 600.0,
        /// The longest way driven meanwhile.
        max_gap_m: f64 = 2000.0,
        /// The longest silence where the PCI changed too: of the 10 ms of a frame each second of it costs 0.6 µs.
        max_gap_other_pci_s: f64 = 60.0,
        /// How far the carrier offsets may differ, beyond their errors: Doppler and the receiver's own drift.
        max_offset_ppm: f64 = 0.2,
    }
}

/// Another cell with frames this near in time shows a network with common timing, where timing tells nobody apart.
const COMMON_TIMING_S: f64 = 20e-6;

/// An identity that a transmitter gave, and the track that it gave it on.
#[derive(Clone, Copy)]
struct Named<'a> {
    track: &'a Track,
    known: &'a Known,
}

impl Rule for ManyIdentities {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let track = case.cell.track;
        track.phase_s?;
        let now = Named { track, known: track.known(case.observation().ecgi()?).filter(|k| k.is_confirmed())? };
        let before = self.before_under_this_pci(case, now).or_else(|| self.before_under_another_pci(case, now))?;
        let apart_hz = (now.offset_hz()? - before.offset_hz()?).abs();
        let observation = case.observation();
        if apart_hz > self.max_offset_ppm * 1e-6 * observation.carrier.hz + 3.0 * observation.offset.error_hz {
            return None;
        }
        let given = |track: &Track| -> Vec<String> {
            let is_listed = |k: &&Known| k.is_confirmed() || k.ecgi == before.known.ecgi;
            track.identities.iter().filter(is_listed).map(|k| k.ecgi.to_string()).collect()
        };
        let mut all = given(track);
        if !std::ptr::eq(before.track, track) {
            all.splice(0..0, given(before.track));
        }
        Some(
            case.finding(&ABOUT)
                .with("ecgi", now.known.ecgi.to_string())
                .with("ecgis", all)
                .with("pci", track.pci.get())
                .with("pci_before", before.track.pci.get())
                .with("seconds_between", now.seconds_after(before).map(|s| rounded(s, 1)))
                .with("metres_between", now.metres_after(before).map(|m| rounded(m, 0)))
                .with("carrier_offset_apart_hz", rounded(apart_hz, 1))
                .with("frame_timing_ms", track.phase_s.map(|p| rounded(p * 1e3, 4))),
        )
    }
}

impl ManyIdentities {
    /// What the transmitter was before, of those that its track knows.
    fn before_under_this_pci<'a>(&self, case: &Case<'a>, now: Named<'a>) -> Option<Named<'a>> {
        let track = now.track;
        let others = track.identities.iter().filter(|k| k.ecgi != now.known.ecgi && is_believed(k, now.known));
        let known = others.filter(|k| !(is_genuine(k) && is_genuine(now.known))).max_by_key(|k| k.last_seq)?;
        let before = Named { track, known };
        let near = now.seconds_after(before)? <= self.max_gap_s
            && now.metres_after(before).is_none_or(|metres| metres <= self.max_gap_m);
        let are_distinct = both_strangers(known, now.known) || !timing_is_common(case, track, track);
        (near && are_distinct).then_some(before)
    }

    /// What it was before under another PCI: a stranger that was gone when this one came, and whose frames went on in
    /// this one's. Cells of one site have common timing too, but they are on the air together.
    fn before_under_another_pci<'a>(&self, case: &Case<'a>, now: Named<'a>) -> Option<Named<'a>> {
        let (track, first) = (now.track, now.track.sightings.first()?);
        let came_s = first.time_s?;
        let gone = |t: &Track| t.sightings.iter().all(|s| s.time_s.is_some_and(|then| then < came_s));
        let others = case.history.tracks().iter().filter(|t| t.carrier == track.carrier && t.pci != track.pci);
        let last = |t: &'a Track| t.identities.iter().filter(|k| is_believed(k, now.known)).max_by_key(|k| k.last_seq);
        let strangers = others.filter(|t| gone(t)).filter_map(|t| Some(Named { track: t, known: last(t)? }));
        strangers
            .filter(|n| n.known.ecgi != now.known.ecgi && both_strangers(n.known, now.known))
            .filter(|n| n.track.sightings.last().is_some_and(|last| self.frames_go_on(last, track)))
            .filter(|n| !timing_is_common(case, track, n.track))
            .max_by_key(|n| n.track.last_seq())
    }

    /// Whether a track's frames are those of an earlier sighting, their clocks apart by no more than cells' may be.
    fn frames_go_on(&self, before: &Sighting, track: &Track) -> bool {
        let Some(first) = track.sightings.iter().find(|s| s.phase_s.is_some()) else { return false };
        let (Some(then_s), Some(now_s)) = (before.time_s, first.time_s) else { return false };
        let (Some(was), Some(is)) = (before.phase_s, first.phase_s) else { return false };
        let gap_s = now_s - then_s;
        let limit_s = SAME_TIMING_S + SAME_OFFSET_PPM * 1e-6 * gap_s;
        gap_s <= self.max_gap_other_pci_s && wrap_s(is - was).abs() <= limit_s
    }
}

impl Named<'_> {
    /// The middle carrier offset of the sightings under this name, in hertz.
    fn offset_hz(self) -> Option<f64> {
        let named = |s: &&Sighting| s.ecgi == Some(self.known.ecgi) && s.phase_s.is_some();
        median(&mut self.track.sightings.iter().filter(named).map(|s| s.offset_hz).collect::<Vec<_>>())
    }

    /// The silence between an earlier name's last sighting and this one's first, in seconds; 0 where they overlap.
    fn seconds_after(self, before: Self) -> Option<f64> {
        Some((self.known.first_s? - before.known.last_s?).max(0.0))
    }

    /// The way between those two, in a straight line.
    fn metres_after(self, before: Self) -> Option<f64> {
        let named = |n: Self, s: &Sighting| s.ecgi == Some(n.known.ecgi);
        let last = before.track.sightings.iter().rev().find(|s| named(before, s))?.position?;
        let first = self.track.sightings.iter().find(|s| named(self, s))?.position?;
        Some(last.distance_m(&first))
    }
}

/// Whether a former identity is believed beside one that is confirmed: of one reception where both give one network and
/// tracking area, which a block that passed its CRC by chance would not.
fn is_believed(former: &Known, confirmed: &Known) -> bool {
    former.is_confirmed() || (former.ecgi.plmn == confirmed.ecgi.plmn && former.tac == confirmed.tac)
}

/// Whether it is registered with the transmitter's parameters and active: two such are cells that reuse a PCI.
fn is_genuine(known: &Known) -> bool {
    known.registered.is_some_and(|r| r.alike && !r.status.is_inactive())
}

/// Whether the registry covers both identities' network and has neither.
fn both_strangers(a: &Known, b: &Known) -> bool {
    let stranger = |k: &Known| k.own_network && k.registered.is_none();
    stranger(a) && stranger(b)
}

/// Whether a cell of another PCI than these two tracks' has the same frame timing, and was on air with one of them: what the
/// transmitter was before does not witness against itself.
fn timing_is_common(case: &Case<'_>, track: &Track, other: &Track) -> bool {
    let near = |t: &Track| t.timing_apart_s(track).is_some_and(|s| s < COMMON_TIMING_S);
    let is_beside = |t: &Track| {
        let mut own = track.sightings.iter().chain(&other.sightings);
        own.any(|own| t.sightings.iter().any(|s| s.seq == own.seq))
    };
    case.history.tracks().iter().any(|t| t.pci != track.pci && t.pci != other.pci && near(t) && is_beside(t))
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::{
        detect::{
            Finding,
            scene::{Build, Scene, macro_cell, north_m},
        },
        registry::CellStatus,
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
    fn one_reception_of_the_first_is_enough_in_one_tracking_area() {
        let read_once = |first: Build, second: Build| {
            let resident = macro_cell(0x3f_0d101, 301);
            let mut scene = Scene::new().registered(&resident);
            scene.dwell(&[resident.clone(), first.sib1_periods(1)]);
            scene.dwell(&[resident.clone(), second.clone()]);
            scene.dwell(&[resident, second]).pop().expect("two cells").of(ABOUT.id)
        };
        let second = || rogue().eci(0x5a_fff32);
        let finding = read_once(rogue(), second()).expect("fires");
        assert_eq!(finding.evidence["ecgis"], serde_json::json!(["450-08-5afff31", "450-08-5afff32"]));
        assert!(read_once(rogue(), renamed()).is_some());
        assert_eq!(read_once(rogue().tac(11794), second()), None);
        assert_eq!(read_once(rogue().plmns(&["450-05"]), second()), None);
    }

    #[test]
    fn the_way_driven_meanwhile_is_limited_too() {
        let apart = |metres: f64| {
            let resident = macro_cell(0x3f_0d101, 301);
            let mut scene = Scene::new();
            (0..3).for_each(|_| drop(scene.dwell(&[resident.clone(), rogue()])));
            scene.at(north_m(metres));
            let second = rogue().eci(0x5a_fff32);
            (0..3).filter_map(|_| scene.dwell(&[resident.clone(), second.clone()]).pop()).last()?.of(ABOUT.id)
        };
        assert!(apart(1_999.0).is_some());
        assert_eq!(apart(2_001.0), None);
    }

    #[test]
    fn two_strangers_under_one_pci_are_one_box_in_a_network_of_one_timing_too() {
        let common = |cell: Build| cell.frames_at_s(f64::from(301) * 1.1e-5 + 1e-3);
        let strangers = [common(rogue()), common(rogue().eci(0x5a_fff32))];
        assert!(in_turn(Scene::new(), &strangers, 0).is_some());
        // Of a stranger and a registered cell only their own timing tells.
        let listed = || Scene::new().registered(&common(rogue()));
        assert_eq!(in_turn(listed(), &strangers, 0), None);
        let own = [rogue(), rogue().eci(0x5a_fff32)];
        assert!(in_turn(Scene::new().registered(&own[0]), &own, 0).is_some());
    }

    #[test]
    fn a_row_that_is_out_of_service_or_unlike_is_no_reuse() {
        let cells = || [rogue(), rogue().eci(0x5a_fff32)];
        let [a, b] = cells();
        let lost = Scene::new().registered(&a).registered_as(&b, |row| row.status = CellStatus::Lost);
        assert!(in_turn(lost, &cells(), 0).is_some());
        let unlike = Scene::new().registered(&a).registered_as(&b, |row| row.tac = Some(7));
        assert!(in_turn(unlike, &cells(), 0).is_some());
    }

    #[test]
    fn a_third_cell_shows_one_timing_and_the_two_themselves_do_not() {
        // Only a cell under another PCI than both, and within 20 µs, is a witness.
        let beside = |us: f64, pci_of_third: u16| {
            let resident = macro_cell(0x3f_0d101, 301);
            let third = macro_cell(0x3f_0d109, pci_of_third)
                .frames_at_s(rogue().observation.timing.at_seconds + us * 1e-6)
                .earfcn(Some(1602))
                .change(|o| o.carrier.hz = 1845.2e6);
            let mut scene = Scene::new();
            (0..3).for_each(|_| drop(scene.dwell(&[resident.clone(), third.clone(), rogue()])));
            (0..3).filter_map(|_| scene.dwell(&[resident.clone(), third.clone(), renamed()]).pop()).last()?.of(ABOUT.id)
        };
        assert_eq!(beside(19.0, 350), None);
        assert!(beside(21.0, 350).is_some());
        assert!(beside(0.0, 304).is_some());
        assert!(beside(0.0, 401).is_some());
    }

    /// The first cell's box as another cell under another PCI.
    fn renamed() -> Build {
        let at = rogue().observation.timing.at_seconds;
        macro_cell(0x5a_fff32, 401).frames_at_s(at)
    }

    #[test]
    fn fires_on_a_transmitter_that_changes_its_pci_too() {
        let finding = in_turn(Scene::new(), &[rogue(), renamed()], 0).expect("fires");
        assert_eq!((&finding.evidence["pci_before"], &finding.evidence["pci"]), (&304.into(), &401.into()));
        assert_eq!(finding.evidence["ecgis"], serde_json::json!(["450-08-5afff31", "450-08-5afff32"]));
    }

    #[test]
    fn stays_silent_on_sectors_and_on_cells_of_one_timing() {
        // One of the two is registered; nobody knows the network; the first is still there.
        assert_eq!(in_turn(Scene::new().registered(&renamed()), &[rogue(), renamed()], 0), None);
        assert_eq!(in_turn(Scene::without_registry(), &[rogue(), renamed()], 0), None);
        assert_eq!(in_turn(Scene::new(), &[rogue(), renamed(), rogue(), renamed()], 0), None);
        // The resident's frames are the same.
        let common = |cell: Build| cell.frames_at_s(f64::from(301) * 1.1e-5 + 1e-3);
        assert_eq!(in_turn(Scene::new(), &[common(rogue()), common(renamed())], 0), None);
    }

    #[test]
    fn another_timing_and_a_minute_are_just_below_the_limit() {
        let late = |us: f64| {
            let at = rogue().observation.timing.at_seconds;
            renamed().frames_at_s(at + us * 1e-6)
        };
        // 10 µs, and 0.3 ppm of the five seconds between the dwells.
        assert!(in_turn(Scene::new(), &[rogue(), late(11.0)], 0).is_some());
        assert_eq!(in_turn(Scene::new(), &[rogue(), late(12.0)], 0), None);
        assert!(in_turn(Scene::new(), &[rogue(), renamed()], 55).is_some());
        assert_eq!(in_turn(Scene::new(), &[rogue(), renamed()], 56), None);
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
