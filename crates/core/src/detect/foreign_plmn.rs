//! `foreign-plmn`: a network that is neither the operator's nor a partner's on the operator's own carrier.

use super::{
    history::{CarrierKey, LIVE_S, SAME_OFFSET_PPM, Sighting, Track, time_s, timebase::wrap_s},
    registry_view::is_hosted,
    rule::{About, Case, Class, Fact, Finding, Heard, Rule, Severity, rounded},
    settings::settings,
};
use crate::observation::Plmn;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "foreign-plmn",
    version: 3,
    class: Class::Broadcast,
    facts: &[Fact::Plmn],
    severity: Severity::Critical,
    seen: "a PLMN that is neither the operator's nor an allowed RAN host's on a carrier where the operator's registered cells \
           are",
    reference: "TS 36.304 §5.2.3.1 (a cell is suitable for every PLMN that it lists: another country's serves roamers); \
                TS 36.101 §5.7.3 (carriers compare by frequency)",
    false_positives: "borders and refarming, which make it medium: a network of several base stations, or one weaker than the \
                      operator's own cells. High where no own cell is heard on the carrier, unless the list has one near and the PLMN is of another country",
    settings: ForeignPlmn::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct ForeignPlmn {
        /// CRS Es/N0 from which the cell is stronger than all others on the carrier, the operator's own that are not heard included:
        /// their reference signals are part of the interference.
        min_sinr_db: f64 = 6.0,
        /// How far below the strongest own cell of the dwell the cell is as one from across a border.
        below_own_db: f64 = 10.0,
        /// From so many base stations the PLMN is a network's, as across a border or after refarming, and not one box's.
        network_sites: usize = 3,
        /// How long ago they may have been heard.
        network_s: f64 = 600.0,
        /// How far from here.
        network_m: f64 = 3000.0,
    }
}

impl Rule for ForeignPlmn {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let identity = observation.identity.as_ref()?;
        let answer = case.cell.answer.filter(|_| case.confirmed && observation.is_carrier_certain())?;
        // A registered cell's guests are its operator's partners, which the list need not name.
        if !answer.registered.is_empty() || is_hosted(identity, answer) {
            return None;
        }
        let partners = partners(case);
        let is_known = |p: &Plmn| answer.covered.contains(p) || answer.ran_hosts.contains(p) || partners.contains(p);
        let foreign = identity.accesses().into_iter().find(|access| !is_known(&access.plmn))?;
        let own = own_on_carrier(case);
        let is_used_here = !own.is_empty() || answer.nearest_on_carrier.is_some();
        // A carrier changes hands within a country.
        let is_of_another_country = answer.on_carrier.iter().all(|plmn| plmn.mcc() != foreign.plmn.mcc());
        // Where places tell, the operator must have the carrier here and not only elsewhere.
        let may_be_used_here = observation.position.is_none() || answer.nearest.is_none();
        if !is_used_here && (answer.on_carrier.is_empty() || !may_be_used_here) {
            return None;
        }
        let above_own_db = self.above_own_db(case);
        let sites = self.sites_of(case, foreign.plmn);
        let is_network = sites >= self.network_sites;
        let is_dominant = f64::from(observation.level.sinr_db) >= self.min_sinr_db;
        let is_near = above_own_db.is_some_and(|above| above >= -self.below_own_db);
        let is_at_home = !own.is_empty() || is_used_here && is_of_another_country;
        let severity = if is_network || !(is_dominant || is_near) {
            Severity::Medium
        } else if is_at_home {
            Severity::Critical
        } else {
            Severity::High
        };
        let texts = |plmns: &[Plmn]| plmns.iter().map(ToString::to_string).collect::<Vec<_>>();
        let nearest = answer.nearest_on_carrier.as_ref();
        let finding = case.finding(&ABOUT).weighing(severity);
        // What was alerted before its other base stations were heard is theirs.
        let finding = if is_network { finding.explaining(&["plmn", "carrier_hz"]) } else { finding };
        Some(
            finding
                .with("ecgi", foreign.ecgi().to_string())
                .with("plmn", foreign.plmn.to_string())
                .with("plmns", texts(&identity.all_plmns()))
                .with("carrier_hz", observation.carrier.hz)
                .with("earfcn", observation.carrier.earfcn)
                .with("plmns_on_carrier", texts(&answer.on_carrier))
                .with("own_cells_heard", own)
                .with("nearest_registered", nearest.map(|near| near.cell.ecgi.to_string()))
                .with("nearest_registered_m", nearest.and_then(|near| near.distance_m).map(|d| rounded(d, 0)))
                .with("above_own_db", above_own_db.map(|above| rounded(above, 1)))
                .with("limit_sinr_db", self.min_sinr_db)
                .with("base_stations", sites),
        )
    }
}

