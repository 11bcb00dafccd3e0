//! `foreign-plmn`: a network that is neither the operator's nor a partner's on the operator's own carrier.

use super::{
    history::{CarrierKey, LIVE_S, Moment, Sighting, Track, time_s},
    registry_view::is_hosted,
    rule::{About, Case, Class, Fact, Finding, Heard, Rule, Severity, rounded},
    settings::settings,
};
use crate::observation::Plmn;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "foreign-plmn",
    version: 2,
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
        let sites = sites_of(case, foreign.plmn);
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

impl ForeignPlmn {
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

/// How many base stations of a network were heard on the carrier: different upper 20 bits of the cell identity. One box that
/// gives several in turn is one: it is switched from one to the next while it is strong.
fn sites_of(case: &Case<'_>, plmn: Plmn) -> usize {
    let carrier = CarrierKey::of(&case.observation().carrier);
    let tracks: Vec<&Track> =
        case.history.tracks().iter().filter(|track| track.carrier == carrier && track.plmns.contains(&plmn)).collect();
    let is_another = |track: &&&Track| !tracks.iter().any(|before| became(before, track, carrier.hz()));
    let site =
        |track: &&Track| track.identities.iter().find(|known| known.is_confirmed()).map(|k| k.ecgi.eci.get() >> 8);
    let mut sites: Vec<u32> = tracks.iter().filter(is_another).filter_map(site).collect();
    sites.sort_unstable();
    sites.dedup();
    sites.len()
}

/// Whether a track ends where another begins, as those of one box under two identities do.
fn became(before: &Track, after: &Track, carrier_hz: f64) -> bool {
    let moment = |s: &Sighting| {
        let (offset_ppm, offset_error_ppm) = (s.offset_hz / carrier_hz * 1e6, s.offset_error_hz / carrier_hz * 1e6);
        let (time_s, at, level_db, sinr_db) = (s.time_s, s.position, s.level_db, s.sinr_db);
        Moment { time_s, at, level_db, sinr_db, offset_ppm, offset_error_ppm }
    };
    let ends = before.sightings.last().zip(after.sightings.first());
    ends.is_some_and(|(last, first)| moment(last).is_switched_to(&moment(first)))
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
        let mut scene = Scene::new().registered(&own());
        scene.dwell(&[own()]);
        let of =
            |n: u32| roamers_cell().eci(0x12_34501 + 256 * n).change(|o| o.pci = crate::detect::scene::pci(n as u16));
        let mut heard_at = |n: u32| {
            scene.at(north_m(1_000.0 * f64::from(n)));
            scene.judge(ABOUT.id, of(n)).expect("fires").severity
        };
        let severities: Vec<Severity> = (1..4).map(&mut heard_at).collect();
        assert_eq!(severities, [Severity::Critical, Severity::Critical, Severity::Medium]);
    }

    #[test]
    fn a_network_explains_what_was_found_before_and_one_box_in_turn_is_none() {
        let last = |step_m: f64, level_db: f64| {
            let mut scene = Scene::new().registered(&own());
            scene.dwell(&[own()]);
            let of = |n: u32| {
                roamers_cell().eci(0x12_34501 + 256 * n).change(|o| o.pci = crate::detect::scene::pci(n as u16))
            };
            let judged = (1..5).filter_map(|n| {
                scene.at(north_m(step_m * f64::from(n)));
                scene.judge(ABOUT.id, of(n).level_db(level_db))
            });
            judged.last().expect("fires")
        };
        let network = last(1_000.0, -45.0);
        assert_eq!(
            (network.severity, &network.grounds.explains[..]),
            (Severity::Medium, &["plmn".to_owned(), "carrier_hz".to_owned()][..])
        );
        // As strong at the same place: one box under one name after the other.
        let box_ = last(0.0, -45.0);
        assert_eq!((box_.severity, box_.grounds.explains.len()), (Severity::Critical, 0));
        assert_eq!(box_.evidence["base_stations"], 1);
    }
}