/// Frames of two transmitters, also of a synchronised network's, are farther apart than this: 300 m of way.
const APART_S: f64 = 1e-6;

impl ForeignPlmn {
    /// How many base stations of a network are heard on the carrier here, each with each other: different upper 20 bits of the
    /// cell identity, and different transmitters.
    fn sites_of(&self, case: &Case<'_>, plmn: Plmn) -> usize {
        let (here, now_s) = (case.observation().position, time_s(case.observation()));
        let is_here = |s: &&Sighting| {
            now_s.zip(s.time_s).is_none_or(|(now, then)| (now - then).abs() <= self.network_s)
                && here.zip(s.position).is_none_or(|(here, there)| here.distance_m(&there) <= self.network_m)
        };
        let site = |track: &Track| track.last_confirmed().map(|known| known.ecgi.eci.get() >> 8);
        let own = case.cell.track;
        let mut counted: Vec<&Track> = vec![own];
        for track in case.history.tracks().iter().filter(|track| track.carrier == own.carrier) {
            let is_another = |other: &&Track| site(track) != site(other) && are_two(track, other, is_here);
            if track.plmns.contains(&plmn) && site(track).is_some() && counted.iter().all(is_another) {
                counted.push(track);
            }
        }
        counted.len()
    }

    /// How far the cell is above the strongest own cell of the dwell on its carrier; `None` where none is heard.
    fn above_own_db(&self, case: &Case<'_>) -> Option<f64> {
        let carrier = CarrierKey::of(&case.observation().carrier);
        let own = case.others().filter(|o| o.track.carrier == carrier && is_registered(o.track));
        let level = |o: &Heard<'_>| f64::from(o.observation.level.rsrp_dbfs);
        own.map(level).max_by(f64::total_cmp).map(|strongest| level(&case.cell) - strongest)
    }
}

/// Whether a track's cell is registered and on air as such.
fn is_registered(track: &Track) -> bool {
    let known = track.last_confirmed().and_then(|known| known.registered);
    known.is_some_and(|registered| registered.alike && !registered.status.is_inactive())
}

/// PLMNs that registered cells broadcast: the operator's and its guests'.
fn partners(case: &Case<'_>) -> Vec<Plmn> {
    let registered = case.history.tracks().iter().filter(|track| is_registered(track));
    registered.flat_map(|track| track.plmns.iter().copied()).collect()
}

/// Registered cells heard on the carrier within the last half hour, by name; at most eight.
fn own_on_carrier(case: &Case<'_>) -> Vec<String> {
    let now_s = time_s(case.observation());
    let carrier = CarrierKey::of(&case.observation().carrier);
    let is_live = |track: &Track| {
        let last_s = track.sightings.last().and_then(|s| s.time_s);
        now_s.zip(last_s).is_none_or(|(now, last)| (now - last).abs() <= LIVE_S)
    };
    let own = case.history.tracks().iter().filter(|t| t.carrier == carrier && is_registered(t) && is_live(t));
    own.filter_map(|track| Some(track.last_confirmed()?.ecgi.to_string())).take(8).collect()
}

/// Whether two tracks are two transmitters: in one dwell their frames or their carriers were apart. One box sends all its
/// identities from one clock, or one after the other.
fn are_two(a: &Track, b: &Track, is_here: impl Fn(&&Sighting) -> bool) -> bool {
    let carrier_hz = a.carrier.hz();
    let is_apart = |a: &Sighting, b: &Sighting| {
        let error_hz = a.offset_error_hz.hypot(b.offset_error_hz);
        let limit_hz = SAME_OFFSET_PPM * 1e-6 * carrier_hz + 3.0 * error_hz;
        wrap_s(a.at_s - b.at_s).abs() > APART_S || (a.offset_hz - b.offset_hz).abs() > limit_hz
    };
    let together = |own: &Sighting| b.sightings.iter().find(|other| other.seq == own.seq);
    a.sightings.iter().filter(is_here).any(|own| together(own).is_some_and(|other| is_apart(own, other)))
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding, Severity,
        scene::{Build, Scene, macro_cell, north_m},
    };

    fn own() -> Build {
        macro_cell(0x3f_0d101, 301).level_db(-50.0)
    }

    fn roamers_cell() -> Build {
        macro_cell(0x12_34501, 304).plmns(&["440-10"]).level_db(-45.0)
    }

    fn beside(scene: Scene, own: Build, foreign: Build) -> Option<Finding> {
        let mut scene = scene.registered(&own);
        scene.dwell(&[own, foreign]).pop().expect("two cells").of(ABOUT.id)
    }

    #[test]
    fn fires_on_another_countrys_network_beside_own_cells() {
        let finding = beside(Scene::new(), own(), roamers_cell()).expect("fires");
        assert_eq!(finding.severity, Severity::Critical);
        assert_eq!((&finding.evidence["plmn"], &finding.evidence["above_own_db"]), (&"440-10".into(), &5.0.into()));
        assert_eq!(finding.evidence["own_cells_heard"], serde_json::json!(["450-08-3f0d101"]));
        // Whatever stands first, and where only the list says that the carrier is the operator's.
        assert!(beside(Scene::new(), own(), roamers_cell().plmns(&["450-08", "440-10"])).is_some());
        let hidden = Scene::new().registered(&own()).judge(ABOUT.id, roamers_cell()).expect("fires");
        assert_eq!(hidden.severity, Severity::Critical);
        assert_eq!(hidden.evidence["nearest_registered"], "450-08-3f0d101");
        let domestic = Scene::new().registered(&own()).judge(ABOUT.id, roamers_cell().plmns(&["450-05"]));
        assert_eq!(domestic.expect("fires").severity, Severity::High);
        let nowhere = Scene::new().registered(&own()).judge(ABOUT.id, roamers_cell().no_position()).expect("fires");
        assert_eq!(nowhere.severity, Severity::High);
    }

    #[test]
    fn stays_silent_on_hosts_partners_and_other_carriers() {
        assert_eq!(beside(Scene::new().ran_host("440-10"), own(), roamers_cell()), None);
        assert_eq!(beside(Scene::new().covers("440-10"), own(), roamers_cell()), None);
        // The own cell's guest, also in a sector that the list forgot.
        assert_eq!(beside(Scene::new(), own().plmns(&["450-08", "440-10"]), roamers_cell()), None);
        let elsewhere = own().change(|o| (o.carrier.hz, o.carrier.earfcn) = (1845e6, Some(1600)));
        assert_eq!(beside(Scene::new(), elsewhere, roamers_cell()), None);
        // The operator has the carrier 30 km away.
        let far = own().site(Some(north_m(30_000.0)));
        let near = own().eci(0x3f_0d201).earfcn(Some(100));
        let mut regional = Scene::new().registered(&far).registered(&near);
        assert_eq!(regional.judge(ABOUT.id, roamers_cell()), None);
        assert_eq!(Scene::without_registry().judge(ABOUT.id, roamers_cell()), None);
        let uncertain = roamers_cell().change(|o| o.earfcn_candidates = vec![1549, 1551]);
        assert_eq!(beside(Scene::new(), own(), uncertain), None);
    }

    #[test]
    fn borders_and_refarming_weigh_little() {
        let severity = |foreign: Build| beside(Scene::new(), own(), foreign).expect("fires").severity;
        // Ten decibels below the own cell, and below 6 dB, it is a neighbour across the border.
        assert_eq!(severity(roamers_cell().level_db(-60.0)), Severity::Critical);
        assert_eq!(severity(roamers_cell().level_db(-60.1)), Severity::Medium);
        assert_eq!(severity(roamers_cell().level_db(-60.1).sinr_db(6.0)), Severity::Critical);
        // The third base station shows a network.
        let of = |count: u32| {
            let mut scene = Scene::new().registered(&own());
            let heard: Vec<Build> = std::iter::once(own()).chain((0..count).map(|n| neighbour(n, 0.3e-3))).collect();
            scene.dwell(&heard).pop().and_then(|outcome| outcome.of(ABOUT.id)).expect("fires").severity
        };
        assert_eq!([1, 2, 3].map(of), [Severity::Critical, Severity::Critical, Severity::Medium]);
    }

    /// One of a network's base stations, each `apart_s` after the one before.
    fn neighbour(n: u32, apart_s: f64) -> Build {
        let pci = crate::detect::scene::pci(310 + n as u16);
        let of = roamers_cell().eci(0x12_34501 + 256 * n).frames_at_s(2e-3 + apart_s * f64::from(n));
        of.change(|o| o.pci = pci)
    }

    /// The last finding of dwells that hold these, with the way and the time between them.
    fn last(dwells: &[Vec<Build>], step_m: f64, wait_s: i64) -> Finding {
        let mut scene = Scene::new().registered(&own());
        let mut said = Vec::new();
        for (n, heard) in dwells.iter().enumerate() {
            scene.at(north_m(step_m * n as f64));
            let all: Vec<Build> = std::iter::once(own()).chain(heard.iter().cloned()).collect();
            said.extend(scene.dwell(&all).pop().and_then(|outcome| outcome.of(ABOUT.id)));
            scene.wait_s(wait_s);
        }
        said.pop().expect("fires")
    }

    fn explains(finding: &Finding) -> bool {
        !finding.grounds.explains.is_empty()
    }

    #[test]
    fn a_network_that_is_heard_here_explains_what_was_found_before() {
        let together: Vec<Build> = (0..3).map(|n| neighbour(n, 0.3e-3)).collect();
        let network = last(&[vec![neighbour(0, 0.0)], together.clone()], 500.0, 10);
        assert_eq!((network.severity, explains(&network)), (Severity::Medium, true));
        assert_eq!(network.evidence["base_stations"], 3);
        // Also where they have just been heard, but not long ago or far away.
        let alone = || vec![neighbour(0, 0.0)];
        assert!(explains(&last(&[together.clone(), alone()], 500.0, 10)));
        let severity = |step_m: f64, wait_s: i64| last(&[together.clone(), alone()], step_m, wait_s).severity;
        assert_eq!(severity(500.0, 700), Severity::Critical);
        assert_eq!(severity(3_100.0, 10), Severity::Critical);
    }

    #[test]
    fn one_box_is_no_network_whether_its_identities_come_together_or_in_turn() {
        let together = (0..3).map(|n| neighbour(n, 0.0)).collect();
        let in_turn: Vec<Vec<Build>> = (0..4).map(|n| vec![neighbour(n, 0.3e-3)]).collect();
        for finding in [last(&[together], 0.0, 10), last(&in_turn, 0.0, 10), last(&in_turn, 100.0, 10)] {
            assert_eq!((finding.severity, explains(&finding)), (Severity::Critical, false));
            assert_eq!(finding.evidence["base_stations"], 1);
        }
    }
}
